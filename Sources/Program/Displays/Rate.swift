internal import Resources
internal import Rollouts

/// How fast a step moves, over the last seconds.
struct Rate: Sendable {
  private struct Sample {
    let at: Timestamp
    let done: Int
    let bytes: Int64
  }

  /// Long enough to be calm, short enough to follow.
  private static let window: Duration = .seconds(8)
  private static let samplesMax = 64
  /// Readings closer together than this say nothing new about speed.
  private static let spacing: Duration = .milliseconds(125)

  private var samples: [Sample] = []
  private(set) var last: Pace.Reading?

  mutating func note(_ reading: Pace.Reading, at now: Timestamp) {
    last = reading
    if let newest = samples.last {
      // What starts over is measured anew.
      if reading.done < newest.done || reading.bytes < newest.bytes || now < newest.at {
        samples = []
      } else if now < newest.at + Self.spacing {
        return
      }
    }
    samples.append(Sample(at: now, done: reading.done, bytes: reading.bytes))
    let oldest = now + (.zero - Self.window)
    samples.removeAll { $0.at < oldest }
    if samples.count > Self.samplesMax { samples.removeFirst() }
  }

  /// Items in a second; nil until it can be told.
  var itemsPerSecond: Double? { slope { Double($0.done) } }

  var bytesPerSecond: Double? { slope { Double($0.bytes) } }

  /// The time left at this speed.
  var left: Duration? {
    guard let reading = last else { return nil }
    if let total = reading.total, total >= reading.done, let speed = itemsPerSecond, speed > 0 {
      return .milliseconds(Int64(Double(total - reading.done) / speed * 1000))
    }
    if let total = reading.bytesTotal, total >= reading.bytes, let speed = bytesPerSecond, speed > 0
    {
      return .milliseconds(Int64(Double(total - reading.bytes) / speed * 1000))
    }
    return nil
  }

  private func slope(_ value: (Sample) -> Double) -> Double? {
    guard let first = samples.first, let newest = samples.last else { return nil }
    let milliseconds = (newest.at - first.at).wholeMilliseconds
    guard milliseconds > 0 else { return nil }
    return (value(newest) - value(first)) * 1000 / Double(milliseconds)
  }
}
