/// The one text of a decimal number: `12.50`, `1.25e1` and `012.5` are all `12.5`.
///
/// Numbers stay text from end to end; nothing is rounded. This is how DynamoDB compares numbers: by
/// value, whatever they were written like.
package enum DecimalText {
  /// The longest text that is written out in plain digits: DynamoDB's range is 10^-130 to 10^126.
  private static let plainMax = 200

  /// The text that all texts of the same value share; what is no such number stays as it is.
  package static func canonical(_ text: [UInt8]) -> [UInt8] {
    if isCanonical(text.span) { return text }
    guard let parts = Parts(text) else { return text }
    return parts.plain(longest: plainMax) ?? text
  }

  /// Whether the text is the canonical one; no for numbers that are too long to be written out.
  static func isCanonical(_ bytes: Span<UInt8>) -> Bool {
    var index = 0
    let count = bytes.count
    func isDigit(_ place: Int) -> Bool { place < count && bytes[place] &- 48 < 10 }
    let isNegative = count > 0 && bytes[0] == UInt8(ascii: "-")
    if isNegative { index = 1 }
    guard isDigit(index), count <= plainMax else { return false }
    let startsWithZero = bytes[index] == UInt8(ascii: "0")
    index += 1
    if startsWithZero {
      if index == count { return !isNegative }
    } else {
      while isDigit(index) { index += 1 }
    }
    if index == count { return true }
    guard bytes[index] == UInt8(ascii: ".") else { return false }
    index += 1
    guard isDigit(index) else { return false }
    while isDigit(index) { index += 1 }
    return index == count && bytes[count - 1] != UInt8(ascii: "0")
  }

  /// Significant digits and where the point stands among them.
  private struct Parts {
    var isNegative = false
    var digits: [UInt8] = []
    /// How many of the digits stand before the point; may be negative or beyond them.
    var point = 0

    init?(_ text: [UInt8]) {
      var rest = text[...]
      if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        isNegative = sign == UInt8(ascii: "-")
        rest.removeFirst()
      }
      let whole = rest.prefix { $0 &- 48 < 10 }
      rest = rest.dropFirst(whole.count)
      var fraction: ArraySlice<UInt8> = []
      if rest.first == UInt8(ascii: ".") {
        fraction = rest.dropFirst().prefix { $0 &- 48 < 10 }
        rest = rest.dropFirst(1 + fraction.count)
      }
      guard !whole.isEmpty || !fraction.isEmpty else { return nil }
      var exponent = 0
      if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
        guard let number = Int(String(decoding: rest.dropFirst(), as: UTF8.self)),
          abs(number) < 100_000
        else { return nil }
        exponent = number
        rest = []
      }
      guard rest.isEmpty else { return nil }
      digits = Array(whole + fraction)
      point = whole.count + exponent
      let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
      digits.removeFirst(zeros)
      point -= zeros
      while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    }

    func plain(longest: Int) -> [UInt8]? {
      if digits.isEmpty { return [UInt8(ascii: "0")] }
      guard max(point, digits.count, digits.count - point) + 3 <= longest else { return nil }
      let zero = UInt8(ascii: "0")
      var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
      if point <= 0 {
        text += [zero, UInt8(ascii: ".")]
        text += repeatElement(zero, count: -point)
        text += digits
      } else {
        text += digits.prefix(point)
        text += repeatElement(zero, count: max(0, point - digits.count))
        if digits.count > point {
          text.append(UInt8(ascii: "."))
          text += digits.dropFirst(point)
        }
      }
      return text
    }
  }
}
