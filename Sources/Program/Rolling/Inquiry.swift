internal import Resources
internal import Rollouts

/// Asks something of whoever drives a rollout, or answers it in their place.
struct Inquiry {
  let journal: any Journal
  let wiring: Wiring

  enum Answer: Sendable {
    case done
    case refused(String)
    /// Nobody has looked at it in time.
    case none
  }

  /// The longest that a living driver takes to look, under load.
  private static let patience: Duration = .seconds(10)
  private static let interval: Duration = .milliseconds(50)

  /// Waits for the answer of whoever drives the environment; nil when nobody does any more.
  func answer(to request: Int, in environment: String) async throws -> Answer? {
    let deadline = wiring.clock.now() + Self.patience
    while true {
      if let answer = try await read(request) { return answer }
      guard try await Helm.isDriven(environment, in: journal) else {
        return try await read(request)
      }
      guard wiring.clock.now() < deadline else { return Answer.none }
      try await wiring.clock.sleep(for: Self.interval)
    }
  }

  /// Answers every pending request without starting any work; the lease must be held.
  func answerAll(_ loaded: LoadedRollout, lease: Lease) async throws -> LoadedRollout {
    var loaded = loaded
    for request in try await journal.pendingRequests(for: loaded.record.id) {
      let pilot = Pilot(loaded.machine, seed: wiring.seed)
      let now = wiring.clock.now()
      switch pilot.answer(request) {
      case .record(let fact, let number):
        var machine = loaded.machine
        try machine.replay(fact)
        for step in machine.begunAnew(since: loaded.machine) {
          try await journal.save(
            checkpoint: nil, of: step, in: loaded.record.id, at: now, lease: lease)
        }
        let flip = machine.live == loaded.machine.live ? nil : machine.live
        try loaded.take(
          try await journal.append(
            fact, to: loaded.record.id, at: now, live: flip, answering: number, lease: lease))
      case .refuse(let number, let reason):
        try await journal.refuse(request: number, because: reason, at: now, lease: lease)
      }
    }
    return loaded
  }

  func read(_ request: Int) async throws -> Answer? {
    guard let record = try await journal.request(request) else {
      throw Refusal(
        .journal, "request \(request) is gone from the journal",
        hint: "Was the journal replaced by a copy? Ask again.")
    }
    guard let refusal = record.refusal else { return nil }
    return refusal.isEmpty ? .done : .refused(refusal)
  }
}
