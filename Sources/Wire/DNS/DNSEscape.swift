/// The escapes of RFC 1035 section 5.1: `\X` for a character as such, `\DDD` for a byte.
package enum DNSEscape {
  package static let mark = UInt8(ascii: "\\")
  static let specialInNames = Array(".\\\"();@$".utf8)
  static let specialInStrings = Array("\\\"".utf8)

  /// Reads what follows a backslash.
  package static func read(_ rest: inout ArraySlice<UInt8>) throws(DNSTextError) -> UInt8 {
    guard let first = rest.popFirst() else {
      throw DNSTextError("a backslash at the end escapes nothing")
    }
    guard (0x30...0x39).contains(first) else { return first }
    let digits = [first] + rest.prefix(2)
    guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw DNSTextError("a backslash and a digit must be followed by two more digits")
    }
    let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    guard value <= 255 else { throw DNSTextError("\\\(value) is not a byte") }
    rest = rest.dropFirst(2)
    return UInt8(value)
  }

  static func write(_ byte: UInt8, to text: inout [UInt8], special: [UInt8]) {
    let isSpace = byte == 0x20 && special == specialInStrings
    if special.contains(byte) {
      text += [mark, byte]
    } else if (0x21...0x7e).contains(byte) || isSpace {
      text.append(byte)
    } else {
      let digits = String(Int(byte) + 1_000).utf8.dropFirst()
      text.append(mark)
      text += digits
    }
  }
}
