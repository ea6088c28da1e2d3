import Resources

/// One answer of a listing: current objects, versions with delete markers, or unfinished uploads.
struct S3Listing: Sendable {
  struct Record: Sendable {
    /// The whole key, as the service has it.
    var key: [UInt8] = []
    var modified: Timestamp?
    /// Without its quotation marks.
    var entityTag = ""
    var size: Int64 = 0
    var storageClass: String?
    var versionID: String?
    var uploadID: String?
    var isDeleteMarker = false
    var isLatest = false
  }

  /// What is listed, by the element that the answer consists of.
  enum Kind: Sendable {
    case objects
    case versions
    case uploads

    /// Source: the responses of the three operations in the API reference.
    var root: StaticString {
      switch self {
      case .objects: "ListBucketResult"
      case .versions: "ListVersionsResult"
      case .uploads: "ListMultipartUploadsResult"
      }
    }
  }

  private(set) var records: [Record] = []
  private(set) var prefixes: [[UInt8]] = []
  var isTruncated: Bool { toldTruncated == true }
  /// Nil until the answer has said whether more follows.
  private var toldTruncated: Bool?
  private(set) var nextKeyMarker: [UInt8]?
  private(set) var nextIDMarker: String?
  private var isEncoded = false

  /// Nil for an answer that is cut, is no such listing, or does not say whether more follows.
  ///
  /// The page of a proxy must not pass for a bucket that holds nothing.
  init?(reading bytes: [UInt8], of kind: Kind) {
    var scanner = XMLScanner(bytes)
    var depth = 0
    var record: Record?
    var field: Range<Int>?
    var content: Range<Int>?
    var isWhole = false
    var raw: [[UInt8]] = []
    while let event = scanner.next() {
      switch event {
      case .open(let name):
        depth += 1
        if depth == 1, !scanner.isName(name, kind.root) { return nil }
        if depth == 2, Self.isRecord(name, scanner) {
          record = Record()
          record?.isDeleteMarker = scanner.isName(name, "DeleteMarker")
        }
        field = name
        content = nil
      case .text(let range): content = range
      case .close(let name):
        if let open = field, scanner.bytes[open] == scanner.bytes[name] {
          let text = content.map { scanner.text($0) } ?? []
          if depth == 3, record != nil {
            Self.set(open, text, scanner, &record)
          } else if depth == 3, record == nil, scanner.isName(open, "Prefix") {
            raw.append(text)
          } else if depth == 2 {
            take(open, text, scanner)
          }
          field = nil
        } else if depth == 2, let found = record {
          records.append(found)
          record = nil
        }
        depth -= 1
        isWhole = depth == 0
        content = nil
      }
    }
    guard isWhole, toldTruncated != nil, decode(raw) else { return nil }
  }

  private static func isRecord(_ name: Range<Int>, _ scanner: XMLScanner) -> Bool {
    scanner.isName(name, "Contents") || scanner.isName(name, "Version")
      || scanner.isName(name, "DeleteMarker") || scanner.isName(name, "Upload")
  }

  private static func set(
    _ name: Range<Int>, _ text: [UInt8], _ scanner: XMLScanner, _ record: inout Record?
  ) {
    if scanner.isName(name, "Key") {
      record?.key = text
    } else if scanner.isName(name, "Size") {
      record?.size = text.reduce(0) { $0 &* 10 &+ Int64($1 & 15) }
    } else if scanner.isName(name, "ETag") {
      record?.entityTag = String(decoding: text.filter { $0 != 0x22 }, as: UTF8.self)
    } else if scanner.isName(name, "LastModified") {
      record?.modified = S3Time.listed(text)
    } else if scanner.isName(name, "StorageClass") {
      let name = String(decoding: text, as: UTF8.self)
      record?.storageClass = name == "STANDARD" ? nil : name
    } else if scanner.isName(name, "VersionId") {
      record?.versionID = String(decoding: text, as: UTF8.self)
    } else if scanner.isName(name, "UploadId") {
      record?.uploadID = String(decoding: text, as: UTF8.self)
    } else if scanner.isName(name, "IsLatest") {
      record?.isLatest = text == Array("true".utf8)
    }
  }

  private mutating func take(_ name: Range<Int>, _ text: [UInt8], _ scanner: XMLScanner) {
    if scanner.isName(name, "IsTruncated") {
      let word = String(decoding: text, as: UTF8.self)
      toldTruncated = word == "true" ? true : word == "false" ? false : nil
    } else if scanner.isName(name, "EncodingType") {
      isEncoded = text == Array("url".utf8)
    } else if scanner.isName(name, "NextKeyMarker") {
      nextKeyMarker = text
    } else if scanner.isName(name, "NextVersionIdMarker")
      || scanner.isName(name, "NextUploadIdMarker")
    {
      nextIDMarker = String(decoding: text, as: UTF8.self)
    }
  }

  /// Gives keys their bytes back; a store that does not know the encoding says none.
  private mutating func decode(_ raw: [[UInt8]]) -> Bool {
    guard isEncoded else {
      prefixes = raw
      return true
    }
    for index in records.indices {
      guard let key = S3Text.unescaped(records[index].key) else { return false }
      records[index].key = key
    }
    if let marker = nextKeyMarker {
      guard let key = S3Text.unescaped(marker) else { return false }
      nextKeyMarker = key
    }
    prefixes = raw.compactMap { S3Text.unescaped($0) }
    return prefixes.count == raw.count
  }
}
