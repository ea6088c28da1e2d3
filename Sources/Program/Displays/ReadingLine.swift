internal import Resources
internal import Rollouts

/// A reading in words: bar, counts, bytes, rate, time left, or why nothing moves.
enum ReadingLine {
  /// `bar` is the number of columns for a bar, if there is room for one.
  static func line(_ reading: Pace.Reading, rate: Rate?, bar: Int?, now: Timestamp) -> Line {
    if let reason = reading.waitingFor { return wait(reason, reading.until, now) }
    var parts: [Line] = []
    if let bar, let fraction = fraction(reading) { parts.append(drawn(fraction, columns: bar)) }
    if let fraction = fraction(reading) { parts.append("\(Int(fraction * 100)) %") }
    if reading.done > 0 || reading.total != nil { parts.append(counts(reading)) }
    if reading.bytes > 0 { parts.append(bytes(reading)) }
    if let speed = rate?.itemsPerSecond, speed >= 0.05, reading.done > 0 {
      parts.append(Line("\(perSecond(speed))/s", .faint))
    } else if let speed = rate?.bytesPerSecond, speed >= 1 {
      parts.append(Line("\(Words.bytes(Int64(speed)))/s", .faint))
    }
    if let left = rate?.left, fraction(reading) ?? 1 < 1 {
      parts.append(Line("\(Words.span(left)) left", .faint))
    }
    return parts.reduce(Line.empty) { $0.spans.isEmpty ? $1 : $0 + "  \($1)" }
  }

  private static func wait(_ reason: String, _ until: Timestamp?, _ now: Timestamp) -> Line {
    guard let until else { return "\("waits", .warning) for \(reason)" }
    let isToday = until - now < .seconds(12 * 3600)
    let moment = isToday ? Words.clock(until) : Words.dateAndClock(until)
    return "\("waits", .warning) for \(reason), until \(moment)"
      + "\(", \(Words.span(until - now)) left", .faint)"
  }

  private static func fraction(_ reading: Pace.Reading) -> Double? {
    if let total = reading.total, total > 0 {
      return min(1, Double(reading.done) / Double(total))
    }
    if let total = reading.bytesTotal, total > 0 {
      return min(1, Double(reading.bytes) / Double(total))
    }
    return nil
  }

  private static func drawn(_ fraction: Double, columns: Int) -> Line {
    let full = Int((fraction * Double(columns)).rounded(.down))
    return "\(String(repeating: "█", count: full), .good)"
      + "\(String(repeating: "░", count: columns - full), .faint)"
  }

  private static func counts(_ reading: Pace.Reading) -> Line {
    let unit = reading.unit.isEmpty ? "" : " \(reading.unit)"
    guard let total = reading.total else { return "\(Words.count(reading.done))\(unit)" }
    return "\(Words.count(reading.done)) of \(Words.count(total))\(unit)"
  }

  private static func bytes(_ reading: Pace.Reading) -> Line {
    guard let total = reading.bytesTotal else { return Line(Words.bytes(reading.bytes)) }
    return "\(Words.bytes(reading.bytes)) of \(Words.bytes(total))"
  }

  private static func perSecond(_ speed: Double) -> String {
    speed < 10 ? Words.decimal(speed) : Words.count(Int(min(speed, 1e15)))
  }
}
