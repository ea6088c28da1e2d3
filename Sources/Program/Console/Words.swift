internal import Glibc
internal import Resources

/// Numbers, spans of time and moments in the words that people use.
enum Words {
  /// `1,234,567`.
  static func count(_ number: Int) -> String {
    var groups: [String] = []
    var rest = String(number.magnitude)
    while rest.count > 3 {
      groups.insert(String(rest.suffix(3)), at: 0)
      rest = String(rest.dropLast(3))
    }
    return (number < 0 ? "-" : "") + ([rest] + groups).joined(separator: ",")
  }

  /// `1 step`, `12 steps`.
  static func count(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(count(number)) \(number == 1 ? noun : plural ?? noun + "s")"
  }

  /// `512 B`, `12.3 MB`: decimal units, as disks and clouds are sold.
  static func bytes(_ number: Int64) -> String {
    guard number >= 1000 else { return "\(number) B" }
    var value = Double(number)
    var unit = ""
    for next in ["kB", "MB", "GB", "TB", "PB"] {
      value /= 1000
      unit = next
      if value < 999.95 { break }
    }
    return "\(decimal(value)) \(unit)"
  }

  /// One digit behind the point.
  static func decimal(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }

  /// `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`.
  static func span(_ duration: Duration) -> String {
    let milliseconds = max(0, duration.wholeMilliseconds)
    let seconds = milliseconds / 1000
    switch seconds {
    case 0..<10: return "\(decimal(Double(milliseconds) / 1000)) s"
    case 10..<60: return "\(seconds) s"
    case 60..<3600: return "\(seconds / 60) min \(padded(seconds % 60)) s"
    case 3600..<86_400: return "\(seconds / 3600) h \(padded(seconds / 60 % 60)) min"
    default: return "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
    }
  }

  static func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// `03:04:05` where the reader is.
  static func clock(_ moment: Timestamp) -> String {
    let parts = civil(moment)
    return [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int64($0)) }
      .joined(separator: ":")
  }

  /// `2026-11-21 03:04:05` where the reader is.
  static func dateAndClock(_ moment: Timestamp) -> String {
    let parts = civil(moment)
    let date = [Int64(parts.tm_year) + 1900, Int64(parts.tm_mon) + 1, Int64(parts.tm_mday)]
    return date.map(padded).joined(separator: "-") + " " + clock(moment)
  }

  private static func civil(_ moment: Timestamp) -> tm {
    var seconds = time_t(moment.milliseconds / 1000)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return parts
  }
}
