import Resources
import Rollouts

/// Writes a batch until the store has taken everything, with bounded patience.
struct BatchWriter {
  /// How often a table may take nothing at all before the step gives up: some minutes, in which
  /// one that adapts its capacity has done so.
  static let attemptsMax = 24
  static let firstWait: Duration = .milliseconds(50)
  static let longestWait: Duration = .seconds(10)

  let pace: Pace
  let governor: WriteGovernor

  /// The keys whose inserts met a different item, once everything else is durable.
  func write(_ changes: [ItemChange], to target: any TableStore) async throws(Failure) -> [ItemKey]
  {
    var pending = changes[...]
    var conflicts: [ItemKey] = []
    var patience = Patience(pace: pace, attemptsMax: Self.attemptsMax)
    while !pending.isEmpty {
      let (portion, units) = nextPortion(of: pending)
      let moment = governor.admit(units, at: pace.clock.now())
      if moment > pace.clock.now() {
        try await pace.wait(
          until: moment, for: governor.reason(at: pace.clock.now()) ?? "\(target.url)")
      }
      let outcome = try await target.write(portion)
      conflicts += outcome.conflicts
      let left = outcome.unprocessed.count
      pending = outcome.unprocessed + pending.dropFirst(portion.count)
      guard left > 0 else {
        governor.took(units, at: pace.clock.now())
        continue
      }
      governor.took(
        units * Double(portion.count - left) / Double(portion.count), at: pace.clock.now())
      governor.turnedAway(at: pace.clock.now())
      try await patience.rest(
        madeProgress: left < portion.count, "\(target.url) to take \(left) more items")
    }
    return conflicts
  }

  /// As many changes as may go in one go, and how many units they are.
  private func nextPortion(of pending: ArraySlice<ItemChange>) -> ([ItemChange], Double) {
    let most = governor.portion ?? .infinity
    var units = 0.0
    var count = 0
    for change in pending {
      let more = WriteGovernor.units(change)
      if count > 0, units + more > most { break }
      units += more
      count += 1
    }
    return (Array(pending.prefix(count)), units)
  }
}

/// Waits longer and longer while nothing moves, and gives up in the end.
struct Patience {
  private let pace: Pace
  private let attemptsMax: Int
  private var attempts = 0
  private var wait = BatchWriter.firstWait

  init(pace: Pace, attemptsMax: Int = 8) {
    self.pace = pace
    self.attemptsMax = attemptsMax
  }

  /// Called after each try that left something undone; progress makes it patient again.
  mutating func rest(madeProgress: Bool, _ what: String) async throws(Failure) {
    if madeProgress {
      attempts = 0
      wait = BatchWriter.firstWait
    }
    attempts += 1
    guard attempts <= attemptsMax else {
      throw .transient(
        "waited in vain for \(what)", hint: "Give the target more capacity, then 'cutover retry'.")
    }
    try await pace.wait(until: pace.clock.now() + wait, for: what)
    wait = min(wait * 2, BatchWriter.longestWait)
  }
}
