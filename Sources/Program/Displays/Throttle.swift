internal import Resources

/// Lets something through at most once in a while, for each name.
struct Throttle {
  let interval: Duration
  private var last: [String: Timestamp] = [:]

  init(every interval: Duration) { self.interval = interval }

  mutating func lets(_ name: String, at now: Timestamp) -> Bool {
    if let moment = last[name], now < moment + interval, now >= moment { return false }
    last[name] = now
    return true
  }

  mutating func forget(_ name: String) { last[name] = nil }
}
