/// One version of an object, or the mark that says that the object was deleted.
package struct ObjectVersion: Sendable, Hashable, Codable {
  /// The store's own name for it; no other store can be given it.
  package var id: String
  /// A deletion has no content and no size.
  package var isDeletion: Bool
  package var entry: ObjectEntry

  package init(id: String, isDeletion: Bool, entry: ObjectEntry) {
    self.id = id
    self.isDeletion = isDeletion
    self.entry = entry
  }

  package var key: ObjectKey { entry.key }
}

/// Whether a bucket keeps what is overwritten and deleted.
package enum BucketVersioning: String, Sendable {
  case on
  /// Former versions are there, new ones are not kept.
  case suspended
  case off
}

/// Optional ability: a store that keeps former versions of its objects, and can be given them.
///
/// Laws:
/// - A page holds versions in the byte order of their keys, the newest of a key first.
/// - `copy` and `markDeleted` ask the store once. Where nobody can tell whether they were carried
///   out they throw a transient failure, and the caller looks at what versions there are.
package protocol VersionKeeping: BucketServerSideCopying, KeyRangeListing {
  func versioning() async throws(Failure) -> BucketVersioning
  /// Makes a missing bucket so that it keeps versions, and locks where asked; safe to repeat.
  func createKeepingVersions(locks: Bool) async throws(Failure)
  func versionPage(after position: PagePosition?) async throws(Failure) -> Page<ObjectVersion>
  /// All versions of one object, the newest first.
  func versions(of key: ObjectKey) async throws(Failure) -> [ObjectVersion]
  /// Puts a version on top of those that are there, of which `current` is the newest.
  ///
  /// A store that can refuses to do so where another one is the newest by now.
  func copy(
    _ version: ObjectVersion, from source: any BucketStore, over current: ObjectVersion?
  ) async throws(Failure) -> ObjectVersion
  /// Puts a deletion on top of the versions that are there.
  func markDeleted(
    _ key: ObjectKey, over current: ObjectVersion?
  ) async throws(Failure) -> ObjectVersion
  /// Takes single versions away, and returns those still there, to be tried again.
  func delete(_ versions: [ObjectVersion]) async throws(Failure) -> [ObjectVersion]
  /// Whether two versions have the same content, by reading both if nothing else tells.
  func isSameContent(
    _ mine: ObjectVersion, as other: ObjectVersion, in store: any VersionKeeping
  ) async throws(Failure) -> Bool
  /// The version's entry with its metadata; nil when there surely is no such version.
  func described(_ version: ObjectVersion) async throws(Failure) -> ObjectEntry?
}
