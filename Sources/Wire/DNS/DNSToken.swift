/// A word or quoted string of a zone file, its escapes still in it.
///
/// Escapes stay because a name must tell `\.` from the dot between two labels.
package struct DNSToken: Sendable, Equatable {
  /// Without the quotes.
  package let raw: ArraySlice<UInt8>
  package let isQuoted: Bool

  package init(_ raw: ArraySlice<UInt8>, isQuoted: Bool) {
    self.raw = raw
    self.isQuoted = isQuoted
  }

  /// The bytes that the text stands for.
  package func unescaped() throws(DNSTextError) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = raw
    while let byte = rest.popFirst() {
      bytes.append(byte == DNSEscape.mark ? try DNSEscape.read(&rest) : byte)
    }
    return bytes
  }

  /// Splits the text of one record's data, which has neither comments nor parentheses.
  package static func split(_ text: String) throws(DNSTextError) -> [DNSToken] {
    var tokens: [DNSToken] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.first {
      switch byte {
      case 0x20, 0x09: rest = rest.dropFirst()
      case UInt8(ascii: "\""):
        rest = rest.dropFirst()
        let start = rest
        try skip(&rest) { $0 == UInt8(ascii: "\"") }
        guard !rest.isEmpty else { throw DNSTextError("a quote is not closed") }
        tokens.append(DNSToken(start[..<rest.startIndex], isQuoted: true))
        rest = rest.dropFirst()
      case UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"), 0x0a, 0x0d:
        throw DNSTextError("record data holds a comment, parenthesis or line break")
      default:
        let start = rest
        try skip(&rest) { Self.separators.contains($0) }
        tokens.append(DNSToken(start[..<rest.startIndex], isQuoted: false))
      }
    }
    return tokens
  }

  private static let separators = Array(" \t\";()\r\n".utf8)

  /// Goes on to the first byte that ends the token and is not escaped.
  private static func skip(
    _ rest: inout ArraySlice<UInt8>, until isEnd: (UInt8) -> Bool
  ) throws(DNSTextError) {
    while let byte = rest.first, !isEnd(byte) {
      rest = rest.dropFirst()
      if byte == DNSEscape.mark { _ = try DNSEscape.read(&rest) }
    }
  }
}
