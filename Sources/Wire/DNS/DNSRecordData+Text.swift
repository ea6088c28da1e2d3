import Digests
import Glibc

extension DNSRecordData {
  /// Reads data in text form, such as `10 mail.example.test.`; also `\# 4 c0000201` (RFC 3597).
  ///
  /// Names without a final dot continue with the origin.
  package init(
    type: DNSType, tokens: [DNSToken], origin: DNSName = .root
  ) throws(DNSTextError) {
    if let first = tokens.first, !first.isQuoted, first.raw.elementsEqual("\\#".utf8) {
      try self.init(generic: tokens.dropFirst(), type: type)
      return
    }
    guard let layout = DNSField.layout(of: type) else {
      throw DNSTextError("data of type \(type) can only be given as '\\# length hexadecimal'")
    }
    var data: [UInt8] = []
    var rest = tokens[...]
    for field in layout {
      guard !rest.isEmpty else { throw DNSTextError("data of type \(type) is incomplete") }
      data += try Self.read(field, from: &rest, origin: origin)
    }
    guard rest.isEmpty else { throw DNSTextError("data of type \(type) has too many fields") }
    guard data.count <= Self.bytesMax else {
      throw DNSTextError("data of \(data.count) bytes is longer than \(Self.bytesMax)")
    }
    self.init(checked: data, type: type)
  }

  package init(type: DNSType, text: String, origin: DNSName = .root) throws(DNSTextError) {
    try self.init(type: type, tokens: DNSToken.split(text), origin: origin)
  }

  /// The text form, with names absolute, and strings quoted.
  package var text: String {
    guard DNSField.layout(of: type) != nil, !bytes.isEmpty else {
      return bytes.isEmpty ? "\\# 0" : "\\# \(bytes.count) \(Hex.text(bytes))"
    }
    var words: [String] = []
    visit { words += Self.words($0, $1) }
    return words.joined(separator: " ")
  }

  private init(generic tokens: ArraySlice<DNSToken>, type: DNSType) throws(DNSTextError) {
    let digits = tokens.dropFirst().flatMap(\.raw)
    guard let length = tokens.first.flatMap({ Int(String(decoding: $0.raw, as: UTF8.self)) }),
      let bytes = Hex.decode(digits), bytes.count == length, length <= Self.bytesMax
    else {
      throw DNSTextError("'\\#' must be followed by the number of bytes and their digits")
    }
    do throws(DNSMessageError) {
      try self.init(type: type, bytes: bytes)
    } catch {
      throw DNSTextError(error.description)
    }
  }

  private static func read(
    _ field: DNSField, from rest: inout ArraySlice<DNSToken>, origin: DNSName
  ) throws(DNSTextError) -> [UInt8] {
    switch field {
    case .strings:
      var data: [UInt8] = []
      while let token = rest.popFirst() { data += try string(token) }
      return data
    case .hex:
      let digits = rest.flatMap(\.raw)
      rest = []
      guard let bytes = Hex.decode(digits), !bytes.isEmpty else {
        throw DNSTextError("'\(String(decoding: digits, as: UTF8.self))' is not hexadecimal")
      }
      return bytes
    case .name, .number8, .number16, .number32, .seconds, .address4, .address6, .string, .text:
      guard let token = rest.popFirst() else { return [] }
      return try read(field, from: token, origin: origin)
    }
  }

  private static func read(
    _ field: DNSField, from token: DNSToken, origin: DNSName
  ) throws(DNSTextError) -> [UInt8] {
    let text = String(decoding: token.raw, as: UTF8.self)
    switch field {
    case .name:
      if token.raw.elementsEqual("@".utf8) { return origin.wire }
      return try DNSName(text: token.raw, origin: origin).wire
    case .number8: return try number(text, UInt8.self)
    case .number16: return try number(text, UInt16.self)
    case .number32: return try number(text, UInt32.self)
    case .seconds:
      guard let seconds = DNSSeconds.parse(token.raw) else {
        throw DNSTextError("'\(text)' is not a number of seconds")
      }
      return withUnsafeBytes(of: seconds.bigEndian, Array.init)
    case .address4: return try address(text, AF_INET, byteCount: 4)
    case .address6: return try address(text, AF_INET6, byteCount: 16)
    case .string, .strings: return try string(token)
    case .text, .hex: return try token.unescaped()
    }
  }

  private static func number<Number: FixedWidthInteger & UnsignedInteger>(
    _ text: String, _ type: Number.Type
  ) throws(DNSTextError) -> [UInt8] {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Number(text) else {
      throw DNSTextError("'\(text)' is not a number from 0 to \(Number.max)")
    }
    return withUnsafeBytes(of: number.bigEndian, Array.init)
  }

  private static func address(
    _ text: String, _ family: Int32, byteCount: Int
  ) throws(DNSTextError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    guard !text.utf8.contains(0), inet_pton(family, text, &bytes) == 1 else {
      throw DNSTextError("'\(text)' is not an \(family == AF_INET ? "IPv4" : "IPv6") address")
    }
    return bytes
  }

  private static func string(_ token: DNSToken) throws(DNSTextError) -> [UInt8] {
    let bytes = try token.unescaped()
    guard bytes.count <= 255 else {
      throw DNSTextError("a string of \(bytes.count) bytes is longer than 255; split it")
    }
    return [UInt8(bytes.count)] + bytes
  }

  private static func words(_ field: DNSField, _ bytes: ArraySlice<UInt8>) -> [String] {
    switch field {
    case .name: return [DNSName(checked: Array(bytes)).description]
    case .number8, .number16, .number32, .seconds:
      return [String(bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })]
    case .address4: return [address(bytes, AF_INET)]
    case .address6: return [address(bytes, AF_INET6)]
    case .string:
      let isWord = bytes.count > 1 && bytes.dropFirst().allSatisfy(Self.isLetterOrDigit)
      let text = bytes.dropFirst()
      return [isWord ? String(decoding: text, as: UTF8.self) : quoted(text)]
    case .strings:
      var words: [String] = []
      var rest = bytes
      while let length = rest.popFirst() {
        words.append(quoted(rest.prefix(Int(length))))
        rest = rest.dropFirst(Int(length))
      }
      return words
    case .text: return [quoted(bytes)]
    case .hex: return [Hex.text(Array(bytes))]
    }
  }

  private static func address(_ bytes: ArraySlice<UInt8>, _ family: Int32) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let written = inet_ntop(family, Array(bytes), &text, socklen_t(text.count))
    precondition(written != nil, "an address of \(bytes.count) bytes has no text")
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
  }

  private static func quoted(_ bytes: ArraySlice<UInt8>) -> String {
    var text = [UInt8(ascii: "\"")]
    for byte in bytes { DNSEscape.write(byte, to: &text, special: DNSEscape.specialInStrings) }
    text.append(UInt8(ascii: "\""))
    return String(decoding: text, as: UTF8.self)
  }
}
