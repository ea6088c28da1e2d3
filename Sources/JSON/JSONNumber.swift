/// What can be asked of a number that is kept as text.
package enum JSONNumber {
  /// More digits than an `Int` has, so that `1e999999999` is refused without being written out.
  private static let exponentMax = 20

  /// The exact whole number that the text means, as `1e3` means 1000; nil if it has a fraction
  /// or does not fit.
  package static func integer<I: FixedWidthInteger>(_ text: String, as type: I.Type = Int.self)
    -> I?
  {
    if let plain = I(text) { return plain }
    let parts = text.split(
      omittingEmptySubsequences: false, whereSeparator: { $0 == "e" || $0 == "E" })
    guard parts.count <= 2, let mantissa = parts.first else { return nil }
    guard let exponent = parts.count == 2 ? Int(parts[1]) : 0 else { return nil }
    let halves = mantissa.split(separator: ".", omittingEmptySubsequences: false)
    guard halves.count <= 2, let whole = halves.first else { return nil }
    var fraction = halves.count == 2 ? String(halves[1]) : ""
    while fraction.hasSuffix("0") { fraction.removeLast() }
    var digits = String(whole) + fraction
    var shift = exponent - fraction.count
    while shift < 0, digits.hasSuffix("0"), digits.count > 1 {
      digits.removeLast()
      shift += 1
    }
    if digits.allSatisfy({ $0 == "0" || $0 == "-" }) { return 0 }
    guard shift >= 0, shift <= exponentMax else { return nil }
    return I(digits + String(repeating: "0", count: shift))
  }

  /// Whether the text is a number of RFC 8259, which is what writers may put out.
  package static func isValid(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var scanner = JSONScanner()
    return (try? scanner.skipNumber(in: bytes.span)) != nil && scanner.offset == bytes.count
  }
}
