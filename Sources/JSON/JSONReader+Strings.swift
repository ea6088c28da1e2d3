/// Strings and their escapes.
extension JSONReader {
  /// Reads the string that begins here, quotes included.
  ///
  /// A string that is not closed on its line ends there, so that the next line is still checked.
  mutating func string(from start: JSONPosition) throws(Halt) -> String {
    let quote = bytes[offset]
    offset += 1
    var text: [UInt8] = []
    var plainStart = offset
    while true {
      guard let byte = next else {
        throw halt("expected the quote that closes the string which begins here", at: start)
      }
      switch byte {
      case quote:
        let plain = bytes[plainStart..<offset]
        offset += 1
        guard !text.isEmpty else { return String(decoding: plain, as: UTF8.self) }
        return String(decoding: text + plain, as: UTF8.self)
      case UInt8(ascii: "\\"):
        text += bytes[plainStart..<offset]
        try escape(into: &text)
        plainStart = offset
      case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
        let quote = quote == UInt8(ascii: "'") ? "single quote" : "double quote"
        try report("expected the \(quote) that closes this string on its own line", at: start)
        return String(decoding: text + bytes[plainStart..<offset], as: UTF8.self)
      case 0..<0x20 where dialect == .strict:
        try report("expected an escape such as \\t, found \(found())")
        offset += 1
      default: offset += 1
      }
    }
  }

  /// Reads one escape; a wrong one is reported and stands for nothing.
  private mutating func escape(into text: inout [UInt8]) throws(Halt) {
    let start = offset
    offset += 1
    guard let byte = next else { return }
    if let plain = Self.short(byte) {
      offset += 1
      text.append(plain)
      return
    }
    if byte == UInt8(ascii: "u") { return try unicodeEscape(from: start, into: &text) }
    guard dialect == .json5 else {
      try report("expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u, found \\ and \(found())")
      return
    }
    switch byte {
    case UInt8(ascii: "\n"): offset += 1
    case UInt8(ascii: "\r"): offset += self.byte(at: offset + 1) == UInt8(ascii: "\n") ? 2 : 1
    case UInt8(ascii: "v"):
      offset += 1
      text.append(0x0B)
    case UInt8(ascii: "x"):
      guard let code = hexDigits(2, at: offset + 1), let scalar = Unicode.Scalar(code) else {
        return try report("expected two hexadecimal digits after \\x")
      }
      offset += 3
      text += Array(UTF8.encode(scalar) ?? .init())
    case UInt8(ascii: "0"):
      offset += 1
      if let digit = next, Self.isDigit(digit) {
        return try report("expected no digit after \\0; \\x00 can be followed by one")
      }
      text.append(0)
    case UInt8(ascii: "1")...UInt8(ascii: "9"):
      try report("expected a letter or a sign after \\, found \(found())")
    default:
      let (scalar, length) = scalar(at: offset)
      // An escaped line separator continues the line, as an escaped newline does.
      if scalar.value != 0x2028, scalar.value != 0x2029 {
        text += bytes[offset..<offset + length]
      }
      offset += length
    }
  }

  /// The byte that a two-character escape of RFC 8259 stands for.
  private static func short(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: nil
    }
  }

  private mutating func unicodeEscape(from start: Int, into text: inout [UInt8]) throws(Halt) {
    guard let high = hexDigits(4, at: offset + 1) else {
      return try report("expected four hexadecimal digits after \\u")
    }
    offset += 5
    if let scalar = Unicode.Scalar(high) {
      text += Array(UTF8.encode(scalar) ?? .init())
      return
    }
    if high < 0xDC00, next == UInt8(ascii: "\\"), byte(at: offset + 1) == UInt8(ascii: "u"),
      let low = hexDigits(4, at: offset + 2), (0xDC00..<0xE000).contains(low),
      let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
    {
      offset += 6
      text += Array(UTF8.encode(scalar) ?? .init())
      return
    }
    let place = lines.position(at: start, in: bytes)
    try report("expected both halves of a surrogate pair, found one", at: place)
  }

  func hexDigits(_ count: Int, at start: Int) -> UInt32? {
    var code: UInt32 = 0
    for index in start..<start + count {
      guard let byte = byte(at: index), let digit = Self.hexDigit(byte) else { return nil }
      code = code << 4 | UInt32(digit)
    }
    return code
  }

  static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
