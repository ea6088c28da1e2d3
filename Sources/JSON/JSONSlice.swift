/// Where the content of a string stands, still escaped.
package struct JSONSlice: Hashable, Sendable {
  package let range: Range<Int>
  package let hasEscapes: Bool

  package init(range: Range<Int>, hasEscapes: Bool) {
    self.range = range
    self.hasEscapes = hasEscapes
  }

  /// Whether the content is exactly this text; allocates only if it holds escapes.
  package func equals(_ text: StaticString, in bytes: Span<UInt8>) -> Bool {
    if hasEscapes { return self.text(in: bytes)?.hasSameBytes(as: "\(text)") ?? false }
    guard range.count == text.utf8CodeUnitCount, range.upperBound <= bytes.count else {
      return false
    }
    for index in 0..<range.count
    where text.utf8Start[index] != bytes[range.lowerBound + index] { return false }
    return true
  }

  /// The unescaped text; nil if the bytes are not UTF-8 or hold half of a surrogate pair.
  package func text(in bytes: Span<UInt8>) -> String? {
    guard hasEscapes else {
      return String(validating: bytes.copy(range), as: UTF8.self)
    }
    let quoted = [UInt8(ascii: "\"")] + bytes.copy(range) + [UInt8(ascii: "\"")]
    guard let value = try? JSONValue(reading: quoted), case .string(let text) = value else {
      return nil
    }
    return text
  }
}

extension Span<UInt8> {
  /// The bytes of a range as an array of their own.
  package func copy(_ range: Range<Int>) -> [UInt8] {
    extracting(range).withUnsafeBufferPointer { Array($0) }
  }
}
