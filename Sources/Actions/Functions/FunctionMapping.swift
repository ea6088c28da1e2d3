import JSON
import Resources
import Rollouts

/// An event source mapping of a Lambda function, by which a stream or a queue calls it.
///
/// Source: ListEventSourceMappings in the API reference of Lambda.
struct FunctionMapping: Sendable {
  let uuid: String
  let source: String
  let state: String
  let reason: String
  let startingPosition: String

  /// Whether it is on, or about to be; nil while it is made or changed.
  var isOn: Bool? {
    switch state {
    case "Enabled", "Enabling": true
    case "Disabled", "Disabling": false
    case _: nil
    }
  }
  var isSettled: Bool { state == "Enabled" || state == "Disabled" }

  /// Throws when it cannot be told which one it is, or how it stands; `title` is whose it is.
  init(_ value: JSONValue, of title: String) throws(Failure) {
    guard let uuid = value["UUID"]?.string, let state = value["State"]?.string else {
      let which = value["UUID"]?.string.map { ", \($0)" } ?? ""
      throw .transient(
        "\(title): Lambda does not tell the state of one of them\(which)",
        hint: "It is tried again; look at the function's mappings if it stays so.")
    }
    self.uuid = uuid
    self.state = state
    source = value["EventSourceArn"]?.string ?? ""
    reason = value["StateTransitionReason"]?.string ?? ""
    startingPosition = value["StartingPosition"]?.string ?? ""
  }
}

/// The event source mappings of one function.
struct FunctionMappings: Sendable {
  let function: String
  /// The full name of the source, or a part of it; nil for any.
  let source: String?
  let service: CloudService

  private static let root = "/2015-03-31/event-source-mappings"
  private static let pagesMax = 100

  var title: String {
    "the event source mapping of \(function)" + (source.map { " for \($0)" } ?? "")
  }

  /// All that match; throws when it cannot be told.
  func all() async throws(Failure) -> [FunctionMapping] {
    var found: [FunctionMapping] = []
    var marker: String?
    for _ in 0..<Self.pagesMax {
      var path = "\(Self.root)/?FunctionName=\(URLTemplate.encoded(function))"
      if let marker { path += "&Marker=\(URLTemplate.encoded(marker))" }
      let answer = try await service.ask(
        "ListEventSourceMappings", .null, about: title, route: ("GET", path))
      guard let mappings = answer["EventSourceMappings"]?.elements else {
        throw .transient(
          "\(title): Lambda gave an answer without a list in it", hint: "It is tried again.")
      }
      for mapping in mappings where matches(mapping["EventSourceArn"]?.string ?? "") {
        found.append(try FunctionMapping(mapping, of: title))
      }
      marker = answer["NextMarker"]?.string
      guard let marker, !marker.isEmpty else { return found }
    }
    throw .permanent("\(title): there are too many mappings", hint: "Name the source.")
  }

  private func matches(_ name: String) -> Bool {
    guard let source else { return true }
    return source.hasPrefix("arn:") ? name.hasSameBytes(as: source) : name.contains(source)
  }

  /// The only one; none and several are refused.
  func only() async throws(Failure) -> FunctionMapping {
    let found = try await all()
    guard let first = found.first else {
      throw .permanent(
        "there is no such thing as \(title)",
        hint: "Correct the function, the source or the region, or make the mapping first.")
    }
    guard found.count == 1 else {
      let list = found.map { "\($0.uuid) (\($0.source), \($0.state))" }.joined(separator: ", ")
      throw .refused(
        "\(title) is not one but \(found.count): \(list)",
        hint: "Name the source that is meant, or delete the mappings that should not be.")
    }
    return first
  }

  /// Asks for the change; why it cannot be begun yet, or nil once it has begun.
  func set(_ mapping: FunctionMapping, isOn: Bool) async throws(Failure) -> String? {
    let answer = try await service.call(
      "UpdateEventSourceMapping", ["Enabled": .bool(isOn)], about: title,
      route: ("PUT", "\(Self.root)/\(URLTemplate.encoded(mapping.uuid))"))
    switch answer {
    case .answer: return nil
    case .error(let code, let failure):
      // Being changed by somebody, or made anew since it was listed: looked at again.
      let passing = [
        "ResourceInUseException", "ResourceConflictException", "ResourceNotFoundException",
      ]
      guard passing.contains(code) else { throw failure }
      return failure.summary
    }
  }
}
