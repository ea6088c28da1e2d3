import Foundation
import JSON
import Resources

/// What variables of a function were before a step changed them.
///
/// They may be secrets of others, so they stand in a file that only its owner can read, beside the
/// journal, and not in it.
struct FormerVariables: Sendable {
  /// Nil stands for a variable that was not there.
  let values: [String: String?]

  /// Nil when nothing was kept, so nothing was changed.
  static func read(in folder: String) throws(Failure) -> FormerVariables? {
    let path = path(folder)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let content: Data
    do {
      content = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw WorkFiles.failure(path, error)
    }
    guard let tree = try? JSONValue(reading: Array(content)), let members = tree.members else {
      throw .permanent(
        "\(path) cannot be read as what variables were before",
        hint: "Put the function's environment back by hand.")
    }
    var values: [String: String?] = [:]
    for member in members { values[member.name] = .some(member.value.string) }
    return FormerVariables(values: values)
  }

  /// Keeps them durably, before the first change.
  func write(in folder: String) async throws(Failure) {
    let members = values.sorted { $0.key < $1.key }.map { name, value in
      JSONValue.Member(name, value.map { .string($0) } ?? .null)
    }
    try WorkFiles.makeFolder(folder)
    try await WorkFiles.write(Self.path(folder)) { file in
      try file.write(contentsOf: Data(JSONValue.object(members).compact()))
    }
    try WorkFiles.synchronize(folder: folder)
  }

  private static func path(_ folder: String) -> String { "\(folder)/former-variables.json" }
}
