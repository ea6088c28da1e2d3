package import Resources
internal import Rollouts
internal import SQLite

/// The registry of migrations in the journal itself, as a fold of lines that are only ever added.
///
/// For a registry in a table, the journal keeps the same lines under its URL, so that a removal and
/// its reason stay known.
package struct JournalRegistry: MigrationRegistry {
  private let journal: SQLiteJournal
  package let place: String

  package static let standardPlace = "journal"

  package init(_ journal: SQLiteJournal, place: String) {
    self.journal = journal
    self.place = place
  }

  package func records(of environment: String) async throws(Failure) -> [MigrationRecord] {
    try await storage { () async throws(JournalError) in
      try await journal.read { connection in
        try Self.current(
          try MigrationRow.rows(of: environment, in: place, connection)
        ).sorted { ($0.order, $0.name) < ($1.order, $1.name) }
      }
    }
  }

  /// When a record of the migration was last taken out; nil when that never happened.
  package func lastRemoval(
    of order: MigrationOrder, _ name: String, in environment: String
  ) async throws(Failure) -> Timestamp? {
    try await storage { () async throws(JournalError) in
      try await journal.read { connection in
        try MigrationRow.rows(of: environment, in: place, connection).last {
          $0.isRemoval && MigrationOrder($0.order) == order && $0.name == name
        }.map { try TimeText.moment($0.at) }
      }
    }
  }

  package func add(_ record: MigrationRecord) async throws(Failure) {
    try await storage { () async throws(JournalError) in
      try await journal.write { connection in
        let rows = try MigrationRow.rows(of: record.environment, in: place, connection)
        if let there = try Self.current(rows).first(where: { $0.isOf(record.order, record.name) }) {
          guard there == record else { throw Failure.recorded(there, at: place) }
          return
        }
        try MigrationRow(record, in: place).append(connection)
      }
    }
  }

  package func remove(
    _ record: MigrationRecord, because removal: MigrationRemoval
  ) async throws(Failure) {
    try await storage { () async throws(JournalError) in
      try await journal.write { connection in
        let rows = try MigrationRow.rows(of: record.environment, in: place, connection)
        guard try Self.current(rows).contains(record) else {
          throw Failure.changed(record, at: place)
        }
        try MigrationRow(record, removal, in: place).append(connection)
      }
    }
  }

  /// Keeps a line about what happened in a registry elsewhere, whatever was known here before.
  package func note(
    _ record: MigrationRecord, _ removal: MigrationRemoval?
  ) async throws(Failure) {
    try await storage { () async throws(JournalError) in
      try await journal.write { connection in
        let row =
          try removal.map { try MigrationRow(record, $0, in: place) }
          ?? MigrationRow(record, in: place)
        let rows = try MigrationRow.rows(of: record.environment, in: place, connection)
        guard rows.last(where: { $0.order == row.order && $0.name == row.name }) != row else {
          return
        }
        try row.append(connection)
      }
    }
  }

  /// What is recorded after all lines, each migration at most once.
  private static func current(_ rows: [MigrationRow]) throws -> [MigrationRecord] {
    var records: [MigrationRecord] = []
    for row in rows {
      guard let order = MigrationOrder(row.order) else {
        throw JournalStoreError.damaged("'\(row.order)' is not the order of a migration")
      }
      records.removeAll { $0.isOf(order, row.name) }
      if let record = try row.record() { records.append(record) }
    }
    return records
  }

  private func storage<Value: Sendable>(
    _ body: () async throws(JournalError) -> Value
  ) async throws(Failure) -> Value {
    do throws(JournalError) {
      return try await body()
    } catch {
      throw error.failure
    }
  }
}

extension Failure {
  /// Another record of the same migration is there.
  package static func recorded(_ there: MigrationRecord, at place: String) -> Failure {
    .refused(
      "\(there.title) is recorded as \(there.outcome.rawValue) already in \(there.environment) "
        + "(\(place)), at \(there.at)" + (there.by.isEmpty ? "" : " by \(there.by)"),
      hint: "Nothing was written. See 'cutover migrations list'.")
  }

  /// A record is not there any more, or is another one by now.
  package static func changed(_ record: MigrationRecord, at place: String) -> Failure {
    .refused(
      "the record of \(record.title) in \(record.environment) (\(place)) is not as it was read",
      hint: "Somebody else was quicker; nothing was written. See 'cutover migrations list'.")
  }
}
