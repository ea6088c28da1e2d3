import struct Foundation.Date

/// The dates in libcurl's account of a certificate: `Nov 21 00:50:00 2026 GMT`.
enum CertificateDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Answers nil for anything else, which is "not known", never "valid".
  static func parse(_ text: some StringProtocol) -> Date? {
    let parts = text.split(separator: " ")
    guard parts.count == 5, parts[4] == "GMT", let month = months.firstIndex(of: String(parts[0])),
      let day = Int(parts[1]), (1...31).contains(day),
      let year = Int(parts[3]), (1900...9999).contains(year)
    else { return nil }
    let time = parts[2].split(separator: ":").compactMap { Int($0) }
    guard time.count == 3, time.allSatisfy({ (0...60).contains($0) }) else { return nil }
    let seconds = (time[0] * 60 + time[1]) * 60 + time[2]
    let days = days(year: year, month: month + 1, day: day)
    return Date(timeIntervalSince1970: Double(days * 86_400 + seconds))
  }

  /// Days since 1970-01-01 in the Gregorian calendar, counting years from March so that the leap
  /// day comes last.
  static func days(year: Int, month: Int, day: Int) -> Int {
    let year = month > 2 ? year : year - 1
    let era = year / 400
    let yearOfEra = year % 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
