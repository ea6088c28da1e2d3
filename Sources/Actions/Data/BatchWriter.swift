import Resources
import Rollouts

/// Writes a batch until the store has taken everything, with bounded patience.
struct BatchWriter {
  /// How often a store may take nothing at all before the step gives up.
  static let attemptsMax = 8
  static let firstWait: Duration = .milliseconds(50)
  static let longestWait: Duration = .seconds(10)

  let pace: Pace

  /// The keys whose inserts met a different item, once everything else is durable.
  func write(_ changes: [ItemChange], to target: any TableStore) async throws(Failure) -> [ItemKey]
  {
    var pending = changes
    var conflicts: [ItemKey] = []
    var patience = Patience(pace: pace)
    while !pending.isEmpty {
      let outcome = try await target.write(pending)
      conflicts += outcome.conflicts
      let left = outcome.unprocessed.count
      guard left > 0 else { break }
      try await patience.rest(
        madeProgress: left < pending.count, "\(target.url) to take \(left) more items")
      pending = outcome.unprocessed
    }
    return conflicts
  }
}

/// Waits longer and longer while nothing moves, and gives up in the end.
struct Patience {
  private let pace: Pace
  private var attempts = 0
  private var wait = BatchWriter.firstWait

  init(pace: Pace) { self.pace = pace }

  /// Called after each try that left something undone; progress makes it patient again.
  mutating func rest(madeProgress: Bool, _ what: String) async throws(Failure) {
    if madeProgress {
      attempts = 0
      wait = BatchWriter.firstWait
    }
    attempts += 1
    guard attempts <= BatchWriter.attemptsMax else {
      throw .transient(
        "waited in vain for \(what)", hint: "Give the target more capacity, then 'cutover retry'.")
    }
    try await pace.wait(until: pace.clock.now() + wait, for: what)
    wait = min(wait * 2, BatchWriter.longestWait)
  }
}
