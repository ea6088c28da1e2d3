internal import JournalStore
internal import Resources
internal import Rollouts

/// Taking the lease of an environment, and judging whoever holds it.
struct Helm {
  let lease: Lease
  /// Whose lease was taken over because they are gone.
  let takenFrom: LeaseHolder?

  /// A driver that renews its lease every two seconds and was not heard of for this long is taken
  /// for dead, if a person says so.
  static let silenceLimit: Duration = .seconds(60)

  /// How often somebody else may be quicker before we give up.
  private static let triesMax = 5

  /// Takes the lease; that of a holder who is surely dead is taken over at once.
  ///
  /// A holder that cannot be judged from here is taken over only when `isForced` and it was silent
  /// for longer than ``silenceLimit``.
  static func take(
    _ environment: String, of journal: any Journal, as person: String, clock: any WallClock,
    isForced: Bool
  ) async throws -> Helm {
    let holder = try LeaseHolder.thisProcess(person: person)
    var former: Lease?
    for _ in 0..<triesMax {
      do throws(JournalError) {
        let lease = try await journal.acquire(
          environment, as: holder, takingOver: former?.epoch, at: clock.now())
        return Helm(lease: lease, takenFrom: former?.holder)
      } catch {
        guard case .held(let held) = error else { throw error }
        if let refusal = refusal(held, now: clock.now(), isForced: isForced) { throw refusal }
        former = held
      }
    }
    throw Refusal(
      .held, "other processes keep taking the lease of \(environment)",
      hint: "See who drives with 'cutover status'.")
  }

  /// Why a held lease cannot be taken over; nil when it can.
  static func refusal(_ held: Lease, now: Timestamp, isForced: Bool) -> Refusal? {
    let silence = now - held.heartbeat
    let who =
      "\(held.environment) is driven by \(held.holder) since \(Words.dateAndClock(held.acquired)), "
      + "last heard of \(Words.span(silence)) ago"
    switch held.holder.liveness {
    case .alive:
      return Refusal(
        .held, who,
        hint: "Watch it with 'cutover watch', or ask it to stop with 'cutover pause'.")
    case .dead: return nil
    case .unknown(let reason):
      if isForced, silence > silenceLimit { return nil }
      return Refusal(
        .held, "\(who); \(reason)",
        hint: isForced
          ? "It was heard of too lately to be taken over; wait until it was silent for "
            + "\(Words.span(silenceLimit))."
          : "If that process is surely gone, add --take-over once it was silent for "
            + "\(Words.span(silenceLimit)).")
    }
  }

  /// Whether somebody holds the lease who can answer requests.
  static func isDriven(_ environment: String, in journal: any Journal) async throws -> Bool {
    guard let lease = try await journal.lease(on: environment) else { return false }
    switch lease.holder.liveness {
    case .alive: return true
    case .dead: return false
    case .unknown: return true
    }
  }
}
