/// The dates of HTTP headers, as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
///
/// The two older forms, which nobody may send any more, are understood too.
package enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Seconds since 1970; nil for anything else.
  package static func seconds(_ text: String) -> Int64? {
    let words = text.split { $0 == " " || $0 == "," || $0 == "-" }.map(String.init)
    switch words.count {
    case 6 where words[5] == "GMT":
      return moment(year: words[3], month: words[2], day: words[1], time: words[4])
    case 5: return moment(year: words[4], month: words[1], day: words[2], time: words[3])
    case _: return nil
    }
  }

  private static func moment(
    year: String, month: String, day: String, time: String
  ) -> Int64? {
    guard let day = Int64(day), (1...31).contains(day), let month = months.firstIndex(of: month),
      let number = Int64(year), (0...9999).contains(number)
    else { return nil }
    // Of two digits, those from 1970 on are the last century's.
    let year = number > 99 ? number : number < 70 ? 2000 + number : 1900 + number
    let clock = time.split(separator: ":").compactMap { Int64($0) }
    guard clock.count == 3, clock.allSatisfy({ (0...60).contains($0) }) else { return nil }
    let days = days(year: year, month: Int64(month) + 1, day: day)
    return days * 86_400 + (clock[0] * 60 + clock[1]) * 60 + clock[2]
  }

  /// Days since 1970-01-01; years are counted from March, so that the leap day comes last.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month > 2 ? year : year - 1
    let yearOfEra = year % 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return year / 400 * 146_097 + dayOfEra - 719_468
  }
}
