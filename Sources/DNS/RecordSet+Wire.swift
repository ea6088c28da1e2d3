import Resources
import Wire

extension RecordSet {
  /// The set in the one form in which equal sets have equal bytes.
  ///
  /// Names are in small letters with their final dot, also inside values; values are as RFC 1035
  /// writes them, sorted, each once. Throws `.permanent` for what is no record set.
  func normalized() throws(Failure) -> RecordSet {
    let name = try parsedName().lowercased.description
    let type = try parsedType()
    guard (0...Int(DNSSeconds.ttlMax)).contains(ttlSeconds) else {
      throw unusable("its TTL of \(ttlSeconds) seconds is not from 0 to \(DNSSeconds.ttlMax)")
    }
    guard !values.isEmpty else { throw unusable("it has no values") }
    var texts: Set<[UInt8]> = []
    for value in values {
      let text = try Self.isOpaque(value, type) ? value : data(value, type).canonical.text
      texts.insert(Array(text.utf8))
    }
    return RecordSet(
      name: name, type: type.description, ttlSeconds: ttlSeconds,
      values: texts.map { String(decoding: $0, as: UTF8.self) })
  }

  /// The set's records as they are sent; every value must be of a type that can be written so.
  func records() throws(Failure) -> [DNSRecord] {
    let name = try parsedName()
    let type = try parsedType()
    var records: [DNSRecord] = []
    for value in values {
      records.append(
        DNSRecord(name, ttlSeconds: UInt32(clamping: ttlSeconds), try data(value, type)))
    }
    return records
  }

  /// The records of one name and type, as a server or file holds them; nil for none.
  init?(_ name: DNSName, _ type: DNSType, ttlSeconds: UInt32, _ data: [DNSRecordData]) {
    guard !data.isEmpty else { return nil }
    let texts = Set(data.map { Array($0.canonical.text.utf8) })
    self.init(
      name: name.lowercased.description, type: type.description, ttlSeconds: Int(ttlSeconds),
      values: texts.map { String(decoding: $0, as: UTF8.self) })
  }

  /// Whether two sets hold the same values, whatever their TTLs; both must be normalized.
  func holdsSameValues(as other: RecordSet) -> Bool {
    isSameKind(as: other) && values.map { Array($0.utf8) } == other.values.map { Array($0.utf8) }
  }

  func isSame(as other: RecordSet) -> Bool {
    holdsSameValues(as: other) && ttlSeconds == other.ttlSeconds
  }

  func isSameKind(as other: RecordSet) -> Bool {
    name.utf8.elementsEqual(other.name.utf8) && type.utf8.elementsEqual(other.type.utf8)
  }

  func isType(_ type: DNSType) -> Bool { self.type.utf8.elementsEqual(type.description.utf8) }

  /// One line for a person.
  var summary: String { "\(name) \(ttlSeconds) \(type) \(values.joined(separator: ", "))" }

  func parsedName() throws(Failure) -> DNSName {
    guard name.utf8.last == UInt8(ascii: ".") else { throw unusable("its name has no final dot") }
    do throws(DNSTextError) { return try DNSName(name) } catch { throw unusable("\(error)") }
  }

  func parsedType() throws(Failure) -> DNSType {
    guard let type = DNSType(self.type), !type.isMeta else {
      throw unusable("'\(self.type)' is not a record type")
    }
    return type
  }

  private func data(_ value: String, _ type: DNSType) throws(Failure) -> DNSRecordData {
    do throws(DNSTextError) {
      return try DNSRecordData(type: type, text: value)
    } catch {
      throw unusable("\(error)")
    }
  }

  /// Whether a value is of a type whose fields we do not know, written in that type's own way.
  static func isOpaque(_ value: String, _ type: DNSType) -> Bool {
    !type.hasText && !value.utf8.starts(with: "\\#".utf8)
  }

  private func unusable(_ why: String) -> Failure {
    .permanent(
      "the record set \(name) \(type) cannot be used: \(why)",
      hint: "Names need their final dot; values are written as in a zone file.")
  }
}

extension [RecordSet] {
  /// For a person: all sets in one line, or that there are none.
  var summary: String { isEmpty ? "nothing" : map(\.summary).joined(separator: "; ") }

  /// The same sets in an order that depends on nothing else.
  func ordered() -> [RecordSet] {
    sorted { left, right in
      guard left.name.utf8.elementsEqual(right.name.utf8) else {
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
      }
      return left.type.utf8.lexicographicallyPrecedes(right.type.utf8)
    }
  }
}
