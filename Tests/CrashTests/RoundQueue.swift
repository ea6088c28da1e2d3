import Synchronization

/// Rounds that several lanes take from, each once.
final class RoundQueue: Sendable {
  private let rounds: [CloudKillTests.Round]
  private let taken = Mutex(0)

  init(_ rounds: [CloudKillTests.Round]) { self.rounds = rounds }

  /// The next round with its number; nil when none is left.
  func next() -> (round: CloudKillTests.Round, number: Int)? {
    taken.withLock { taken in
      guard taken < rounds.count else { return nil }
      taken += 1
      return (rounds[taken - 1], taken)
    }
  }
}
