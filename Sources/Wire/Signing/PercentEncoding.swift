/// Percent-encoding by RFC 3986: all but letters, digits and `-._~` is escaped, in capitals.
package enum PercentEncoding {
  private static let digits = Array("0123456789ABCDEF".utf8)

  /// `keeping` names further bytes to leave alone, such as `/` in a path.
  package static func escape(_ text: String, keeping: String = "") -> String {
    if keeping.isEmpty, text.utf8.allSatisfy(isPlain) { return text }
    var bytes: [UInt8] = []
    append(text.utf8, to: &bytes, keeping: Array(keeping.utf8))
    return String(decoding: bytes, as: UTF8.self)
  }

  static func append(
    _ text: some Sequence<UInt8>, to bytes: inout [UInt8], keeping: [UInt8] = []
  ) {
    for byte in text {
      if isPlain(byte) || keeping.contains(byte) {
        bytes.append(byte)
      } else {
        bytes.append(UInt8(ascii: "%"))
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
      }
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: true
    default: false
    }
  }
}
