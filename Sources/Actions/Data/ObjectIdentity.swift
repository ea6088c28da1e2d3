import Digests
import JSON
import Resources
import Synchronization

/// How two objects of one name are told apart.
package enum ObjectComparison: String, Codable, Sendable, CaseIterable {
  /// By size, metadata and content: by what the stores know of it (entity tags, checksums) where
  /// that decides, by SHA-256 elsewhere.
  case digest
  /// By size, and that the target is not older, and metadata where listings have it; nothing is
  /// read.
  case sizeAndTime = "size-and-time"
}

/// Tells objects apart, and turns them into what a ledger counts.
struct ObjectIdentity: Sendable {
  private static let known = "sha256:"
  private static let tagged = "etag:"

  let comparison: ObjectComparison

  func isSame(
    _ one: ObjectEntry, in source: any BucketStore, _ other: ObjectEntry,
    in target: any BucketStore
  ) async throws(Failure) -> Bool {
    guard try await isSameContent(one, in: source, other, in: target) else { return false }
    return try await isSameMetadata(one, in: source, other, in: target)
  }

  func isSameContent(
    _ one: ObjectEntry, in source: any BucketStore, _ other: ObjectEntry,
    in target: any BucketStore
  ) async throws(Failure) -> Bool {
    guard one.size == other.size else { return false }
    switch comparison {
    case .sizeAndTime: return one.modified <= other.modified
    case .digest: break
    }
    if let source = source as? any ContentComparing,
      let isSame = try await source.isSameContent(one, as: other, in: target)
    {
      return isSame
    }
    if let isSame = try await Self.isTagged(one, other, in: target), isSame { return true }
    if let isSame = try await Self.isTagged(other, one, in: source), isSame { return true }
    return try await Self.sha256(of: one, in: source) == Self.sha256(of: other, in: target)
  }

  /// Whether an entity tag is the MD5 of another store's content; nil where it cannot be told.
  private static func isTagged(
    _ one: ObjectEntry, _ other: ObjectEntry, in store: any BucketStore
  ) async throws(Failure) -> Bool? {
    guard let tag = one.digest, tag.hasPrefix(tagged), tag.utf8.count == tagged.utf8.count + 32,
      other.digest == nil
    else { return nil }
    let reader = try await store.read(other.key)
    var digest = DigestStream(.md5)
    while let piece = try await reader.next() { digest.update(piece) }
    return Digest.hex(digest.digest()) == tag.dropFirst(tagged.count).lowercased()
  }

  func isSameMetadata(
    _ one: ObjectEntry, in source: any BucketStore, _ other: ObjectEntry,
    in target: any BucketStore
  ) async throws(Failure) -> Bool {
    switch comparison {
    case .sizeAndTime:
      guard source.listsMetadata, target.listsMetadata else { return true }
      return Self.isSame(one.metadata, other.metadata)
    case .digest:
      guard let left = try await Self.described(one, in: source),
        let right = try await Self.described(other, in: target)
      else { return false }
      return Self.isSame(left.metadata, right.metadata)
    }
  }

  /// The entry with its metadata; nil when the object is gone.
  static func described(
    _ entry: ObjectEntry, in bucket: any BucketStore
  ) async throws(Failure) -> ObjectEntry? {
    bucket.listsMetadata ? entry : try await bucket.entry(entry.key)
  }

  /// What stands for the content in a ledger; empty where it is not looked at.
  ///
  /// Each side of a ledger is compared with itself later, so a store's own word will do.
  func content(of entry: ObjectEntry, in bucket: any BucketStore) async throws(Failure) -> String {
    switch comparison {
    case .sizeAndTime: return ""
    case .digest:
      if let digest = entry.digest, digest.hasPrefix(Self.tagged) { return digest }
      return try await Self.sha256(of: entry, in: bucket)
    }
  }

  static func sha256(
    of entry: ObjectEntry, in bucket: any BucketStore
  ) async throws(Failure) -> String {
    if let digest = entry.digest, digest.hasPrefix(known) {
      return String(digest.dropFirst(known.count))
    }
    if let bucket = bucket as? any ContentDigesting {
      return try await bucket.sha256(of: entry.key)
    }
    let reader = HashingReader(try await bucket.read(entry.key))
    while try await reader.next() != nil {}
    return reader.sha256
  }

  /// What a ledger counts of an object: name, size and content, and metadata where listings of the
  /// store have it.
  func line(
    _ entry: ObjectEntry, in bucket: any BucketStore
  ) async throws(Failure) -> [UInt8] {
    Self.line(
      entry, content: try await content(of: entry, in: bucket), describes: bucket.listsMetadata)
  }

  static func line(
    _ entry: ObjectEntry, content: String, describes: Bool = true
  ) -> [UInt8] {
    var members: [JSONValue.Member] = [
      .init("content", .string(content)), .init("key", .string(entry.key.text)),
      .init("size", JSONValue(entry.size)),
    ]
    guard describes else { return JSONValue.object(members).compact(sortedKeys: true) }
    let metadata = entry.metadata
    members.append(.init("type", metadata.contentType.map { .string($0) } ?? .null))
    members.append(
      .init("user", .object(metadata.user.map { .init($0.key, .string($0.value)) })))
    // What is not set is left out, so that ledgers of older versions stay comparable.
    let more = [
      ("cacheControl", metadata.cacheControl), ("disposition", metadata.contentDisposition),
      ("encoding", metadata.contentEncoding), ("language", metadata.contentLanguage),
      ("expires", metadata.expires), ("redirect", metadata.websiteRedirect),
    ]
    for (name, value) in more {
      if let value { members.append(.init(name, .string(value))) }
    }
    if !metadata.tags.isEmpty {
      members.append(
        .init("tags", .object(metadata.tags.map { .init($0.key, .string($0.value)) })))
    }
    return JSONValue.object(members).compact(sortedKeys: true)
  }

  static func isSame(_ one: ObjectMetadata, _ other: ObjectMetadata) -> Bool {
    if one == other { return true }
    var left = ObjectEntry(key: ObjectKey(""), size: 0, modified: Timestamp(milliseconds: 0))
    var right = left
    left.metadata = one
    right.metadata = other
    return line(left, content: "") == line(right, content: "")
  }
}

/// Passes an object's content on and digests it on the way.
final class HashingReader: ObjectReader {
  private let reader: any ObjectReader
  private let digest = Mutex(DigestStream(.sha256))

  init(_ reader: any ObjectReader) { self.reader = reader }

  func next() async throws(Failure) -> [UInt8]? {
    let piece = try await reader.next()
    if let piece { digest.withLock { $0.update(piece) } }
    return piece
  }

  /// Of everything read so far; asked for once.
  var sha256: String { Digest.hex(digest.withLock { $0.digest() }) }
}
