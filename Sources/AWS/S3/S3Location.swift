import Resources

/// What an `s3://` URL names, with everything that decides how it is reached.
struct S3Location: Sendable {
  let url: ResourceURL
  let bucket: String
  /// Put before every key: empty, or with a slash at its end.
  let prefix: [UInt8]
  let place: CloudPlace
  /// The account that the bucket must belong to; nil for any.
  let owner: String?
  let encryption: S3Encryption?

  private static let nameLengths = 3...63

  init(_ url: ResourceURL) throws(Failure) {
    self.url = url
    bucket = url.authority
    let isName =
      Self.nameLengths.contains(bucket.utf8.count)
      && bucket.utf8.allSatisfy {
        (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x2e
          || (0x41...0x5a).contains($0) || $0 == 0x5f
      }
    guard isName else {
      throw .permanent(
        "'\(url)' does not name a bucket: '\(bucket)' cannot be one's name",
        hint: "Write s3://bucket or s3://bucket/folder.")
    }
    var folder = Array(url.path.utf8.drop { $0 == UInt8(ascii: "/") })
    if let last = folder.last, last != UInt8(ascii: "/") { folder.append(UInt8(ascii: "/")) }
    prefix = folder
    place = url.namedPlace
    owner = url.parameter("owner")
    encryption = try S3Encryption(url)
  }

  /// Whether the bucket's name can be a label of a host's name below the service's certificate.
  var isHostName: Bool {
    bucket.utf8.allSatisfy { $0 != 0x2e && $0 != 0x5f && !(0x41...0x5a).contains($0) }
  }

  /// The key as the service has it.
  func fullKey(_ key: ObjectKey) -> [UInt8] { prefix + key.bytes }

  func path(_ key: ObjectKey) -> String { S3Text.escapedPath(fullKey(key)) }

  static let keyBytesMax = 1024

  /// Refuses what the service would change or cannot hold.
  func check(_ key: ObjectKey) throws(Failure) {
    let full = fullKey(key)
    let problem: String? =
      if key.bytes.isEmpty {
        "it is empty"
      } else if full.count > Self.keyBytesMax {
        "it has more than \(Self.keyBytesMax) bytes"
      } else if String(validating: full, as: UTF8.self) == nil {
        "it is not UTF-8"
      } else {
        nil
      }
    if let problem {
      throw .refused(
        "\(url) cannot hold the key '\(key.text)': \(problem)",
        hint: "Rename the object at the source, or copy to a store that takes such keys.")
    }
  }
}

/// How new objects are encrypted, where the bucket's own rule is not to decide.
struct S3Encryption: Sendable, Hashable {
  /// `AES256`, `aws:kms` or `aws:kms:dsse`.
  let algorithm: String
  let key: String?

  private static let algorithms = ["AES256", "aws:kms", "aws:kms:dsse"]

  init?(_ url: ResourceURL) throws(Failure) {
    key = url.parameter("key")
    guard let name = url.parameter("encryption") ?? key.map({ _ in "aws:kms" }) else { return nil }
    guard Self.algorithms.contains(name), key == nil || name != "AES256" else {
      throw .permanent(
        "\(url): encryption '\(name)' is not possible",
        hint: "Write encryption=AES256, or encryption=aws:kms with or without key=ARN.")
    }
    algorithm = name
  }
}
