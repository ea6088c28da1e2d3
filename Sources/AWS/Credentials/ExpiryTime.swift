/// The moments at which credentials end: `2026-11-21T05:00:00Z`, with a fraction or an offset too.
enum ExpiryTime {
  /// Seconds since 1970, rounded down; nil for anything else, which is "not known".
  static func seconds(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 20, bytes[4] == 0x2d, bytes[7] == 0x2d, [0x54, 0x20].contains(bytes[10]),
      bytes[13] == 0x3a, bytes[16] == 0x3a, let year = number(bytes[0..<4]),
      let month = number(bytes[5..<7]), (1...12).contains(month),
      let day = number(bytes[8..<10]), (1...31).contains(day), let hour = number(bytes[11..<13]),
      let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
      let offset = offset(bytes[19...])
    else { return nil }
    let days = days(year: year, month: month, day: day)
    return days * 86_400 + hour * 3_600 + minute * 60 + second - offset
  }

  /// Seconds east of Greenwich, behind an optional fraction.
  private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
    var rest = bytes
    if rest.first == 0x2e { rest = rest.dropFirst().drop { (0x30...0x39).contains($0) } }
    if rest.elementsEqual("Z".utf8) || rest.elementsEqual("UTC".utf8) { return 0 }
    guard let sign = rest.popFirst(), sign == 0x2b || sign == 0x2d else { return nil }
    let digits = rest.filter { $0 != 0x3a }
    guard digits.count == 4, let hours = number(digits[0..<2]), let minutes = number(digits[2..<4])
    else { return nil }
    return (sign == 0x2b ? 1 : -1) * (hours * 3_600 + minutes * 60)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
    guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  /// Days since 1970-01-01.
  ///
  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month > 2 ? year : year - 1
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}
