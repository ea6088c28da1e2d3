/// A moment as signatures write it: `20260102T030405Z`.
struct SigningTime {
  let bytes: [UInt8]
  /// The date alone: `20260102`.
  var day: ArraySlice<UInt8> { bytes.prefix(8) }
  var text: String { String(decoding: bytes, as: UTF8.self) }

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
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16)
    func put(_ number: Int64) {
      bytes.append(UInt8(truncatingIfNeeded: 0x30 + number / 10 % 10))
      bytes.append(UInt8(truncatingIfNeeded: 0x30 + number % 10))
    }
    put(year / 100)
    put(year % 100)
    put(month)
    put(dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    bytes.append(UInt8(ascii: "T"))
    put(second / 3600)
    put(second / 60 % 60)
    put(second % 60)
    bytes.append(UInt8(ascii: "Z"))
    self.bytes = bytes
  }
}
