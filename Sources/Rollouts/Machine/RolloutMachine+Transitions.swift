import Resources

extension RolloutMachine {
  mutating func apply(_ fact: Fact) throws(InvalidFact) {
    guard outcome == nil else { throw invalid(fact, "the rollout has ended") }
    if case .started = fact {
      guard !isStarted else { throw invalid(fact, "the rollout has started already") }
      isStarted = true
      return
    }
    guard isStarted else { throw invalid(fact, "the rollout has not started") }
    switch fact {
    case .started, .attached, .noted: break
    case .paused, .resumed, .rollbackRequested, .writesLimited, .completed, .rolledBack:
      try applyToRollout(fact)
    case .planned, .crossed, .applied, .verified, .failed, .retryDue, .approved, .rejected,
      .retried, .skipped, .undone:
      try applyToStep(fact)
    }
  }

  private mutating func applyToRollout(_ fact: Fact) throws(InvalidFact) {
    switch fact {
    case .paused(let person):
      guard pause == nil else { throw invalid(fact, "the rollout is paused already") }
      pause = person
    case .resumed:
      guard pause != nil else { throw invalid(fact, "the rollout is not paused") }
      pause = nil
    case .rollbackRequested(let person):
      if let reason = rollbackRefusal { throw invalid(fact, reason) }
      turnBack(person)
    case .writesLimited(let rate, _): writeRateMax = rate
    case .completed:
      guard outstanding == [.complete] else { throw invalid(fact, "steps are left to do") }
      outcome = .completed
    case .rolledBack:
      guard outstanding == [.concludeRollback] else {
        throw invalid(fact, "steps are left to undo")
      }
      outcome = .rolledBack
    case .started, .attached, .noted, .planned, .crossed, .applied, .verified, .failed, .retryDue,
      .approved, .rejected, .retried, .skipped, .undone:
      throw invalid(fact, "it is not about the rollout as a whole")
    }
  }

  private mutating func applyToStep(_ fact: Fact) throws(InvalidFact) {
    guard let index = steps.firstIndex(where: { $0.id == fact.step }) else {
      throw invalid(fact, "the playbook has no such step")
    }
    let step = steps[index]
    switch (fact, step.state) {
    case (.planned(_, let plan, let changes), .waiting)
    where !isBackward && mayBePlanned(step):
      steps[index].bind(plan, changes)
    case (.planned(_, let plan, let changes), .active(.plan, _)) where !isBackward:
      steps[index].bind(plan, changes)
    case (.crossed, .active(.apply, _)) where !isBackward:
      steps[index].hasCrossed = true
    case (.applied(_, let report), .active(.apply, _)):
      steps[index].report = report
      steps[index].state = .active(.verify, attempt: 1)
    case (.verified(_, let verification), .active(.verify, _)) where !isBackward:
      conclude(verification, at: index)
    case (.failed(_, let phase, let attempt, let failure, let retryAt), _)
    where accepts(phase, attempt, of: step):
      fail(phase, attempt, failure, retryAt, at: index)
    case (.retryDue, .backingOff(let phase, let attempt, _)) where (phase == .undo) == isBackward:
      steps[index].state = .active(phase, attempt: attempt)
    case (.approved, .active(.apply, _)) where !isBackward && step.isGate:
      steps[index].state = .done
    case (.rejected(_, let person), .active(.apply, _)) where !isBackward && step.isGate:
      stop(.apply, Self.rejection(step.id, person), at: index)
    case (.retried, .stopped(let phase, _)) where (phase == .undo) == isBackward:
      steps[index].state = .active(phase == .verify ? .apply : phase, attempt: 1)
      steps[index].retries += 1
      reopen()
    case (.skipped, _) where skipRefusal(step) == nil:
      steps[index].state = isBackward ? .left : .skipped
      reopen()
    case (.undone, .backingOff(.undo, _, _)), (.undone, .stopped(.undo, _)):
      throw invalid(fact, "its undo is not under way")
    case (.undone, _) where isBackward && isUndoDue(step):
      steps[index].state = .undone
      if step.definition.promotes { live = from }
    case (.planned, _), (.crossed, _), (.applied, _), (.verified, _), (.failed, _), (.retryDue, _),
      (.approved, _), (.rejected, _), (.retried, _), (.skipped, _), (.undone, _):
      throw invalid(fact, "the step is \(step.state.word)")
    case (.started, _), (.attached, _), (.noted, _), (.paused, _), (.resumed, _),
      (.rollbackRequested, _), (.writesLimited, _), (.completed, _), (.rolledBack, _):
      throw invalid(fact, "it is not about a step")
    }
  }

