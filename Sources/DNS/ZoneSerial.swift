import Resources

/// Serial numbers of zones: 32 bits that wrap around (RFC 1982).
enum ZoneSerial {
  /// The serial after this one, on this day.
  ///
  /// A serial written as a date (`2026112103`: the fourth change of that day) becomes the first one
  /// of today, unless that would not be an increase. Zero is left out: some servers take it as none.
  static func next(after serial: UInt32, at moment: Timestamp) -> UInt32 {
    if isDate(serial) {
      let today = first(of: moment)
      if today > serial { return today }
    }
    let next = serial &+ 1
    return next == 0 ? 1 : next
  }

  /// Whether `right` comes after `left`.
  static func isIncrease(from left: UInt32, to right: UInt32) -> Bool {
    let step = right &- left
    return step != 0 && step < 1 << 31
  }

  private static func isDate(_ serial: UInt32) -> Bool {
    let day = serial / 100 % 100
    let month = serial / 10_000 % 100
    let year = serial / 1_000_000
    return (1_980...2_147).contains(year) && (1...12).contains(month) && (1...31).contains(day)
  }

  /// The day of the moment in UTC, with two zeros.
  private static func first(of moment: Timestamp) -> UInt32 {
    // RFC 3339: the first ten bytes are the date.
    let digits = moment.description.utf8.prefix(10).filter { (0x30...0x39).contains($0) }
    let date = digits.reduce(UInt64(0)) { $0 * 10 + UInt64($1 - 0x30) }
    return UInt32(clamping: date * 100)
  }
}
