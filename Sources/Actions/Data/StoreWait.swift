import Resources
import Rollouts

/// Waits for what a store does by itself, looking now and then, until a deadline.
struct StoreWait {
  private static let firstPause: Duration = .seconds(1)
  private static let longestPause: Duration = .seconds(20)

  private let pace: Pace
  private let end: Timestamp
  private let within: Duration

  init(pace: Pace, within: Duration) {
    self.pace = pace
    self.within = within
    end = pace.clock.now() + within
  }

  /// Looks until there is an answer; `what` completes "waiting for".
  func until<Answer>(
    _ what: String, _ look: () async throws(Failure) -> Answer?
  ) async throws(Failure) -> Answer {
    var pause = Self.firstPause
    while true {
      if let answer = try await look() { return answer }
      let next = pace.clock.now() + pause
      guard next <= end else {
        throw .transient(
          "waited \(within) in vain for \(what)",
          hint: "It goes on by itself; 'cutover retry' waits for it again.")
      }
      try await pace.wait(until: next, for: what)
      pause = min(pause * 2, Self.longestPause)
    }
  }
}
