internal import Resources
internal import Rollouts

/// Tells one channel everything that concerns it, in order, each time it is woken.
///
/// It follows the journal, not the driver: what an earlier driver left untold comes first. An
/// announcement that does not get through holds those behind it; it is tried again with the next
/// fact, and by the next driver.
struct Courier: Sendable {
  let channel: NotifyChannel
  /// The place of the channel in the playbook, from 1.
  let number: Int
  let record: RolloutRecord
  let journal: any Journal
  let wiring: Wiring
  let workFolder: String
  let next: NextCommand
  let say: @Sendable (Line) -> Void

  private static let attemptsMax = 8
  private static let backOffMax: Duration = .seconds(30)

  /// Works until `wakes` ends, and once more then; cancelling it leaves the rest untold.
  func run(_ wakes: AsyncStream<Void>) async {
    var route: Route
    do {
      route = Route(loaded: try LoadedRollout(record, wiring: wiring), mark: mark())
    } catch {
      complain("nothing can be sent: \(Self.reason(error))")
      return
    }
    for await _ in wakes { await deliver(&route) }
    await deliver(&route)
    // What came in while it was being cancelled counts too.
    try? await gather(&route)
    guard !route.pending.isEmpty else { return }
    let hope =
      route.loaded.machine.outcome == nil
      ? "whoever drives the rollout next sends them first"
      : "the rollout has ended, so they are not sent any more"
    complain(
      "\(Words.count(route.pending.count, "notification")) not delivered: "
        + "\(route.reason ?? "no answer in time"); \(hope)")
  }

  /// What an earlier driver has told; nothing, where that cannot be known: better twice than never.
  private func mark() -> DeliveryMark {
    do throws(Failure) {
      return try DeliveryMark(channel: number, in: workFolder)
    } catch {
      complain("\(error.summary); everything is told again")
      return DeliveryMark(unknownOf: number, in: workFolder)
    }
  }

  /// How far one channel has come.
  private struct Route {
    var loaded: LoadedRollout
    var mark: DeliveryMark
    var pending: [Announcement] = []
    var reason: String?
    /// What was said to be in the way.
    var said: String?
    /// Whether it was said that marks cannot be written.
    var isForgetful = false
  }

  private func gather(_ route: inout Route) async throws {
    let told = route.mark.sequence
    var fresh: [Announcement] = []
    defer { route.pending += fresh }
    try await route.loaded.catchUp(from: journal) { fact, machine in
      guard fact.sequence > told,
        let announcement = Announcement(fact, of: record, after: machine, next: next),
        channel.events.contains(announcement.event)
      else { return }
      fresh.append(announcement)
    }
  }

  private func deliver(_ route: inout Route) async {
    do {
      try await gather(&route)
      while let first = route.pending.first, !Task.isCancelled {
        guard try await send(first, &route) else { return }
        route.pending.removeFirst()
        remember(first, &route)
        route.reason = nil
        route.said = nil
      }
    } catch {
      hold(&route, Self.reason(error))
    }
  }

  /// Without the mark it is told again by the next driver; that must not hold the others up.
  private func remember(_ announcement: Announcement, _ route: inout Route) {
    do throws(Failure) {
      try route.mark.advance(to: announcement.sequence)
    } catch {
      guard !route.isForgetful else { return }
      route.isForgetful = true
      complain("\(error.summary); the next driver may tell the same again")
    }
  }

  /// Whether nothing more needs to be done about the announcement.
  private func send(_ announcement: Announcement, _ route: inout Route) async throws -> Bool {
    let sender = channel.sender(wiring)
    var backOff: Duration = .seconds(1)
    for attempt in 1...Self.attemptsMax {
      do throws(SendProblem) {
        try await sender.send(announcement)
        return true
      } catch {
        let reason = wiring.secrets.redact(error.failure.summary)
        switch error {
        case .unwanted:
          complain("\(announcement.event.rawValue) (\(announcement.id)) given up: \(reason)")
          return true
        case .undelivered(let failure, let after):
          guard failure.isTransient, attempt < Self.attemptsMax, !Task.isCancelled else {
            hold(&route, reason)
            return false
          }
          // What stands when the command ends within the pause.
          route.reason = reason
          try await wiring.clock.sleep(for: max(backOff, after ?? .zero))
          backOff = min(backOff * 2, Self.backOffMax)
        }
      }
    }
    return false
  }

  /// Says once, not with every fact, that something is in the way.
  private func hold(_ route: inout Route, _ reason: String) {
    guard !Task.isCancelled else { return }
    route.reason = reason
    guard route.said != reason else { return }
    route.said = reason
    complain("\(reason); tried again with the next one")
  }

  private func complain(_ text: String) {
    say("\("Notifying", .warning) \(channel.name): \(wiring.secrets.redact(text))")
  }

  private static func reason(_ error: any Error) -> String {
    switch error {
    case let failure as Failure: failure.summary
    case let error as JournalError: error.failure.summary
    case let refusal as Refusal: refusal.summary
    default: "\(error)"
    }
  }
}