  /// Whether an attempt at `phase` may just have failed.
  private func accepts(_ phase: Phase, _ attempt: Int, of step: Step) -> Bool {
    switch (phase, step.state) {
    case (.plan, .waiting): !isBackward && attempt == 1 && mayBePlanned(step)
    case (.undo, .active(.undo, let current)): isBackward && attempt == current
    case (.undo, .backingOff(.undo, _, _)), (.undo, .stopped(.undo, _)): false
    case (.undo, _): isBackward && attempt == 1 && isUndoDue(step)
    case (.plan, .active(let current, let number)), (.apply, .active(let current, let number)),
      (.verify, .active(let current, let number)):
      !isBackward && current == phase && number == attempt
    case (.plan, _), (.apply, _), (.verify, _): false
    }
  }

  private mutating func fail(
    _ phase: Phase, _ attempt: Int, _ failure: Failure, _ retryAt: Timestamp?, at index: Int
  ) {
    if let retryAt {
      steps[index].state = .backingOff(phase, attempt: attempt + 1, until: retryAt)
    } else {
      stop(phase, failure, at: index)
    }
  }

  private mutating func conclude(_ verification: Verification, at index: Int) {
    if !verification.ledgers.isEmpty { steps[index].report?.ledgers = verification.ledgers }
    let id = steps[index].id
    switch verification.verdict {
    case .passed:
      steps[index].state = .done
      if steps[index].definition.promotes { live = to }
    case .failed(let detail):
      stop(
        .verify,
        .permanent(
          "\(id) was done but did not pass its check: \(detail)",
          hint: "Mend the cause, then 'cutover retry \(id)'; or 'cutover rollback'."), at: index)
    case .inconclusive(let detail):
      let failure = Failure.refused(
        "\(id): nobody can tell whether it worked: \(detail)",
        hint: "Look yourself, then 'cutover retry \(id)', 'cutover skip \(id) --reason …' "
          + "or 'cutover rollback'.")
      steps[index].state = .stopped(.verify, advised(failure))
    }
  }

  /// Nobody is told to go back where that is not possible any more.
  private func advised(_ failure: Failure) -> Failure {
    rollbackRefusal == nil ? failure : failure.withoutWayBack
  }

  /// A step failed for good: wait for a person, or turn back if the playbook says so.
  private mutating func stop(_ phase: Phase, _ failure: Failure, at index: Int) {
    steps[index].state = .stopped(phase, advised(failure))
    guard !isBackward, steps[index].definition.rollsBackOnFailure, rollbackRefusal == nil else {
      return
    }
    turnBack(.playbook("\(steps[index].id) failed: \(failure.summary)"))
  }

  /// Asking to go back also ends a pause: whoever asks wants it now.
  private mutating func turnBack(_ person: Person) {
    direction = .backward(person)
    pause = nil
    for index in steps.indices where steps[index].isClosing && steps[index].plan != nil {
      steps[index].state = .left
    }
  }

  private static func rejection(_ step: String, _ person: Person) -> Failure {
    .refused(
      "\(step) was rejected by \(person.name): \(person.reason)",
      hint: "Ask again with 'cutover retry \(step)', or 'cutover rollback'.")
  }

  private func invalid(_ fact: Fact, _ reason: String) -> InvalidFact {
    InvalidFact(fact: fact, because: reason)
  }
}

extension RolloutMachine.Step {
  mutating func bind(_ plan: String, _ changes: [String]) {
    self.plan = plan
    self.changes = changes
    state = .active(.apply, attempt: 1)
  }
}
