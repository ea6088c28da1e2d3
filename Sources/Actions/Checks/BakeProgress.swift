import Resources

/// How a bake has gone so far, and what follows from it; decides, and asks nobody.
struct BakeProgress: Codable, Sendable {
  enum Ruling: Sendable, Equatable {
    /// The period is over and the last look passed.
    case over
    /// More looks in a row failed than are tolerated.
    case failed(String)
    /// More looks in a row did not pass than are tolerated, but too few failed to call it broken.
    case inconclusive(String)
    case goesOn
  }

  /// When the period began; a restart does not begin it anew, only a retry does.
  var since: Timestamp
  var last: Timestamp?
  var looks = 0
  /// Looks that did not pass, all in all.
  var misses = 0
  /// Looks that did not pass, and of these such that failed, since the last one that passed.
  var missesInRow = 0
  var failuresInRow = 0

  init(since: Timestamp) { self.since = since }

  mutating func note(_ verdict: Verdict, at now: Timestamp) {
    looks += 1
    last = now
    switch verdict {
    case .passed:
      missesInRow = 0
      failuresInRow = 0
    case .failed:
      misses += 1
      missesInRow += 1
      failuresInRow += 1
    case .inconclusive:
      misses += 1
      missesInRow += 1
    }
  }

  func ruling(
    after verdict: Verdict, at now: Timestamp, period: Duration, tolerating tolerated: Int
  ) -> Ruling {
    if failuresInRow > tolerated { return .failed(verdict.detail) }
    if missesInRow > tolerated, verdict.isDoubt { return .inconclusive(verdict.detail) }
    // What is only waited out did not pass: the period ends with a look that did.
    if now >= since + period, missesInRow == 0 { return .over }
    // Failures and doubts that take turns must not go on for ever.
    if missesInRow > tolerated * 2 { return .inconclusive(verdict.detail) }
    return .goesOn
  }
}

extension Verdict {
  var isDoubt: Bool {
    if case .inconclusive = self { true } else { false }
  }
}
