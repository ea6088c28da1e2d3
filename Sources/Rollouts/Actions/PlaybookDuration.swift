/// A duration as playbooks write it: `500ms`, `90s`, `15m`, `36h`, `2w`, `1h30m`.
package struct PlaybookDuration: Hashable, Sendable, Codable {
  package let text: String
  package let duration: Duration

  /// Longer than any rollout; keeps sums from overflowing.
  private static let daysMax: Int64 = 3660

  private static let units: [(name: String, milliseconds: Int64)] = [
    ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ("w", 604_800_000),
  ]

  package init?(_ text: String) {
    var total: Int64 = 0
    var rest = Substring(text)
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      let letters = rest.prefix { $0.isLetter }
      rest = rest.dropFirst(letters.count)
      guard digits.count <= 12, let number = Int64(digits),
        let unit = Self.units.first(where: { $0.name == letters })
      else { return nil }
      let (part, isPartTooBig) = number.multipliedReportingOverflow(by: unit.milliseconds)
      let (sum, isSumTooBig) = total.addingReportingOverflow(part)
      guard !isPartTooBig, !isSumTooBig, sum <= Self.daysMax * 86_400_000 else { return nil }
      total = sum
    }
    self.text = text
    duration = .milliseconds(total)
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = Self(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "bad duration")
    }
    self = value
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}
