import Rollouts

/// The seeded source of everything that goes wrong.
package struct Chaos: Sendable {
  private var random: SplitMix
  /// Of a hundred verbs, how many fail; 0 once the storm is over.
  package var failuresPercent: Int

  package init(seed: UInt64, failuresPercent: Int) {
    random = SplitMix(state: seed)
    self.failuresPercent = failuresPercent
  }

  package mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }
  package mutating func happens(_ percent: Int) -> Bool { below(100) < percent }
  package mutating func fails() -> Bool { failuresPercent > 0 && happens(failuresPercent) }
  package mutating func seed() -> UInt64 { random.next() }
}
