import Wire

/// Splits a zone file into entries: lines, joined where parentheses say so.
///
/// Knows nothing of records; every byte of the file belongs to exactly one entry or to none.
struct ZoneFileScanner {
  /// One record or directive as it is written.
  struct Entry {
    /// From the first byte of its first line to past the end of its last line.
    let range: Range<Int>
    /// Whether the owner is left out: the line begins with white space.
    let isIndented: Bool
    let tokens: [DNSToken]
    /// Whether parentheses or quotes carry it over several lines.
    let spansLines: Bool
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next entry that holds anything; nil at the end of the file.
  mutating func next() throws(ZoneFileError) -> Entry? {
    while position < bytes.count {
      let start = position
      let isIndented = Self.isBlank(bytes[position])
      let (tokens, lines) = try tokens()
      guard tokens.isEmpty else {
        return Entry(
          range: start..<position, isIndented: isIndented, tokens: tokens, spansLines: lines > 1)
      }
    }
    return nil
  }

  /// The tokens up to the end of the line, or of the line that closes the last parenthesis.
  private mutating func tokens() throws(ZoneFileError) -> ([DNSToken], lines: Int) {
    var tokens: [DNSToken] = []
    var open: [Int] = []
    var lines = 1
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case 0x0a:
        position += 1
        if open.isEmpty { return (tokens, lines) }
        lines += 1
      case 0x0d:
        guard position + 1 < bytes.count, bytes[position + 1] == 0x0a else {
          throw error(position, "a carriage return stands without its line feed")
        }
        position += 1
      case 0x20, 0x09: position += 1
      case UInt8(ascii: ";"): skipComment()
      case UInt8(ascii: "("):
        open.append(position)
        position += 1
      case UInt8(ascii: ")"):
        guard open.popLast() != nil else { throw error(position, "')' closes nothing") }
        position += 1
      case UInt8(ascii: "\""): tokens.append(try quoted())
      default: tokens.append(try word())
      }
    }
    if let last = open.last { throw error(last, "'(' is not closed") }
    return (tokens, lines)
  }

  private mutating func skipComment() {
    while position < bytes.count, bytes[position] != 0x0a { position += 1 }
  }

  private mutating func quoted() throws(ZoneFileError) -> DNSToken {
    let start = position
    position += 1
    while position < bytes.count, bytes[position] != 0x0a {
      if bytes[position] == UInt8(ascii: "\"") {
        position += 1
        return DNSToken(bytes[(start + 1)..<(position - 1)], isQuoted: true)
      }
      try step()
    }
    throw error(start, "the quote is not closed on its line")
  }

  private mutating func word() throws(ZoneFileError) -> DNSToken {
    let start = position
    while position < bytes.count, !Self.endsWord(bytes[position]) { try step() }
    return DNSToken(bytes[start..<position], isQuoted: false)
  }

  /// Passes over one byte, or a backslash with what it escapes.
  private mutating func step() throws(ZoneFileError) {
    let byte = bytes[position]
    if byte == DNSEscape.mark {
      // The rest of the line is enough for every escape.
      var rest = bytes[(position + 1)...].prefix(3).prefix { $0 != 0x0a && $0 != 0x0d }
      let count = rest.count
      do throws(DNSTextError) {
        _ = try DNSEscape.read(&rest)
      } catch {
        throw self.error(position, error.description)
      }
      position += 1 + count - rest.count
      return
    }
    guard byte >= 0x20 || byte == 0x09, byte != 0x7f else {
      throw error(position, "byte \(byte) does not belong into a zone file")
    }
    position += 1
  }

  private func error(_ position: Int, _ problem: String) -> ZoneFileError {
    .at(position, in: bytes, problem)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func endsWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x09, 0x0a, 0x0d, UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"),
      UInt8(ascii: "\""):
      true
    default: false
    }
  }
}

extension ZoneFileError {
  static func at(_ position: Int, in bytes: [UInt8], _ problem: String) -> ZoneFileError {
    let before = bytes[..<position]
    let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    let line = before.reduce(1) { $1 == 0x0a ? $0 + 1 : $0 }
    return ZoneFileError(line: line, column: position - lineStart + 1, problem: problem)
  }
}

extension DNSToken {
  /// Where the token stands in the file, with its quotes.
  var range: Range<Int> {
    isQuoted ? (raw.startIndex - 1)..<(raw.endIndex + 1) : raw.startIndex..<raw.endIndex
  }

  /// As written, with its quotes.
  var text: String {
    let text = String(decoding: raw, as: UTF8.self)
    return isQuoted ? "\"\(text)\"" : text
  }
}
