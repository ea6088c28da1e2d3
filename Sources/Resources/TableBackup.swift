/// A copy of a whole table that the store itself keeps.
package struct TableBackup: Sendable, Hashable, Codable {
  /// The store's full name for it.
  package var id: String
  package var name: String
  /// Whether it is whole, so that a table can be made of it.
  package var isReady: Bool
  package var byteCount: Int64?

  package init(id: String, name: String, isReady: Bool, byteCount: Int64? = nil) {
    self.id = id
    self.name = name
    self.isReady = isReady
    self.byteCount = byteCount
  }
}

/// Optional ability: a store that keeps backups of its tables.
package protocol TableBackingUp: TableStore {
  /// The newest backup of this table with that name, whether ready or not; nil if there is none.
  func backup(named name: String) async throws(Failure) -> TableBackup?
  /// Begins another backup; sent once only. Whoever does not know whether it was taken looks by
  /// the name.
  func beginBackup(named name: String) async throws(Failure) -> TableBackup
  /// A backup by the store's full name; nil only if it surely is gone.
  func backup(withID id: String) async throws(Failure) -> TableBackup?
  /// Removes a backup; none there is success.
  func deleteBackup(withID id: String) async throws(Failure)
}
