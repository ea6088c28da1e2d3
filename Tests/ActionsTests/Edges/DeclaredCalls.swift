import JSON
import Resources
import Rollouts

@testable import Actions

/// The operations that actions say they call, to compare with those that reach a cloud.
enum DeclaredCalls {
  static func operations(_ actions: [(ActionDescriptor, String)]) throws -> Set<String> {
    var operations: Set<String> = []
    for (action, input) in actions {
      let value = try JSONValue(reading: Array(input.utf8), dialect: .json5)
      for right in try action.rights(of: value) {
        switch right {
        case .call(let use), .look(let use): operations.insert(use.operation)
        case .use, .values, .planned, .special, .operations, .reveal, .unknown: break
        }
      }
    }
    return operations
  }
}
