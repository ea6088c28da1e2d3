/// Words: literals, keys without quotes, and what messages call the thing that is there instead.
extension JSONReader {
  private static let literals = ["true", "false", "null", "Infinity", "NaN"]
  /// How much of a word is shown in a message.
  private static let shownCharactersMax = 40

  mutating func word(from start: JSONPosition) throws(Halt) -> JSONNode {
    let text = try identifier() ?? ""
    let kind: JSONNode.Kind
    switch text {
    case "true": kind = .bool(true)
    case "false": kind = .bool(false)
    case "null": kind = .null
    case "Infinity", "NaN":
      guard dialect == .json5 else {
        try report("strict JSON has no number \(text)", at: start)
        kind = .null
        break
      }
      kind = .number(text)
      try flagNotFinite(text, at: start)
    default:
      if text.isEmpty {
        try report("expected a value, found \(found())")
      } else {
        var message = "expected a value, found the word '\(shown(text))'"
        let near = nearest(to: text, in: Self.literals)
        message += near.map { "; did you mean \($0)?" } ?? "; a text needs quotes"
        try report(message, at: start)
      }
      resynchronize()
      kind = .null
    }
    return JSONNode(kind: kind, range: range(from: start))
  }

  mutating func flagNotFinite(_ text: String, at start: JSONPosition) throws(Halt) {
    try flag(JSONError("expected a finite number, found \(text)", at: start))
  }

  /// Reads a key, or reports what stands in its place and returns nil.
  mutating func key(from start: JSONPosition) throws(Halt) -> String? {
    switch next {
    case UInt8(ascii: "\""): return try string(from: start)
    case UInt8(ascii: "'") where dialect == .json5: return try string(from: start)
    default: break
    }
    if dialect == .json5, let name = try identifier() { return name }
    var hint = ""
    if let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      hint = "; a key that begins with a digit needs quotes"
    }
    let expected = dialect == .json5 ? "a key" : "a key in double quotes"
    try report("expected \(expected), found \(found())\(hint)")
    return nil
  }

  /// Reads an ECMAScript identifier; nil, and nothing consumed, where none begins.
  private mutating func identifier() throws(Halt) -> String? {
    let start = offset
    var text = String.UnicodeScalarView()
    while let byte = next {
      if byte == UInt8(ascii: "\\"), dialect == .json5 {
        guard let scalar = try identifierEscape() else { break }
        text.append(scalar)
        continue
      }
      let (scalar, length) = scalar(at: offset)
      let isPart = text.isEmpty ? scalar.beginsIdentifier : scalar.continuesIdentifier
      guard isPart else { break }
      text.append(scalar)
      offset += length
    }
    return offset == start ? nil : String(text)
  }

  private mutating func identifierEscape() throws(Halt) -> Unicode.Scalar? {
    let start = position()
    offset += 1
    guard next == UInt8(ascii: "u"), let code = hexDigits(4, at: offset + 1),
      let scalar = Unicode.Scalar(code), scalar.continuesIdentifier
    else {
      try report("expected \\u and the four digits of a letter in a key", at: start)
      return nil
    }
    offset += 5
    return scalar
  }

  /// The scalar at an offset; the bytes are known to be UTF-8.
  func scalar(at offset: Int) -> (Unicode.Scalar, length: Int) {
    let lead = bytes[offset]
    let length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
    guard length > 1, offset + length <= bytes.count else { return (Unicode.Scalar(lead), 1) }
    var code = UInt32(lead) & (0x7F >> UInt32(length))
    for index in 1..<length { code = code << 6 | UInt32(bytes[offset + index] & 0x3F) }
    return (Unicode.Scalar(code) ?? "\u{FFFD}", length)
  }

  /// What stands here, in the words of a message.
  func found() -> String {
    guard let byte = next else { return "the end of the document" }
    let scalar = scalar(at: offset).0
    if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return "the end of the line" }
    if scalar.beginsIdentifier {
      var text = String.UnicodeScalarView()
      var place = offset
      while place < bytes.count, text.count <= Self.shownCharactersMax {
        let (scalar, length) = self.scalar(at: place)
        guard scalar.continuesIdentifier else { break }
        text.append(scalar)
        place += length
      }
      return "the word '\(shown(String(text)))'"
    }
    if byte < 0x20 || byte == 0x7F {
      let hex = String(byte, radix: 16, uppercase: true)
      return "the control character U+" + String(repeating: "0", count: 4 - hex.count) + hex
    }
    return scalar == "'" ? "a single quote" : "'\(Character(scalar))'"
  }

  private func shown(_ text: String) -> String {
    text.count > Self.shownCharactersMax ? text.prefix(Self.shownCharactersMax) + "…" : text
  }
}

extension Unicode.Scalar {
  /// Whether an ECMAScript 5.1 identifier may begin with this.
  var beginsIdentifier: Bool {
    switch value {
    case 0x24, 0x41...0x5A, 0x5F, 0x61...0x7A: return true
    case 0..<0x80: return false
    default: break
    }
    return switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .letterNumber:
      true
    default: false
    }
  }

  /// Whether an ECMAScript 5.1 identifier may go on with this.
  var continuesIdentifier: Bool {
    if beginsIdentifier { return true }
    switch value {
    case 0x30...0x39: return true
    case 0..<0x80: return false
    case 0x200C, 0x200D: return true
    default: break
    }
    return switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: true
    default: false
    }
  }
}
