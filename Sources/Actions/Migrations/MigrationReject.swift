package import Resources

/// An item that a migration has rejected, by what its step keeps.
package struct MigrationReject: Sendable {
  package let key: String
  package let reason: String

  /// All that stand in the work folder of a step, in the order in which they were met; empty for one
  /// that left no such file.
  package static func all(inWorkFolder folder: String) async throws(Failure) -> [MigrationReject] {
    let path = MigrationArchive.path(in: folder)
    guard MigrationArchive.exists(at: path) else { return [] }
    return try await MigrationArchive(at: path).rejects(limit: Int.max).map {
      MigrationReject(key: $0.key, reason: $0.reason)
    }
  }
}
