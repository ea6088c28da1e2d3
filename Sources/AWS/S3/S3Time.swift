import Resources

/// Reads the two notations of time that S3 answers with; nil for anything else.
enum S3Time {
  /// `2026-11-21T03:04:05.678Z` of listings.
  static func listed(_ text: some Collection<UInt8>) -> Timestamp? {
    let bytes = Array(text)
    guard bytes.count >= 19, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] == 0x54,
      let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
      let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]),
      let minute = number(bytes[14..<16]), let second = number(bytes[17..<19])
    else { return nil }
    var milliseconds: Int64 = 0
    if bytes.count > 20, bytes[19] == 0x2e {
      let digits = bytes[20...].prefix { (0x30...0x39).contains($0) }.prefix(3)
      milliseconds = number(digits) ?? 0
      for _ in digits.count..<3 { milliseconds *= 10 }
    }
    return moment(year, month, day, hour, minute, second, milliseconds)
  }

  /// `Sat, 21 Nov 2026 03:04:05 GMT` of headers.
  static func header(_ text: String) -> Timestamp? {
    let words = text.utf8.split(separator: 0x20)
    guard words.count >= 5, let day = number(words[1]), let year = number(words[3]),
      let month = months.firstIndex(of: String(decoding: words[2], as: UTF8.self).lowercased())
    else { return nil }
    let time = words[4].split(separator: 0x3a).compactMap { number($0) }
    guard time.count == 3 else { return nil }
    return moment(year, Int64(month) + 1, day, time[0], time[1], time[2], 0)
  }

  private static let months = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
  ]

  private static func number(_ digits: some Collection<UInt8>) -> Int64? {
    var value: Int64 = 0
    for byte in digits {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + Int64(byte - 0x30)
    }
    return digits.isEmpty || digits.count > 9 ? nil : value
  }

  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
  private static func moment(
    _ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int64, _ minute: Int64, _ second: Int64,
    _ milliseconds: Int64
  ) -> Timestamp? {
    guard (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else {
      return nil
    }
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let days = era * 146_097 + dayOfEra - 719_468
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
    return Timestamp(milliseconds: seconds * 1000 + milliseconds)
  }
}
