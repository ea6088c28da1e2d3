import Wire

/// One record of a zone file, with the places of its parts.
struct ZoneFileRecord {
  enum Data: Equatable {
    case known(DNSRecordData)
    /// Of a type whose fields we do not know: its tokens, as written.
    case opaque([DNSToken])
  }

  let name: DNSName
  let type: DNSType
  let ttlSeconds: UInt32
  let data: Data
  let entry: ZoneFileScanner.Entry
  /// Where the TTL is written; nil when it is taken over from above.
  let ttlRange: Range<Int>?
  /// Where a TTL could be written: before the class or type.
  let ttlPlace: Int
  /// From the first to the last token of the data; nil for data without any.
  let dataRange: Range<Int>?
  /// The tokens of the data.
  let dataTokens: [DNSToken]
  /// What a name without its final dot continues with here.
  let origin: DNSName
  /// Whether the TTL, being left out, is that of the record above (RFC 1035, no `$TTL`).
  let inheritsTTL: Bool

  /// The value as a record set shows it.
  var value: String {
    switch data {
    case .known(let data): data.canonical.text
    case .opaque(let tokens): tokens.map(\.text).joined(separator: " ")
    }
  }

  /// Whether two records say the same, wherever they stand.
  func isSame(as other: ZoneFileRecord) -> Bool {
    name == other.name && type == other.type && ttlSeconds == other.ttlSeconds
      && value.utf8.elementsEqual(other.value.utf8)
  }
}
