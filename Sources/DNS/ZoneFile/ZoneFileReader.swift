import Wire

/// Reads the records of a zone file (RFC 1035 section 5, RFC 2308 for `$TTL`).
///
/// Whatever the bytes are, it ends with records or with an error that has a line and column. What
/// cannot be understood for sure is an error: a record that is there must never look absent.
struct ZoneFileReader {
  private let bytes: [UInt8]
  private let zone: DNSName
  private var origin: DNSName
  private var owner: DNSName?
  private var defaultTTL: UInt32?
  private var lastTTL: UInt32?
  private var records: [ZoneFileRecord] = []

  static func read(
    _ bytes: [UInt8], zone: DNSName
  ) throws(ZoneFileError) -> [ZoneFileRecord] {
    var reader = ZoneFileReader(bytes, zone)
    var scanner = ZoneFileScanner(bytes)
    while let entry = try scanner.next() { try reader.take(entry) }
    return reader.records
  }

  private init(_ bytes: [UInt8], _ zone: DNSName) {
    self.bytes = bytes
    self.zone = zone
    origin = zone
  }

  private mutating func take(_ entry: ZoneFileScanner.Entry) throws(ZoneFileError) {
    let first = entry.tokens[0]
    if !entry.isIndented, !first.isQuoted, first.raw.first == UInt8(ascii: "$") {
      try takeDirective(entry)
    } else {
      try takeRecord(entry)
    }
  }

  private mutating func takeDirective(_ entry: ZoneFileScanner.Entry) throws(ZoneFileError) {
    let word = entry.tokens[0].text.uppercased()
    guard word == "$TTL" || word == "$ORIGIN" else {
      let known = ["$INCLUDE", "$GENERATE"].contains(word)
      let why =
        known
        ? "\(word) is not supported: records that stand elsewhere would look absent"
        : "'\(entry.tokens[0].text)' is not a directive"
      throw error(entry.tokens[0], why)
    }
    guard entry.tokens.count == 2 else { throw error(entry.tokens[0], "\(word) takes one value") }
    let value = entry.tokens[1]
    if word == "$TTL" {
      guard let seconds = DNSSeconds.parse(value.raw), seconds <= DNSSeconds.ttlMax else {
        throw error(value, "'\(value.text)' is not a TTL")
      }
      defaultTTL = seconds
    } else {
      origin = try name(value)
    }
  }

  private mutating func takeRecord(_ entry: ZoneFileScanner.Entry) throws(ZoneFileError) {
    var rest = entry.tokens[...]
    if !entry.isIndented, let token = rest.popFirst() { owner = try name(token) }
    guard let owner else { throw error(entry.tokens[0], "the first record has no owner") }
    guard let place = rest.first?.range.lowerBound else {
      throw error(entry.tokens[0], "the record has no type")
    }
    let (ttl, ttlRange, type) = try header(&rest, after: entry.tokens[0])
    let data = try data(of: type, rest, entry.tokens[0])
    let ttlSeconds = try effectiveTTL(ttl, data, entry.tokens[0])
    let dataRange = rest.first.flatMap { first in
      rest.last.map { first.range.lowerBound..<$0.range.upperBound }
    }
    records.append(
      ZoneFileRecord(
        name: owner, type: type, ttlSeconds: ttlSeconds, data: data, entry: entry,
        ttlRange: ttlRange, ttlPlace: place, dataRange: dataRange, dataTokens: Array(rest),
        origin: origin, inheritsTTL: ttl == nil && defaultTTL == nil))
  }

  /// Reads TTL and class, in either order and each at most once, and the type.
  private func header(
    _ rest: inout ArraySlice<DNSToken>, after first: DNSToken
  ) throws(ZoneFileError) -> (UInt32?, Range<Int>?, DNSType) {
    var ttl: UInt32?
    var ttlRange: Range<Int>?
    var hasClass = false
    while let token = rest.popFirst() {
      guard !token.isQuoted else { throw error(token, "a quoted string stands before the type") }
      if let isInternet = Self.isInternetClass(token.raw), !hasClass {
        guard isInternet else { throw error(token, "only records of class IN are supported") }
        hasClass = true
      } else if ttl == nil, token.raw.first.map({ (0x30...0x39).contains($0) }) == true {
        guard let seconds = DNSSeconds.parse(token.raw), seconds <= DNSSeconds.ttlMax else {
          throw error(token, "'\(token.text)' is neither a TTL nor a type")
        }
        ttl = seconds
        ttlRange = token.range
      } else if let type = DNSType(token.raw), !type.isMeta {
        return (ttl, ttlRange, type)
      } else {
        throw error(token, "'\(token.text)' is not a record type")
      }
    }
    throw error(first, "the record has no type")
  }

  private func data(
    of type: DNSType, _ tokens: ArraySlice<DNSToken>, _ first: DNSToken
  ) throws(ZoneFileError) -> ZoneFileRecord.Data {
    guard let start = tokens.first else { throw error(first, "the record has no data") }
    let isGeneric = !start.isQuoted && start.raw.elementsEqual("\\#".utf8)
    guard type.hasText || isGeneric else { return .opaque(Array(tokens)) }
    do throws(DNSTextError) {
      return .known(try DNSRecordData(type: type, tokens: Array(tokens), origin: origin))
    } catch {
      throw self.error(start, error.description)
    }
  }

  /// The TTL by the rules of BIND: written, else `$TTL`, else the last one written; the SOA may
  /// fall back to its own last field.
  private mutating func effectiveTTL(
    _ written: UInt32?, _ data: ZoneFileRecord.Data, _ first: DNSToken
  ) throws(ZoneFileError) -> UInt32 {
    if let written {
      lastTTL = written
      return written
    }
    if let known = defaultTTL ?? lastTTL { return known }
    guard case .known(let data) = data, data.type == .soa else {
      throw error(first, "the record has no TTL, and there is no $TTL above it")
    }
    let minimum = data.bytes.suffix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    lastTTL = minimum
    return minimum
  }

  private func name(_ token: DNSToken) throws(ZoneFileError) -> DNSName {
    guard !token.isQuoted else { throw error(token, "a name must not be quoted") }
    if token.raw.elementsEqual("@".utf8) { return origin }
    do throws(DNSTextError) {
      return try DNSName(text: token.raw, origin: origin)
    } catch {
      throw self.error(token, error.description)
    }
  }

  private func error(_ token: DNSToken, _ problem: String) -> ZoneFileError {
    .at(token.range.lowerBound, in: bytes, problem)
  }

  /// Nil for what is no class.
  private static func isInternetClass(_ text: ArraySlice<UInt8>) -> Bool? {
    let capitals = text.map { (97...122).contains($0) ? $0 & 0xdf : $0 }
    switch String(decoding: capitals, as: UTF8.self) {
    case "IN", "CLASS1": return true
    case "CH", "HS", "CS", "ANY", "NONE": return false
    case let other where other.hasPrefix("CLASS"): return false
    default: return nil
    }
  }
}
