/// The name of an object in a bucket: bytes, since stores keep apart what Unicode merges.
///
/// Coded as text, in which bytes that are not UTF-8, control characters and `%` are
/// percent-escaped.
package struct ObjectKey: Hashable, Sendable, Comparable {
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }
  package init(_ text: String) { bytes = Array(text.utf8) }

  package static func < (a: ObjectKey, b: ObjectKey) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }

  /// Readable and reversible.
  package var text: String {
    if bytes.allSatisfy({ $0 >= 32 && $0 < 127 && $0 != 37 }) {
      return String(decoding: bytes, as: UTF8.self)
    }
    let isText = String(validating: bytes, as: UTF8.self) != nil
    var escaped: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in bytes {
      if byte < 32 || byte == 127 || byte == 37 || (byte > 127 && !isText) {
        escaped += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      } else {
        escaped.append(byte)
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }

  /// Reads what ``text`` wrote.
  package init?(escaped text: String) {
    var bytes: [UInt8] = []
    var input = Array(text.utf8)[...]
    while let byte = input.popFirst() {
      guard byte == 37 else {
        bytes.append(byte)
        continue
      }
      guard input.count >= 2,
        let value = UInt8(String(decoding: input.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      input = input.dropFirst(2)
    }
    self.bytes = bytes
  }
}

extension ObjectKey: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let key = ObjectKey(escaped: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "bad object key")
    }
    self = key
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
