import Digests
import JSON
import Resources
import Synchronization

/// How two objects of one name are told apart.
package enum ObjectComparison: String, Codable, Sendable, CaseIterable {
  /// By size, metadata and SHA-256 of the content.
  case digest
  /// By size, metadata, and that the target is not older; content is not read.
  case sizeAndTime = "size-and-time"
}

/// Tells objects apart, and turns them into what a ledger counts.
struct ObjectIdentity: Sendable {
  private static let known = "sha256:"

  let comparison: ObjectComparison

  func isSame(
    _ one: ObjectEntry, in source: any BucketStore, _ other: ObjectEntry,
    in target: any BucketStore
  ) async throws(Failure) -> Bool {
    guard one.size == other.size, Self.isSame(one.metadata, other.metadata) else { return false }
    switch comparison {
    case .sizeAndTime: return one.modified <= other.modified
    case .digest:
      return try await Self.sha256(of: one, in: source) == Self.sha256(of: other, in: target)
    }
  }

  /// What stands for the content in a ledger; empty where it is not read.
  func content(of entry: ObjectEntry, in bucket: any BucketStore) async throws(Failure) -> String {
    switch comparison {
    case .sizeAndTime: ""
    case .digest: try await Self.sha256(of: entry, in: bucket)
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

  /// What a ledger counts: name, size, content and metadata.
  static func line(_ entry: ObjectEntry, content: String) -> [UInt8] {
    JSONValue.object([
      .init("content", .string(content)), .init("key", .string(entry.key.text)),
      .init("size", JSONValue(entry.size)),
      .init("type", entry.metadata.contentType.map { .string($0) } ?? .null),
      .init("user", .object(entry.metadata.user.map { .init($0.key, .string($0.value)) })),
    ]).compact(sortedKeys: true)
  }

  static func isSame(_ one: ObjectMetadata, _ other: ObjectMetadata) -> Bool {
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
