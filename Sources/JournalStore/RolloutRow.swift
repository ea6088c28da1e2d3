internal import Resources
internal import Rollouts
internal import SQLite

/// What a write needs to know of the rollout it belongs to.
struct RolloutRow {
  let environment: String
  let factCount: Int
  let head: String
  let outcome: String?

  /// Reads the row, or refuses: there is no such rollout.
  static func read(_ id: String, _ connection: Connection) throws -> RolloutRow {
    var statement = try connection.prepare(
      "SELECT environment, fact_count, head, outcome FROM rollout WHERE id = ?")
    try statement.bind([.string(id)])
    guard try statement.step() else {
      throw JournalStoreError.refused(
        "there is no rollout \(id)", hint: "List them with 'cutover history'.")
    }
    return RolloutRow(
      environment: statement.string(0), factCount: Int(statement.integer(1)),
      head: statement.string(2), outcome: statement.column(3).stringValue)
  }

  /// Reads the row of an open rollout that `lease` may drive.
  static func readOpen(
    _ id: String, drivenWith lease: Lease, _ connection: Connection
  ) throws -> RolloutRow {
    let row = try read(id, connection)
    guard row.environment.utf8.elementsEqual(lease.environment.utf8) else {
      throw JournalStoreError.refused(
        "rollout \(id) belongs to \(row.environment), the lease to \(lease.environment)",
        hint: "Nothing was written.")
    }
    if let outcome = row.outcome {
      throw JournalStoreError.refused(
        "rollout \(id) has ended (\(outcome)); nothing is added to it",
        hint: "Start another with 'cutover run'.")
    }
    return row
  }

  /// The hash that the first fact of a rollout follows.
  static func origin(
    _ rollout: RolloutRecord, number: Int64, started: String, former: String?
  ) -> String {
    HashChain.hash([
      "rollout", former, "\(number)", rollout.id, rollout.environment, rollout.from.rawValue,
      rollout.to.rawValue, rollout.playbookName, rollout.playbook, rollout.parameters,
      rollout.preview, started,
    ])
  }
}
