internal import SQLite

/// How far a step has come, sealed against later edits: a wrong one would leave items out.
struct CheckpointRow {
  let rollout: String
  let step: String
  let at: String
  let value: String

  var seal: String { HashChain.hash(["checkpoint", rollout, step, at, value]) }

  func write(_ connection: Connection) throws {
    try connection.run(
      """
      INSERT INTO checkpoint (rollout, step, at, value, seal) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (rollout, step) DO UPDATE SET at = ?3, value = ?4, seal = ?5
      """,
      .string(rollout), .string(step), .string(at), .string(value), .string(seal))
  }

  static func rows(
    _ condition: String, _ values: [Column], _ connection: Connection
  ) throws -> [(row: CheckpointRow, isSealed: Bool)] {
    var found: [(row: CheckpointRow, isSealed: Bool)] = []
    try connection.forEach(
      "SELECT rollout, step, at, value, seal FROM checkpoint \(condition)", values
    ) { statement in
      let row = CheckpointRow(
        rollout: statement.string(0), step: statement.string(1), at: statement.string(2),
        value: statement.string(3))
      found.append((row, row.seal == statement.string(4)))
    }
    return found
  }
}
