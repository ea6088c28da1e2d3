internal import JSON
internal import Resources
internal import Rollouts

/// What tells in a rollout's playbook which content of which migration it carries out.
struct AmplifyMark: Sendable, Equatable {
  static let facts = "facts"

  let purpose: AmplifyPlaybook.Purpose
  let title: String
  let digest: String

  init(_ purpose: AmplifyPlaybook.Purpose, _ file: MigrationFile) {
    self.purpose = purpose
    title = file.title
    digest = file.digest
  }

  var json: JSONValue {
    [
      "purpose": .string(purpose.rawValue), "migration": .string(title),
      "digest": .string(digest),
    ]
  }

  func isOf(_ rollout: RolloutRecord) -> Bool {
    guard let book = try? JSONValue(reading: Array(rollout.playbook.utf8)),
      let parameters = book["parameters"]
    else { return false }
    return (json.members ?? []).allSatisfy { parameters[$0.name] == $0.value }
  }

  /// What the playbook of a rollout keeps for afterwards.
  static func facts(of rollout: RolloutRecord) -> JSONValue? {
    let book = try? JSONValue(reading: Array(rollout.playbook.utf8))
    return book?["parameters"]?[facts]?.string.flatMap { try? JSONValue(reading: Array($0.utf8)) }
  }
}
