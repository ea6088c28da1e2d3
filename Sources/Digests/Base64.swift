/// Base64 by RFC 4648 section 4, with padding.
///
/// Decoding is strict: every text has one meaning and every meaning one text, so that two copies
/// of an item compare equal exactly when their bytes do.
package enum Base64 {
  package static func text(_ bytes: [UInt8]) -> String {
    String(decoding: encode(bytes), as: UTF8.self)
  }

  package static func encode(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withUnsafeBytes { encode($0) }
  }

  package static func encode(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let length = (bytes.count + 2) / 3 * 4
    return [UInt8](unsafeUninitializedCapacity: length) { target, count in
      alphabet.withUnsafeBufferPointer { digits in
        var source = 0
        var place = 0
        func put(_ value: UInt32) {
          target.initializeElement(at: place, to: digits[Int(value & 63)])
          place += 1
        }
        while source + 2 < bytes.count {
          let group =
            UInt32(bytes[source]) << 16 | UInt32(bytes[source + 1]) << 8 | UInt32(bytes[source + 2])
          put(group >> 18)
          put(group >> 12)
          put(group >> 6)
          put(group)
          source += 3
        }
        let rest = bytes.count - source
        if rest > 0 {
          let second: UInt32 = rest == 2 ? UInt32(bytes[source + 1]) : 0
          let group = UInt32(bytes[source]) << 16 | second << 8
          put(group >> 18)
          put(group >> 12)
          if rest == 2 { put(group >> 6) }
          for _ in rest..<3 {
            target.initializeElement(at: place, to: padding)
            place += 1
          }
        }
      }
      count = length
    }
  }

  package static func decode(_ text: String) -> [UInt8]? { decode(Array(text.utf8)) }

  package static func decode(_ text: [UInt8]) -> [UInt8]? {
    text.withUnsafeBytes { decode($0) }
  }

  /// The bytes, or nil for foreign characters, white space, missing padding or loose last bits.
  package static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count.isMultiple(of: 4) else { return nil }
    guard text.count > 0 else { return [] }
    let padded = text[text.count - 1] != padding ? 0 : text[text.count - 2] != padding ? 1 : 2
    let length = text.count / 4 * 3 - padded
    var isValid = true
    let bytes = [UInt8](unsafeUninitializedCapacity: length + padded) { target, count in
      values.withUnsafeBufferPointer { values in
        var flags: UInt32 = 0
        var place = 0
        for source in stride(from: 0, to: text.count, by: 4) {
          let isLast = source + 4 == text.count
          var group: UInt32 = 0
          for offset in 0..<4 {
            let isPadding = isLast && offset >= 4 - padded
            let value = isPadding ? 0 : values[Int(text[source + offset])]
            flags |= UInt32(value)
            group = group << 6 | UInt32(value & 63)
          }
          target.initializeElement(at: place, to: UInt8(truncatingIfNeeded: group >> 16))
          target.initializeElement(at: place + 1, to: UInt8(truncatingIfNeeded: group >> 8))
          target.initializeElement(at: place + 2, to: UInt8(truncatingIfNeeded: group))
          place += 3
        }
        isValid = flags < UInt32(foreign)
      }
      // Bits after the last byte would be lost, so two texts would mean the same bytes.
      for loose in length..<(length + padded) where target[loose] != 0 { isValid = false }
      count = length
    }
    return isValid ? bytes : nil
  }

  private static let padding = UInt8(ascii: "=")
  private static let foreign: UInt8 = 128
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The six bits that each byte stands for, or `foreign`.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: foreign, count: 256)
    for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()
}
