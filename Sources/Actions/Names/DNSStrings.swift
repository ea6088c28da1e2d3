/// The words of a record's data, with or without quotation marks.
///
/// Source: RFC 1035 section 5.1; `\\X` is a character as such, `\\DDD` a byte.
struct DNSStrings {
  struct Word {
    var bytes: [UInt8]
    var isQuoted: Bool

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// In the one form in which zones return strings.
    var quoted: String {
      var text = [UInt8(ascii: "\"")]
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
        case 0x20...0x7e: text.append(byte)
        case _: text += [UInt8(ascii: "\\")] + String(Int(byte) + 1000).utf8.dropFirst()
        }
      }
      return String(decoding: text + [UInt8(ascii: "\"")], as: UTF8.self)
    }
  }

  /// The words of a text; nil when a quotation mark or an escape has no end.
  static func read(_ text: String) -> [Word]? {
    var words: [Word] = []
    var word: Word?
    var rest = Array(text.utf8)[...]
    var isInside = false
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""):
        if isInside {
          words.append(word ?? Word(bytes: [], isQuoted: true))
          word = nil
        } else {
          if let word { words.append(word) }
          word = Word(bytes: [], isQuoted: true)
        }
        isInside.toggle()
      case 0x20 where !isInside, 0x09 where !isInside:
        if let word { words.append(word) }
        word = nil
      case UInt8(ascii: "\\"):
        guard let escaped = escape(&rest) else { return nil }
        word = word ?? Word(bytes: [], isQuoted: false)
        word?.bytes.append(escaped)
      case _:
        word = word ?? Word(bytes: [], isQuoted: false)
        word?.bytes.append(byte)
      }
    }
    guard !isInside else { return nil }
    if let word { words.append(word) }
    return words.isEmpty ? nil : words
  }

  private static func escape(_ rest: inout ArraySlice<UInt8>) -> UInt8? {
    guard let first = rest.popFirst() else { return nil }
    guard (48...57).contains(first) else { return first }
    let digits = String(decoding: [first] + rest.prefix(2), as: UTF8.self)
    guard digits.utf8.count == 3, let byte = UInt8(digits) else { return nil }
    rest = rest.dropFirst(2)
    return byte
  }
}
