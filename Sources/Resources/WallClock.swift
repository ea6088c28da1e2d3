/// The time of day and the only way to wait; tests move it by hand.
package protocol WallClock: Sendable {
  func now() -> Timestamp
  /// Returns at `moment` or, when the task is cancelled, at once by throwing.
  func sleep(until moment: Timestamp) async throws(CancellationError)
}

extension WallClock {
  package func sleep(for duration: Duration) async throws(CancellationError) {
    try await sleep(until: now() + duration)
  }
}
