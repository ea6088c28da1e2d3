internal import JournalStore
internal import Resources
internal import Rollouts

/// Which rollouts of an environment changed which tables, in the order in which they began.
///
/// As far as this journal knows: what was taken back since does not count.
struct LaterChanges: Sendable {
  struct Change: Sendable, Hashable, CustomStringConvertible {
    /// The title of the migration, or the rollout where it is none.
    let title: String
    let table: ResourceURL

    var description: String { "\(title) has changed \(table)" }
  }

  private struct Rollout: Sendable {
    let id: String
    let title: String
    let tables: [ResourceURL]
  }

  private var rollouts: [Rollout] = []

  /// More rollouts of one environment than are worth looking back at.
  private static let rolloutsMax = 10_000

  /// Reads what every rollout that was not rolled back has done to tables.
  static func read(
    _ records: [MigrationRecord], in place: MigrationPlace
  ) async throws -> LaterChanges {
    guard let journal = place.journal else { return LaterChanges() }
    var changes = LaterChanges()
    var undone: Set<String> = []
    // The newest first: what takes a rollout back comes after it.
    for record in try await journal.rollouts(in: place.environment, limit: rolloutsMax) {
      let loaded = try await LoadedRollout.load(
        record, from: journal, wiring: place.context.wiring)
      if record.outcome == RolloutMachine.Outcome.rolledBack.rawValue {
        if let former = try await CompletedRollout.takenBack(by: record, in: journal) {
          undone.insert(former)
        }
        continue
      }
      guard !undone.contains(record.id) else { continue }
      let tables = loaded.machine.steps.flatMap { $0.report?.ledgers ?? [] }.map(\.to)
      guard !tables.isEmpty else { continue }
      let title = records.first { $0.rollout == record.id }?.title ?? "rollout \(record.id)"
      changes.rollouts.append(Rollout(id: record.id, title: title, tables: tables))
    }
    changes.rollouts.reverse()
    return changes
  }

  /// What others did to any of these tables after a rollout, each said once.
  func changes(of tables: [ResourceURL], after rollout: RolloutRecord) -> [Change] {
    var found: [Change] = []
    for later in rollouts.drop(while: { $0.id != rollout.id }).dropFirst() {
      for table in later.tables where tables.contains(table) {
        let change = Change(title: later.title, table: table)
        if !found.contains(change) { found.append(change) }
      }
    }
    return found
  }
}
