/// What is wrong with the bytes of a DNS message.
package struct DNSMessageError: Error, Equatable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// Reads the parts of a DNS message; whatever the bytes are, it ends with an answer or an error.
struct DNSReader {
  let bytes: [UInt8]
  private(set) var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position == bytes.count }

  mutating func number8() throws(DNSMessageError) -> UInt8 { try take(1)[0] }

  mutating func number16() throws(DNSMessageError) -> UInt16 {
    try take(2).reduce(0) { $0 << 8 | UInt16($1) }
  }

  mutating func number32() throws(DNSMessageError) -> UInt32 {
    try take(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  mutating func number48() throws(DNSMessageError) -> UInt64 {
    try take(6).reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func take(_ count: Int) throws(DNSMessageError) -> [UInt8] {
    guard count <= bytes.count - position else {
      throw DNSMessageError("the message ends at byte \(bytes.count), inside a field")
    }
    defer { position += count }
    return Array(bytes[position..<(position + count)])
  }

  /// Reads a name and follows its compression pointers.
  ///
  /// Every pointer must lead to before the place where the part that holds it began, so a loop is
  /// impossible.
  mutating func name() throws(DNSMessageError) -> DNSName {
    var wire: [UInt8] = []
    var cursor = position
    var before = position
    var end: Int?
    while true {
      guard cursor < bytes.count else { throw DNSMessageError("a name runs past the end") }
      let length = Int(bytes[cursor])
      switch length & 0xc0 {
      case 0:
        guard cursor + 1 + length <= bytes.count else {
          throw DNSMessageError("a label runs past the end")
        }
        wire += bytes[cursor...(cursor + length)]
        guard wire.count <= DNSName.wireBytesMax else {
          throw DNSMessageError("a name is longer than \(DNSName.wireBytesMax) bytes")
        }
        cursor += 1 + length
        if length == 0 {
          position = end ?? cursor
          return DNSName(checked: wire)
        }
      case 0xc0:
        guard cursor + 1 < bytes.count else { throw DNSMessageError("a pointer is cut off") }
        let target = (length & 0x3f) << 8 | Int(bytes[cursor + 1])
        guard target < before else { throw DNSMessageError("a pointer does not lead back") }
        end = end ?? cursor + 2
        before = target
        cursor = target
      default:
        throw DNSMessageError("a label has an unknown kind of length")
      }
    }
  }

  /// Reads the data of a record and gives it without compression.
  ///
  /// Data of known types is checked field by field, and must fill its length exactly.
  mutating func data(of type: DNSType, count: Int) throws(DNSMessageError) -> [UInt8] {
    guard count <= bytes.count - position else {
      throw DNSMessageError("the data of a record runs past the end")
    }
    // Updates use empty data to say "any".
    guard count > 0, let layout = DNSField.layout(of: type) else { return try take(count) }
    let end = position + count
    var data: [UInt8] = []
    for field in layout { data += try self.field(field, end: end) }
    guard position == end else {
      throw DNSMessageError("the data of a record of type \(type) does not fill its length")
    }
    return data
  }

  private mutating func field(_ field: DNSField, end: Int) throws(DNSMessageError) -> [UInt8] {
    switch field {
    case .name: return try name().wire
    case .number8: return try take(1)
    case .number16: return try take(2)
    case .number32, .seconds, .address4: return try take(4)
    case .address6: return try take(16)
    case .string: return try string()
    case .strings:
      var data = try string()
      while position < end { data += try string() }
      return data
    case .text, .hex:
      guard position <= end else { throw DNSMessageError("a record's data is too short") }
      return try take(end - position)
    }
  }

  private mutating func string() throws(DNSMessageError) -> [UInt8] {
    let length = try number8()
    return [length] + (try take(Int(length)))
  }
}
