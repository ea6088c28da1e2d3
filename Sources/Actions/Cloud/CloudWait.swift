import Resources
import Rollouts

/// Looks again and again until what was begun shows, within a time.
struct CloudWait: Sendable {
  let title: String
  let every: Duration
  let within: Duration
  let step: String

  /// `look` gives nil once it is done, otherwise what is still missing.
  ///
  /// A look that fails for now is made again; the time counts from `begin`, and there is one look
  /// at least, so that a restart after it can succeed.
  func wait(
    since begin: Timestamp, _ pace: Pace, look: () async throws(Failure) -> String?
  ) async throws(Failure) {
    let end = begin + within
    while true {
      let detail: String
      do throws(Failure) {
        guard let missing = try await look() else { return }
        detail = missing
      } catch {
        guard error.isTransient else { throw error }
        detail = error.summary
      }
      let next = pace.clock.now() + every
      guard next <= end else {
        throw .permanent(
          "\(title) has not come about in time: \(detail)",
          hint: "Look there, then 'cutover retry \(step)' or 'cutover rollback'.")
      }
      try await pace.wait(until: next, for: "\(title) (\(detail))")
    }
  }
}
