/// A name that equals another only if their UTF-8 bytes do.
///
/// Swift's `String` merges canonically equivalent texts, which stores keep apart; names of keys,
/// steps and parameters are therefore put into sets and dictionaries as this.
package struct UTF8Key: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let text: String

  package init(_ text: String) { self.text = text }

  package static func == (left: Self, right: Self) -> Bool {
    left.text.hasSameBytes(as: right.text)
  }

  package static func < (left: Self, right: Self) -> Bool { left.text.precedesInBytes(right.text) }

  package func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }

  package var description: String { text }
}

extension String {
  /// Whether the UTF-8 bytes are the same, which is stricter than `==`.
  package func hasSameBytes(as other: String) -> Bool {
    utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8)
  }

  /// Whether this comes before the other when bytes are compared.
  package func precedesInBytes(_ other: String) -> Bool {
    utf8.lexicographicallyPrecedes(other.utf8)
  }

  func hashBytes(into hasher: inout Hasher) {
    var text = self
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    // Keeps "ab", "c" apart from "a", "bc" when several texts are hashed in a row.
    hasher.combine(0xFF as UInt8)
  }
}
