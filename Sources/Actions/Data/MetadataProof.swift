import Digests
import Resources

/// What the verification of a copy looks at.
package enum VerifiedPart: String, Codable, Sendable, CaseIterable {
  case content
  /// Content, and type, headers, user metadata, tags and storage class besides.
  case metadata
}

/// Compares what stands beside the content of a stated share of all objects.
///
/// Which ones is decided by their keys, so that it is the same ones each time.
struct MetadataProof: Sendable {
  static let shares = 1...100

  /// In percent; nil for no object at all.
  let share: Int?

  func includes(_ key: ObjectKey) -> Bool {
    guard let share else { return false }
    return Int(CRC.iso32(key.bytes) % UInt32(Self.shares.upperBound)) < share
  }

  /// What differs, in words; empty when nothing does.
  static func differences(_ one: ObjectMetadata, _ other: ObjectMetadata) -> [String] {
    let texts = [
      ("content type", one.contentType, other.contentType),
      ("cache control", one.cacheControl, other.cacheControl),
      ("content disposition", one.contentDisposition, other.contentDisposition),
      ("content encoding", one.contentEncoding, other.contentEncoding),
      ("content language", one.contentLanguage, other.contentLanguage),
      ("expiry", one.expires, other.expires),
      ("website redirect", one.websiteRedirect, other.websiteRedirect),
      ("storage class", one.storageClass, other.storageClass),
    ]
    var found = texts.filter { !isSame($0.1, $0.2) }.map(\.0)
    if !isSame(one.user, other.user) { found.append("user metadata") }
    if !isSame(one.tags, other.tags) { found.append("tags") }
    return found
  }

  /// As bytes: stores keep apart what Unicode merges.
  private static func isSame(_ one: String?, _ other: String?) -> Bool {
    one.map { Array($0.utf8) } == other.map { Array($0.utf8) }
  }

  private static func isSame(_ one: [String: String], _ other: [String: String]) -> Bool {
    func pairs(_ names: [String: String]) -> Set<[[UInt8]]> {
      Set(names.map { [Array($0.key.utf8), Array($0.value.utf8)] })
    }
    return pairs(one) == pairs(other)
  }
}
