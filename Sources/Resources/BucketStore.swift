/// A bucket of objects.
///
/// Laws, run against every provider by `BucketStoreLaws`:
/// - Paging lists every object that exists throughout exactly once, in byte order of the keys.
/// - A reader never sees half an object: `write` replaces it whole or not at all.
/// - After `flush` returns, everything written and deleted before is durable.
/// - Keys keep every byte; what a store cannot hold is refused, never altered.
package protocol BucketStore: Sendable {
  var url: ResourceURL { get }
  /// Whether the entries of a page carry the metadata; if not, `entry` has to be asked for it.
  var listsMetadata: Bool { get }
  /// Nil only when the bucket surely does not exist.
  func description() async throws(Failure) -> BucketDescription?
  /// One that is there already is success.
  func create() async throws(Failure)
  func page(after position: PagePosition?, limit: Int) async throws(Failure) -> Page<ObjectEntry>
  /// The object's current state, with its metadata; nil when there is surely none.
  func entry(_ key: ObjectKey) async throws(Failure) -> ObjectEntry?
  /// Opens an object; the reader refuses to go on if the object is replaced meanwhile.
  func read(_ key: ObjectKey) async throws(Failure) -> any ObjectReader
  /// Stores what `reader` yields under `entry.key` with the entry's metadata, and returns the
  /// stored object's entry. A body whose size differs from `entry.size` is refused.
  func write(_ entry: ObjectEntry, from reader: any ObjectReader) async throws(Failure)
    -> ObjectEntry
  /// Deletes objects and returns the keys that are still there, to be tried again.
  func delete(_ keys: [ObjectKey]) async throws(Failure) -> [ObjectKey]
  func flush() async throws(Failure)
  /// Removes the bucket, which must be empty; none there is success.
  func remove() async throws(Failure)
}

extension BucketStore {
  package var listsMetadata: Bool { true }
}

/// Yields an object's content in pieces of bounded size.
package protocol ObjectReader: Sendable {
  /// Nil at the end. Throws rather than ending early.
  func next() async throws(Failure) -> [UInt8]?
}

package struct BucketDescription: Sendable, Hashable, Codable {
  /// Exact if the store can tell cheaply, nil if not.
  package var objectCount: Int?
  package var byteCount: Int64?

  package init(objectCount: Int? = nil, byteCount: Int64? = nil) {
    self.objectCount = objectCount
    self.byteCount = byteCount
  }
}

package struct ObjectEntry: Sendable, Hashable, Codable {
  package var key: ObjectKey
  package var size: Int64
  package var modified: Timestamp
  package var metadata: ObjectMetadata
  /// What tells two contents apart, in the provider's own words (`sha256:…`, an entity tag); nil
  /// where a listing does not have it.
  package var digest: String?

  package init(
    key: ObjectKey, size: Int64, modified: Timestamp, metadata: ObjectMetadata = .init(),
    digest: String? = nil
  ) {
    self.key = key
    self.size = size
    self.modified = modified
    self.metadata = metadata
    self.digest = digest
  }
}

/// Optional ability: a store that copies from a neighbour without carrying bytes through here.
package protocol BucketServerSideCopying: BucketStore {
  func canCopy(from source: any BucketStore) -> Bool
  /// Copies one object as it was listed, metadata included, and returns the entry that was stored,
  /// as a listing will show it.
  ///
  /// Throws a transient failure if the source was replaced since.
  func copy(_ entry: ObjectEntry, from source: any BucketStore) async throws(Failure)
    -> ObjectEntry
}

/// Optional ability: a store that knows the SHA-256 of an object's content, reading it if it must.
package protocol ContentDigesting: BucketStore {
  /// Lower-case hexadecimal.
  func sha256(of key: ObjectKey) async throws(Failure) -> String
}

/// Optional ability: an object's reader that knows the object's entry, metadata included.
package protocol DescribedReader: ObjectReader {
  var entry: ObjectEntry { get }
}

/// Optional ability: a store that can tell without reading contents whether two are the same.
package protocol ContentComparing: BucketStore {
  /// Nil when only reading can tell.
  func isSameContent(
    _ mine: ObjectEntry, as other: ObjectEntry, in store: any BucketStore
  ) async throws(Failure) -> Bool?
}

/// Optional ability: a store whose listing can begin anywhere, so that several can go on at once.
package protocol KeyRangeListing: BucketStore {
  /// The position from which a page holds the keys greater than this one.
  func position(after key: ObjectKey) -> PagePosition
  /// Keys that cut the objects below a prefix into about so many parts, in order; fewer, or none,
  /// where that cannot be told cheaply.
  func cuts(below prefix: ObjectKey, into parts: Int) async throws(Failure) -> [ObjectKey]
}

/// Optional ability: a store that keeps former versions of objects, and can be emptied of them.
package protocol BucketVersionEmptying: BucketStore {
  /// Deletes a page of versions, delete markers and unfinished uploads, oldest position first;
  /// returns how many went, and whether anything is left.
  func emptyPage() async throws(Failure) -> (deleted: Int, isEmpty: Bool)
  /// Counts versions and delete markers, up to about a limit.
  func countVersions(atMost limit: Int) async throws(Failure) -> Int
}

/// Optional ability: a store whose buckets carry settings that can be read and put back.
package protocol BucketSettingsKeeping: BucketStore {
  /// Every setting that differs from a new bucket's, by name, in the provider's own words.
  func settings() async throws(Failure) -> [String: String]
  /// Makes a missing bucket where its settings say it was.
  func create(with settings: [String: String]) async throws(Failure)
  /// Puts settings back; safe to repeat.
  func apply(_ settings: [String: String]) async throws(Failure)
}
