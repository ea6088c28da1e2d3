import Foundation
import Harness
import JSON

/// A step of a playbook as it is shipped, for tests of what it says by itself.
enum ShippedStep {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "playbooks")

  /// What stands under `with`, after some texts were replaced.
  static func input(
    _ id: String, of playbook: String, _ texts: [String: String] = [:]
  ) throws -> JSONValue {
    let path = folder.appending(path: "\(playbook).json5")
    var text = try String(contentsOf: path, encoding: .utf8)
    for (former, new) in texts { text = text.replacing(former, with: new) }
    let whole = try JSONValue(reading: Array(text.utf8), dialect: .json5)
    let step = whole["steps"]?.elements?.first { $0["id"]?.string == id }
    guard let input = step?["with"] else { throw HarnessError("\(playbook) has no step '\(id)'") }
    return input
  }
}
