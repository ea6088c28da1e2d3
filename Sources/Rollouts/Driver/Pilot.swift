package import Resources

/// Turns what comes in (outcomes, requests, the time) into facts to record and verbs to start.
///
/// The driver's whole judgement, as a value: it starts nothing and waits for nothing, so that a
/// simulation can fly a hundred thousand rollouts through it. The driver's part is to write each
/// ``Entry`` into the journal, to call ``recorded(_:)`` once it is there, and to carry out
/// ``orders(at:)``.
package struct Pilot: Sendable {
  /// Something for the journal; with a request's number when it answers one.
  package enum Entry: Sendable, Equatable {
    case record(Fact, answering: Int?)
    case refuse(request: Int, because: String)
  }

  package enum Order: Sendable, Equatable {
    case start(Effect)
    /// Ask the step's verb to stop at its next checkpoint.
    case stop(step: String)
    /// Cancel the step's verb: its time is over.
    case cancel(step: String)
  }

  /// How a verb ended.
  package enum Outcome: Sendable, Equatable {
    case planned(plan: String, changes: [String])
    case applied(StepReport)
    case verified(Verification)
    case undone
    case failed(Failure)
  }

  /// Why there is nothing to do although the rollout may not have ended.
  package enum Rest: Sendable, Equatable {
    case ended(RolloutMachine.Outcome)
    case paused(Person)
    case stopped([String])
  }

  struct Running: Sendable {
    let effect: Effect
    /// The driver's hold on the verb; nil where nobody has one, as in a simulation.
    var handle: (any VerbHandle)?
    let deadline: Timestamp?
    var isStopping = false
    var isOverdue = false
  }

  package private(set) var machine: RolloutMachine
  /// Steps of whose clocks people have been warned by this driver.
  private var warned: Set<String> = []
  private(set) var running: [String: Running] = [:]
  private var random: SplitMix

  /// `seed` feeds the jitter of the back-off and nothing else.
  package init(_ machine: RolloutMachine, seed: UInt64) {
    self.machine = machine
    random = SplitMix(state: seed)
  }

  /// Takes note of a fact that is in the journal now.
  package mutating func recorded(
    _ fact: Fact, at moment: Timestamp
  ) throws(RolloutMachine.InvalidFact) {
    try machine.replay(fact, at: moment)
  }

  /// Warnings of clocks that run out soon, each given once.
  mutating func warnings(at now: Timestamp) -> [Entry] {
    guard machine.outcome == nil else { return [] }
    return machine.steps.compactMap { step in
      guard let clock = machine.clock(of: step), let moment = clock.warning, now >= moment,
        warned.insert(step.id).inserted
      else { return nil }
      return .record(
        .noted(
          step: step.id,
          text: "\(NotifyEvent.clockMark)\(step.id) must be done by \(clock.end), "
            + "\(clock.deadline.within.text) after \(clock.deadline.since) began"),
        answering: nil)
    }
  }

  /// The verb of an order has been started.
  mutating func started(_ effect: Effect, as handle: any VerbHandle) {
    guard let step = effect.step, running[step]?.effect == effect else { return }
    running[step]?.handle = handle
  }

  func handle(of step: String) -> (any VerbHandle)? { running[step]?.handle }

  package var isIdle: Bool { running.isEmpty }

  /// Whether every verb under way only waits for a person; on the way back none does.
  package var waitsForPeopleOnly: Bool {
    !machine.isBackward && !running.isEmpty && running.keys.allSatisfy { asks(machine.step($0)) }
      && !machine.outstanding.contains { $0.phase == nil }
  }

  /// Whether the step is a gate that can be answered now; one that is still planned cannot.
  private func asks(_ step: RolloutMachine.Step?) -> Bool {
    guard let step, step.isGate, case .active(.apply, _) = step.state else {
      return false
    }
    return true
  }

  /// What the passing of time calls for: ends of back-offs, conclusions, and interlocks.
  package func due(at now: Timestamp) -> [Entry] {
    machine.outstanding.compactMap { effect in
      switch effect {
      case .backOff(let step, _, let until):
        return now >= until ? .record(.retryDue(step: step), answering: nil) : nil
      case .complete: return .record(.completed, answering: nil)
      case .concludeRollback:
        return isIdle ? .record(.rolledBack, answering: nil) : nil
      case .plan(let step, let attempt):
        guard running[step] == nil, let failure = promotionRefusal(step) ?? expiry(of: step, now)
        else { return nil }
        return .record(
          .failed(step: step, phase: .plan, attempt: attempt, failure: failure, retryAt: nil),
          answering: nil)
      case .apply(let step, let attempt), .verify(let step, let attempt):
        guard running[step] == nil, let phase = effect.phase, let failure = expiry(of: step, now)
        else { return nil }
        return .record(
          .failed(step: step, phase: phase, attempt: attempt, failure: failure, retryAt: nil),
          answering: nil)
      case .undo: return nil
      }
    }
  }

  /// When ``due(at:)`` or ``orders(at:)`` will have something new by itself; nil for never.
  package var nextMoment: Timestamp? {
    let waits = machine.outstanding.compactMap { effect -> Timestamp? in
      if case .backOff(_, _, let until) = effect { until } else { nil }
    }
    let warnings = machine.steps.compactMap { step in
      warned.contains(step.id) ? nil : machine.clock(of: step)?.warning
    }
    return (waits + warnings + running.values.compactMap(\.deadline)).min()
  }

  /// What must be started and stopped so that what runs is what should run.
  package mutating func orders(at now: Timestamp) -> [Order] {
    let wanted = machine.outstanding
    var orders: [Order] = []
    for (step, run) in running.sorted(by: { $0.key < $1.key }) {
      if let deadline = run.deadline, now >= deadline, !run.isOverdue {
        running[step]?.isOverdue = true
        running[step]?.isStopping = true
        orders.append(.cancel(step: step))
      } else if !run.isStopping, !wanted.contains(run.effect) {
        running[step]?.isStopping = true
        orders.append(.stop(step: step))
      }
    }
    for effect in wanted {
      guard let step = effect.step, effect.phase != nil, running[step] == nil else { continue }
      if case .plan = effect, promotionRefusal(step) != nil { continue }
      if expiry(of: step, now) != nil { continue }
      running[step] = Running(effect: effect, deadline: deadline(of: step, effect, now))
      orders.append(.start(effect))
    }
    return orders
  }

  /// Why nothing is to be done, once nothing runs.
  package var rest: Rest? {
    guard isIdle else { return nil }
    if let outcome = machine.outcome { return .ended(outcome) }
    if let person = machine.pause { return .paused(person) }
    guard machine.outstanding.isEmpty else { return nil }
    return .stopped(
      machine.steps.compactMap { step in
        if case .stopped = step.state { step.id } else { nil }
      })
  }

  /// A verb has ended; gives the fact that follows from it, if one does.
  package mutating func ended(
    _ effect: Effect, with outcome: Outcome, at now: Timestamp
  ) -> [Entry] {
    guard let id = effect.step, let run = running[id], run.effect == effect,
      let step = machine.step(id)
    else { return [] }
    running[id] = nil
    let fact: Fact? =
      switch (outcome, step.state) {
      case (.planned(let plan, let changes), .waiting)
      where !machine.isBackward && machine.mayBePlanned(step):
        .planned(step: id, plan: plan, changes: changes)
      case (.planned(let plan, let changes), .active(.plan, _)) where !machine.isBackward:
        .planned(step: id, plan: plan, changes: changes)
      case (.applied(let report), .active(.apply, _)): .applied(step: id, report: report)
      case (.verified(let verification), .active(.verify, _)) where !machine.isBackward:
        .verified(step: id, verification: verification)
      case (.undone, _) where effect.phase == .undo: .undone(step: id)
      case (.failed(let failure), _): failed(run, step, failure, now)
      // Overtaken while it ran (approved, turned back): what it found no longer matters.
      case (.planned, _), (.applied, _), (.verified, _), (.undone, _): nil
      }
    return fact.map { [.record($0, answering: nil)] } ?? []
  }

  private mutating func failed(
    _ run: Running, _ step: RolloutMachine.Step, _ failure: Failure, _ now: Timestamp
  ) -> Fact? {
    guard let phase = run.effect.phase, (phase == .undo) == machine.isBackward,
      isCurrent(run.effect, step)
    else { return nil }
    var failure = failure
    if run.isOverdue, let expiry = expiry(of: step.id, now) {
      failure = expiry
    } else if run.isOverdue {
      let limit =
        step.definition.timeLimit.map { "\($0.wholeMilliseconds / 1000) s" } ?? "its limit"
      failure = .transient(
        "\(step.id) took longer than \(limit) to \(phase.rawValue) and was stopped",
        hint: "Raise its timeLimit, or look what it waits for.")
    } else if failure.kind == .cancelled {
      if run.isStopping { return nil }
      failure = .transient(
        "\(step.id) stopped by itself", hint: "It is tried again from its checkpoint.")
    }
    // Whoever fails does not know what other steps have done.
    if machine.rollbackRefusal != nil { failure = failure.withoutWayBack }
    let attempt = run.effect.attempt
    let mayRetry = failure.isTransient && attempt < step.definition.attemptsMax
    return .failed(
      step: step.id, phase: phase, attempt: attempt, failure: failure,
      retryAt: mayRetry ? retryMoment(step, attempt, failure, now) : nil)
  }

  /// Whether the machine still stands where the verb was started (a pause does not matter).
  private func isCurrent(_ effect: Effect, _ step: RolloutMachine.Step) -> Bool {
    switch (effect, step.state) {
    case (.plan(_, 1), .waiting): machine.mayBePlanned(step)
    case (.plan(_, let a), .active(.plan, let b)), (.apply(_, let a), .active(.apply, let b)),
      (.verify(_, let a), .active(.verify, let b)), (.undo(_, let a), .active(.undo, let b)):
      a == b
    case (.undo(_, 1), .active), (.undo(_, 1), .done), (.undo(_, 1), .skipped): true
    case (.undo(_, 1), .backingOff(let phase, _, _)), (.undo(_, 1), .stopped(let phase, _)):
      phase != .undo
    case (.plan, _), (.apply, _), (.verify, _), (.undo, _), (.backOff, _), (.complete, _),
      (.concludeRollback, _):
      false
    }
  }

  /// No back-off is longer than this, whatever the number of the attempt.
  private static let backOffMax: Duration = .seconds(300)

  /// Full jitter over an exponential ceiling; what the other side asked for wins.
  ///
  /// Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
  private mutating func retryMoment(
    _ step: RolloutMachine.Step, _ attempt: Int, _ failure: Failure, _ now: Timestamp
  ) -> Timestamp {
    if case .transient(let asked?) = failure.kind { return now + .milliseconds(max(0, asked)) }
    let base = max(1, step.definition.backOff.wholeMilliseconds)
    let ceiling = min(
      base << Int64(min(attempt - 1, 20)), Self.backOffMax.wholeMilliseconds)
    return now + .milliseconds(Int64.random(in: 0...max(1, ceiling), using: &random))
  }

  private func deadline(of step: String, _ effect: Effect, _ now: Timestamp) -> Timestamp? {
    guard let found = machine.step(step) else { return nil }
    return [found.definition.timeLimit.map { now + $0 }, machine.clock(of: found)?.end]
      .compactMap(\.self).min()
  }

  /// Why the step is too late; nil while it is not.
  private func expiry(of step: String, _ now: Timestamp) -> Failure? {
    guard let found = machine.step(step), let clock = machine.clock(of: found), now >= clock.end
    else { return nil }
    return .permanent(
      "\(step) was to be done by \(clock.end), \(clock.deadline.within.text) after "
        + "\(clock.deadline.since) began, and is not",
      hint: "What it waits for may be lost by now: look, then 'cutover rollback', or 'cutover skip "
        + "\(step) --reason …' if all is there.")
  }

  /// The other colour must not become live while an account does not balance.
  private func promotionRefusal(_ step: String) -> Failure? {
    guard machine.step(step)?.definition.promotes == true else { return nil }
    let problems = machine.ledgerProblems
    guard !problems.isEmpty else { return nil }
    return .refused(
      "\(step) may not promote: the ledger does not balance: "
        + problems.joined(separator: "; "),
      hint: "Look with 'cutover status', repeat the copy, or 'cutover rollback'.")
  }
}

/// A verb under way, as whoever started it can reach it.
protocol VerbHandle: Sendable {
  /// Asks it to stop at its next checkpoint.
  func stop()
  /// Stops it where it is.
  func cancel()
  /// Returns once it has ended.
  func end() async
}

extension Effect {
  /// Which attempt the effect belongs to; 0 for a conclusion.
  package var attempt: Int {
    switch self {
    case .plan(_, let attempt): attempt
    case .apply(_, let attempt): attempt
    case .verify(_, let attempt): attempt
    case .undo(_, let attempt): attempt
    case .backOff(_, let attempt, _): attempt
    case .complete: 0
    case .concludeRollback: 0
    }
  }
}
