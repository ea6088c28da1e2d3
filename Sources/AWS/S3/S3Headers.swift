import Resources
import Wire

/// The headers in which S3 carries what stands beside an object's content.
enum S3Headers {
  private static let userPrefix = "x-amz-meta-"
  static let redirect = "x-amz-website-redirect-location"
  /// What the service says of an object that was stored without a type.
  static let ownType = "binary/octet-stream"

  /// The headers that store an object with this metadata.
  static func fields(
    _ metadata: ObjectMetadata, of key: ObjectKey, in location: S3Location
  ) throws(Failure) -> HTTPHeaders {
    var headers = HTTPHeaders()
    let plain = [
      ("Content-Type", metadata.contentType), ("Cache-Control", metadata.cacheControl),
      ("Content-Disposition", metadata.contentDisposition),
      ("Content-Encoding", metadata.contentEncoding),
      ("Content-Language", metadata.contentLanguage), ("Expires", metadata.expires),
      (redirect, metadata.websiteRedirect), ("x-amz-storage-class", metadata.storageClass),
    ]
    for (name, value) in plain {
      if let value { headers.add(name, value) }
    }
    for (name, value) in metadata.user.sorted(by: { $0.key < $1.key }) {
      guard isName(name) else {
        throw .refused(
          "\(location.url) cannot keep the metadata '\(name)' of '\(key.text)'",
          hint: "S3 takes names of small letters, digits and -_. only; rename it at the source.")
      }
      headers.add(userPrefix + name, S3Text.headerValue(value))
    }
    if !metadata.tags.isEmpty { headers.add("x-amz-tagging", tagging(metadata.tags)) }
    headers.add(encryption(location))
    return headers
  }

  /// What makes the service refuse a write if another version is the newest by now.
  static func over(_ current: ObjectVersion?) -> HTTPHeaders {
    guard let current, !current.isDeletion, let tag = S3EntityTag.tag(current.entry) else {
      return ["If-None-Match": "*"]
    }
    return ["If-Match": "\"\(tag)\""]
  }

  static func encryption(_ location: S3Location) -> HTTPHeaders {
    var headers = HTTPHeaders()
    guard let encryption = location.encryption else { return headers }
    headers.add("x-amz-server-side-encryption", encryption.algorithm)
    if let key = encryption.key {
      headers.add("x-amz-server-side-encryption-aws-kms-key-id", key)
    }
    return headers
  }

  static func tagging(_ tags: [String: String]) -> String {
    tags.sorted { $0.key < $1.key }
      .map { "\(PercentEncoding.escape($0.key))=\(PercentEncoding.escape($0.value))" }
      .joined(separator: "&")
  }

  private static func isName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy {
        (0x61...0x7a).contains($0) || (0x30...0x39).contains($0)
          || [0x2d, 0x2e, 0x5f].contains($0)
      }
  }

  /// An object's entry as the headers of HEAD and GET tell it; tags are not among them.
  static func entry(_ key: ObjectKey, size: Int64, _ headers: HTTPHeaders) -> ObjectEntry {
    var metadata = ObjectMetadata()
    let type = headers.first("Content-Type")
    metadata.contentType = type == ownType ? nil : type
    metadata.cacheControl = headers.first("Cache-Control")
    metadata.contentDisposition = headers.first("Content-Disposition")
    metadata.contentEncoding = headers.first("Content-Encoding")
    metadata.contentLanguage = headers.first("Content-Language")
    metadata.expires = headers.first("Expires")
    metadata.websiteRedirect = headers.first(redirect)
    let storage = headers.first("x-amz-storage-class")
    metadata.storageClass = storage == "STANDARD" ? nil : storage
    for field in headers.fields {
      let name = field.name.lowercased()
      guard name.hasPrefix(userPrefix) else { continue }
      metadata.user[String(name.dropFirst(userPrefix.count))] = S3Text.text(ofHeader: field.value)
    }
    let modified = headers.first("Last-Modified").flatMap(S3Time.header)
    return ObjectEntry(
      key: key, size: size, modified: modified ?? Timestamp(milliseconds: 0), metadata: metadata,
      digest: entityTag(headers).map { S3EntityTag.digest($0) })
  }

  static func entityTag(_ headers: HTTPHeaders) -> String? {
    let tag = headers.first("ETag").map { String($0.filter { $0 != "\"" }) }
    return tag?.isEmpty == false ? tag : nil
  }
}

/// What an entity tag says of a content.
enum S3EntityTag {
  private static let prefix = "etag:"

  static func digest(_ tag: String) -> String { prefix + tag }

  /// The tag itself; nil where an entry has none.
  static func tag(_ entry: ObjectEntry) -> String? {
    guard let digest = entry.digest, digest.hasPrefix(prefix) else { return nil }
    return String(digest.dropFirst(prefix.count))
  }

  /// Whether the tag was made of one part: then it is the MD5 of the content unless a key of KMS or
  /// of the caller encrypts it.
  static func isSingle(_ tag: String) -> Bool {
    tag.utf8.count == 32 && tag.utf8.allSatisfy { isHex($0) }
  }

  private static func isHex(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
  }
}

extension HTTPHeaders {
  mutating func add(_ others: HTTPHeaders) {
    for field in others.fields { add(field.name, field.value) }
  }
}
