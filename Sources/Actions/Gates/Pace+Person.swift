import Resources
import Rollouts

extension Pace {
  /// How long a wait without an end goes on before it looks up.
  private static let look: Duration = .milliseconds(200)

  /// Waits until asked to stop, showing the reason; for what only a person can end.
  func waitForPerson(_ reason: String) async throws(Failure) -> Never {
    report(Reading(waitingFor: reason))
    while true {
      try checkStop()
      do {
        try await clock.sleep(for: Self.look)
      } catch {
        throw .cancelled
      }
    }
  }
}
