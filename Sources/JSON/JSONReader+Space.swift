/// White space, comments, the check of the encoding, and finding the way again after a mistake.
extension JSONReader {
  mutating func skipSpace() throws(Halt) {
    while let byte = next {
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: offset += 1
      case 0x0B where dialect == .json5: offset += 1
      case 0x0C where dialect == .json5: offset += 1
      case UInt8(ascii: "/"):
        guard try skipComment() else { return }
      case 0x80... where dialect == .json5:
        let (scalar, length) = scalar(at: offset)
        guard scalar.isSpaceOfJSON5 else { return }
        offset += length
      default: return
      }
    }
  }

  /// Skips one comment; false when the slash does not begin one.
  private mutating func skipComment() throws(Halt) -> Bool {
    guard let comment = comment(at: offset) else { return false }
    let start = position()
    if dialect == .strict { try report("strict JSON has no comments", at: start) }
    guard comment.isClosed else {
      throw halt("expected '*/', which ends the comment that begins here", at: start)
    }
    offset = comment.end
    return true
  }

  /// Where the comment that begins here ends; nil if none begins.
  private func comment(at start: Int) -> (end: Int, isClosed: Bool)? {
    var offset = start + 2
    switch byte(at: start + 1) {
    case UInt8(ascii: "/"):
      while let byte = byte(at: offset), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
        let (scalar, length) = scalar(at: offset)
        if scalar.value == 0x2028 || scalar.value == 0x2029 { break }
        offset += length
      }
      return (offset, true)
    case UInt8(ascii: "*"):
      while offset < bytes.count {
        if bytes[offset] == UInt8(ascii: "*"), byte(at: offset + 1) == UInt8(ascii: "/") {
          return (offset + 2, true)
        }
        offset += 1
      }
      return (offset, false)
    default: return nil
    }
  }

  /// Goes to the comma or bracket that ends the current entry, past whole strings and brackets.
  mutating func resynchronize() {
    var nested = 0
    while let byte = next {
      switch byte {
      case UInt8(ascii: ",") where nested == 0: return
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        nested += 1
        offset += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if nested == 0 { return }
        nested -= 1
        offset += 1
      case UInt8(ascii: "\""), UInt8(ascii: "'"): skipQuoted(byte)
      case UInt8(ascii: "/"):
        offset = comment(at: offset)?.end ?? offset + 1
      default: offset += 1
      }
    }
  }

  private mutating func skipQuoted(_ quote: UInt8) {
    offset += 1
    while let byte = next, byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
      offset += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == quote { return }
    }
    offset = min(offset, bytes.count)
  }

  mutating func checkUTF8() throws(Halt) {
    let mistake: (offset: Int, text: String)?
    do throws(Unicode.UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      mistake = nil
    } catch {
      mistake = (error.byteOffsets.lowerBound, Self.words(for: error.kind))
    }
    guard let mistake else { return }
    let place = lines.position(at: mistake.offset, in: bytes)
    let hex = String(bytes[mistake.offset], radix: 16, uppercase: true)
    let byte = hex.count == 1 ? "0" + hex : hex
    throw halt("expected UTF-8 text, found the byte 0x\(byte) (\(mistake.text))", at: place)
  }

  private static func words(for kind: Unicode.UTF8.ValidationError.Kind) -> String {
    switch kind {
    case .unexpectedContinuationByte: "a continuation without its beginning"
    case .surrogateCodePointByte: "half of a surrogate pair"
    case .invalidNonSurrogateCodePointByte: "beyond the last code point"
    case .overlongEncodingByte: "a longer form than needed"
    case .truncatedScalar: "a character that is cut short"
    default: "not a character"
    }
  }
}

extension Unicode.Scalar {
  /// JSON5's white space beyond ASCII: BOM, the line separators, and category Zs.
  var isSpaceOfJSON5: Bool {
    switch value {
    case 0xFEFF, 0x2028, 0x2029: true
    default: properties.generalCategory == .spaceSeparator
    }
  }
}
