/// The number that puts a migration in its place, such as `0007` or `20261121_120000`.
///
/// Orders are equal and compared by their number, however many zeros stand in front: `7` is `0007`.
package struct MigrationOrder: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// As it was written.
  package let text: String
  /// Its digits without zeros in front; a zero for nothing but zeros.
  package let digits: String

  /// More digits than any numbering of days and times takes.
  private static let digitsMax = 38

  /// Nil unless the text is digits, or a date and a time with `_` between.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    let parts = bytes.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isDigit) }) else { return nil }
    guard parts.count == 1 || (parts.count == 2 && Self.isMoment(parts[0], parts[1])) else {
      return nil
    }
    let whole = parts.flatMap(\.self)
    guard whole.count <= Self.digitsMax else { return nil }
    let significant = whole.drop { $0 == UInt8(ascii: "0") }
    self.text = text
    digits = significant.isEmpty ? "0" : String(decoding: significant, as: UTF8.self)
  }

  private static func isMoment(_ date: ArraySlice<UInt8>, _ time: ArraySlice<UInt8>) -> Bool {
    date.count == dateDigits && time.count == timeDigits
  }

  private static let dateDigits = 8
  private static let timeDigits = 6

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// The order at the beginning of a name and what stands behind it and its separator, as in
  /// `20261121_120000_split-assets`; nil when there is none.
  package static func split(_ text: String, separators: String) -> (MigrationOrder, String)? {
    let bytes = Array(text.utf8)
    var end = bytes.firstIndex { !isDigit($0) } ?? bytes.count
    if end == dateDigits, end < bytes.count, bytes[end] == UInt8(ascii: "_") {
      let rest = bytes[(end + 1)...]
      let time = rest.prefix { isDigit($0) }
      if time.count == timeDigits { end += 1 + timeDigits }
    }
    guard end < bytes.count - 1, separators.utf8.contains(bytes[end]),
      let order = MigrationOrder(String(decoding: bytes[..<end], as: UTF8.self))
    else { return nil }
    return (order, String(decoding: bytes[(end + 1)...], as: UTF8.self))
  }

  package static func == (a: Self, b: Self) -> Bool { a.digits.utf8.elementsEqual(b.digits.utf8) }

  package func hash(into hasher: inout Hasher) {
    for byte in digits.utf8 { hasher.combine(byte) }
  }

  package static func < (a: Self, b: Self) -> Bool {
    let (left, right) = (a.digits.utf8, b.digits.utf8)
    return left.count == right.count
      ? left.lexicographicallyPrecedes(right) : left.count < right.count
  }

  package var description: String { text }
}
