package import Rollouts
internal import SQLite

extension SQLiteJournal {
  private static let appliedBy =
    "SELECT ordinal || '_' || name FROM applied WHERE rollout = ?1 LIMIT 1"

  /// The title of the migration that a rollout applied; nil if it is none, or was taken out since.
  package func migration(appliedBy rollout: String) async throws(JournalError) -> String? {
    try await read { try $0.row(Self.appliedBy, .string(rollout))?.first?.stringValue }
  }
}
