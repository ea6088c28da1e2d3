/// A moment as signatures write it: `20260102T030405Z`.
struct SigningTime {
  let text: String
  /// The date alone: `20260102`.
  var day: String { String(text.prefix(8)) }

  /// `seconds` since 1970-01-01T00:00:00Z.
  ///
  /// Source of the calendar: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  init(_ seconds: Int64) {
    let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let second = seconds - days * 86_400
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let marchMonth = (5 * dayOfYear + 2) / 153
    let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let date = [(year, 4), (month, 2), (dayOfYear - (153 * marchMonth + 2) / 5 + 1, 2)]
    let time = [(second / 3600, 2), (second / 60 % 60, 2), (second % 60, 2)]
    text = date.map(Self.padded).joined() + "T" + time.map(Self.padded).joined() + "Z"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
