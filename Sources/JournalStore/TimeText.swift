internal import Resources

/// Moments as the journal keeps them: RFC 3339 in UTC with milliseconds.
enum TimeText {
  /// The text of a moment; the years 0000 to 9999 have one.
  static func text(_ moment: Timestamp) throws(JournalStoreError) -> String {
    guard (Self.earliest...Self.latest).contains(moment.milliseconds) else {
      throw .unstorable("the moment \(moment.milliseconds) ms is outside the years 0000 to 9999")
    }
    return moment.description
  }

  static func moment(_ text: String) throws(JournalStoreError) -> Timestamp {
    var text = text
    guard let moment = text.withUTF8({ read(UnsafeRawBufferPointer($0)) }) else {
      throw .damaged("'\(text)' is not a moment such as 2026-11-21T03:04:05.678Z")
    }
    return moment
  }

  static func moment(ifAny text: String?) throws(JournalStoreError) -> Timestamp? {
    guard let text else { return nil }
    return try moment(text)
  }

  static func isUnreadable(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { read(UnsafeRawBufferPointer($0)) } == nil
  }

  /// Reads exactly the form that is written, or gives nil.
  static func read(_ bytes: UnsafeRawBufferPointer) -> Timestamp? {
    guard bytes.count == 24 else { return nil }
    for (index, mark) in [
      (4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":"), (19, "."), (23, "Z"),
    ]
      as [(Int, Unicode.Scalar)]
    where bytes[index] != UInt8(ascii: mark) { return nil }
    guard let year = number(bytes, 0..<4), let month = number(bytes, 5..<7),
      let day = number(bytes, 8..<10), let hour = number(bytes, 11..<13),
      let minute = number(bytes, 14..<16), let second = number(bytes, 17..<19),
      let millisecond = number(bytes, 20..<23),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
    else { return nil }
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second
    return Timestamp(milliseconds: seconds * 1000 + millisecond)
  }

  private static let earliest: Int64 = -62_167_219_200_000
  private static let latest: Int64 = 253_402_300_799_999

  private static func number(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int64? {
    var value: Int64 = 0
    for index in range {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      value = value * 10 + Int64(digit)
    }
    return value
  }

  /// Days from 1970 to a date of the proleptic Gregorian calendar.
  ///
  /// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }
}
