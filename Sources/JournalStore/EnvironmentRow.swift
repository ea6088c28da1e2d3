internal import Rollouts
internal import SQLite

/// The live colour of an environment with what made it so, sealed against later edits.
struct EnvironmentRow: Equatable {
  let name: String
  let live: String
  let since: String
  let cause: String

  var seal: String { HashChain.hash(["environment", name, live, since, cause]) }

  static func cause(rollout: String, sequence: Int) -> String {
    "fact \(sequence) of rollout \(rollout)"
  }

  static func cause(firstSeenIn rollout: String) -> String { "first seen in rollout \(rollout)" }

  static func cause(person: Person) -> String { "said by \(person.name): \(person.reason)" }

  func write(_ connection: Connection) throws {
    try connection.run(
      """
      INSERT INTO environment (name, live, since, cause, seal) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (name) DO UPDATE SET live = ?2, since = ?3, cause = ?4, seal = ?5
      """,
      .string(name), .string(live), .string(since), .string(cause), .string(seal))
  }
}
