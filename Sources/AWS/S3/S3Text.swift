import Digests
import Resources

/// The small notations that S3 uses in paths, headers and XML.
enum S3Text {
  private static let hex = Array("0123456789ABCDEF".utf8)

  /// A key as the path of a URL: every byte but letters, digits, `-._~` and `/` escaped.
  static func escapedPath(_ key: [UInt8]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(key.count + 16)
    for byte in key {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e, 0x2f: bytes.append(byte)
      case _:
        bytes.append(0x25)
        bytes.append(hex[Int(byte >> 4)])
        bytes.append(hex[Int(byte & 15)])
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Undoes `encoding-type=url`, where a plus sign is a space; nil for a broken escape.
  static func unescaped(_ text: some Collection<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count)
    var rest = text.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case 0x2b: bytes.append(0x20)
      case 0x25:
        guard let high = rest.next(), let low = rest.next(),
          let value = Hex.decode([high, low])
        else { return nil }
        bytes.append(value[0])
      case _: bytes.append(byte)
      }
    }
    return bytes
  }

  /// Text as the content of an XML element; nil for what XML 1.0 cannot say.
  static func xml(_ bytes: [UInt8]) -> String? {
    var escaped: [UInt8] = []
    for byte in bytes {
      switch byte {
      case 0x26: escaped += Array("&amp;".utf8)
      case 0x3c: escaped += Array("&lt;".utf8)
      case 0x3e: escaped += Array("&gt;".utf8)
      case 0x22: escaped += Array("&quot;".utf8)
      case 0x09, 0x0a, 0x0d: escaped += Array("&#\(byte);".utf8)
      case 0..<0x20: return nil
      case _: escaped.append(byte)
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }

  /// A header value in which a store puts user metadata, by RFC 2047 where it is not plain ASCII.
  static func headerValue(_ text: String) -> String {
    let bytes = Array(text.utf8)
    let isPlain = bytes.allSatisfy { (0x20...0x7e).contains($0) }
    let isTrimmed =
      bytes.first != 0x20 && bytes.last != 0x20 && !text.contains("  ") && !text.contains("=?")
    if isPlain && isTrimmed { return text }
    return "=?UTF-8?B?\(Base64.text(bytes))?="
  }

  /// What ``headerValue(_:)`` or the service made of a text.
  static func text(ofHeader value: String) -> String {
    guard value.contains("=?") else { return value }
    var text: [UInt8] = []
    var rest = Array(value.utf8)[...]
    var isAfterWord = false
    while !rest.isEmpty {
      if let word = encodedWord(&rest) {
        text += word
        isAfterWord = true
        continue
      }
      let byte = rest.removeFirst()
      // White space between two encoded words is not part of the text.
      if isAfterWord, byte == 0x20, rest.starts(with: "=?".utf8) { continue }
      isAfterWord = false
      text.append(byte)
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func encodedWord(_ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
    guard rest.starts(with: "=?".utf8) else { return nil }
    let parts = rest.dropFirst(2).split(
      separator: 0x3f, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4, parts[3].first == 0x3d,
      String(decoding: parts[0], as: UTF8.self).lowercased() == "utf-8"
    else { return nil }
    let decoded: [UInt8]?
    switch parts[1] {
    case [0x42], [0x62]: decoded = Base64.decode(Array(parts[2]))
    case [0x51], [0x71]: decoded = quoted(parts[2])
    case _: decoded = nil
    }
    guard let decoded else { return nil }
    rest = parts[3].dropFirst()
    return decoded
  }

  private static func quoted(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      switch byte {
      case 0x5f: bytes.append(0x20)
      case 0x3d:
        guard let value = Hex.decode(rest.prefix(2)), value.count == 1 else { return nil }
        bytes.append(value[0])
        rest = rest.dropFirst(2)
      case _: bytes.append(byte)
      }
    }
    return bytes
  }
}
