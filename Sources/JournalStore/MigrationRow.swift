internal import Resources
internal import SQLite

/// One line of what was recorded about migrations: added, or taken out again.
///
/// Rows are only ever added; each holds the hash of the one before, over all environments.
struct MigrationRow: Equatable {
  let environment: String
  let registry: String
  let order: String
  let name: String
  let event: String
  let digest: String?
  let at: String
  let who: String
  let rollout: String?
  let reason: String

  static let columns =
    "environment, registry, ordinal, name, event, digest, at, who, rollout, reason"

  init(_ record: MigrationRecord, in registry: String) throws(JournalStoreError) {
    environment = record.environment
    self.registry = registry
    order = record.order.text
    name = record.name
    event = record.outcome.rawValue
    digest = record.digest
    at = try TimeText.text(record.at)
    who = record.by
    rollout = record.rollout
    reason = record.reason
  }

  init(
    _ record: MigrationRecord, _ removal: MigrationRemoval, in registry: String
  ) throws(JournalStoreError) {
    environment = record.environment
    self.registry = registry
    order = record.order.text
    name = record.name
    event = removal.kind.rawValue
    digest = record.digest
    at = try TimeText.text(removal.at)
    who = removal.by
    rollout = removal.rollout
    reason = removal.reason
  }

  /// Reads the ten columns from `first` on.
  init(_ statement: borrowing Statement, from first: Int = 0) {
    environment = statement.string(first)
    registry = statement.string(first + 1)
    order = statement.string(first + 2)
    name = statement.string(first + 3)
    event = statement.string(first + 4)
    digest = statement.column(first + 5).stringValue
    at = statement.string(first + 6)
    who = statement.string(first + 7)
    rollout = statement.column(first + 8).stringValue
    reason = statement.string(first + 9)
  }

  func hash(after former: String?, number: Int64) -> String {
    HashChain.hash([
      "migration", former, "\(number)", environment, registry, order, name, event, digest, at, who,
      rollout, reason,
    ])
  }

  var isRemoval: Bool { MigrationRemoval.Kind(rawValue: event) != nil }

  /// The record that an adding row makes; nil for a removal.
  func record() throws(JournalStoreError) -> MigrationRecord? {
    guard let outcome = MigrationRecord.Outcome(rawValue: event) else { return nil }
    guard let order = MigrationOrder(order) else {
      throw .damaged("'\(self.order)' is not the order of a migration")
    }
    return MigrationRecord(
      environment: environment, order: order, name: name, digest: digest,
      at: try TimeText.moment(at), by: who, rollout: rollout, outcome: outcome, reason: reason)
  }

  /// Adds the row behind the last one.
  func append(_ connection: Connection) throws {
    let last = try connection.row("SELECT number, hash FROM migration ORDER BY number DESC LIMIT 1")
    let used = try connection.value("SELECT seq FROM sqlite_sequence WHERE name = 'migration'")
    // As AUTOINCREMENT counts: past a removed row, so that the gap shows.
    let number = max(last?[0].integerValue ?? 0, used?.integerValue ?? 0) + 1
    let hash = hash(after: last?[1].stringValue, number: number)
    try connection.run(
      """
      INSERT INTO migration (number, \(Self.columns), hash)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      .integer(number), .string(environment), .string(registry), .string(order), .string(name),
      .string(event), .string(digest), .string(at), .string(who), .string(rollout),
      .string(reason), .string(hash))
  }

  /// The rows of an environment in a registry, oldest first; none in a journal from before.
  static func rows(
    of environment: String, in registry: String, _ connection: Connection
  ) throws -> [MigrationRow] {
    guard try isKept(connection) else { return [] }
    var found: [MigrationRow] = []
    try connection.forEach(
      "SELECT \(columns) FROM migration WHERE environment = ? AND registry = ? ORDER BY number",
      [.string(environment), .string(registry)]
    ) { found.append(MigrationRow($0)) }
    return found
  }

  static func isKept(_ connection: Connection) throws -> Bool {
    try connection.value(
      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migration'") == 1
  }

  /// Follows the chain of hashes from the first row to the last.
  static func check(_ connection: Connection, _ audit: inout JournalAudit) throws {
    guard try isKept(connection) else { return }
    var former: String?
    var number: Int64 = 0
    try connection.forEach("SELECT number, \(columns), hash FROM migration ORDER BY number", []) {
      let (found, row, hash) = ($0.integer(0), MigrationRow($0, from: 1), $0.string(11))
      if found != number + 1 {
        audit.found("what was recorded about a migration was removed (number \(number + 1))")
      } else if hash != row.hash(after: former, number: found) {
        audit.found("what was recorded about the migration \(row.order)_\(row.name) was changed")
      }
      former = hash
      number = found
    }
    let last = try connection.value("SELECT seq FROM sqlite_sequence WHERE name = 'migration'")
    if let last = last?.integerValue, last > number {
      audit.found("the last lines about migrations were removed (\(number + 1) to \(last))")
    }
  }
}
