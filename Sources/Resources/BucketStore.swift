/// A bucket of objects.
///
/// Laws, run against every provider by `BucketStoreLaws`:
/// - Paging lists every object that exists throughout exactly once, in byte order of the keys.
/// - A reader never sees half an object: `write` replaces it whole or not at all.
/// - After `flush` returns, everything written and deleted before is durable.
/// - Keys keep every byte; what a store cannot hold is refused, never altered.
package protocol BucketStore: Sendable {
  var url: ResourceURL { get }
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

/// What a store keeps beside an object's content.
package struct ObjectMetadata: Sendable, Hashable, Codable {
  package var contentType: String?
  /// User metadata by name; names are compared as bytes.
  package var user: [String: String]

  package init(contentType: String? = nil, user: [String: String] = [:]) {
    self.contentType = contentType
    self.user = user
  }
}

/// Optional ability: a store that copies from a neighbour without carrying bytes through here.
package protocol BucketServerSideCopying: BucketStore {
  func canCopy(from source: any BucketStore) -> Bool
  /// Copies one object as it is now, metadata included, and returns the entry that was stored.
  func copy(_ entry: ObjectEntry, from source: any BucketStore) async throws(Failure)
    -> ObjectEntry
}

/// Optional ability: a store that knows the SHA-256 of an object's content, reading it if it must.
package protocol ContentDigesting: BucketStore {
  /// Lower-case hexadecimal.
  func sha256(of key: ObjectKey) async throws(Failure) -> String
}
