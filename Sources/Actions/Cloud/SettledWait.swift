import Resources
import Rollouts

/// Looks again and again until something holds and has held for a while, within a time.
///
/// For what is counted late or by approximation: one good look says little.
struct SettledWait: Sendable {
  /// How long it must hold, without a look in which it did not.
  let stable: Duration
  let every: Duration
  let within: Duration
  /// What is waited for: that it comes to hold, and that it goes on to.
  let coming: String
  let staying: String

  struct Look: Sendable {
    let holds: Bool
    let text: String
    /// Why it is not to be believed yet, though it holds.
    var doubt: String?
  }

  /// Gives the moment since which it has held; `late` makes the error of one that comes too late.
  ///
  /// The time counts from `begin`. What holds at its end may go on to, or no restart after it could
  /// ever succeed.
  func wait(
    since begin: Timestamp, _ pace: Pace, late: (String) -> Failure,
    look: () async throws(Failure) -> Look
  ) async throws(Failure) -> Timestamp {
    let end = begin + within
    var heldSince: Timestamp?
    while true {
      let look = try await look()
      let now = pace.clock.now()
      heldSince = look.holds ? heldSince ?? now : nil
      let settled = heldSince.map { $0 + stable }
      let isSettled = settled.map { now >= $0 } ?? false
      if isSettled, look.doubt == nil, let heldSince { return heldSince }
      let soon = now + every
      let next = isSettled ? soon : settled.map { min($0, soon) } ?? soon
      let text = [look.text, look.doubt].compactMap(\.self).filter { !$0.isEmpty }
        .joined(separator: "; ")
      guard next <= end || (look.holds && !isSettled) else { throw late(text) }
      try await pace.wait(until: next, for: "\(look.holds ? staying : coming) (\(text))")
    }
  }
}
