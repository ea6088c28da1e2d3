import Resources

extension RolloutMachine {
  /// Everything that should be under way in the current state, in playbook order.
  ///
  /// Computed from state alone, never remembered: after a crash it names the very work that was
  /// interrupted.
  package var outstanding: [Effect] {
    guard isStarted, outcome == nil, pause == nil else { return [] }
    switch direction {
    case .forward: return forwardEffects
    case .backward: return backwardEffects
    }
  }

  private var forwardEffects: [Effect] {
    if steps.allSatisfy(\.isSettledForward) { return [.complete] }
    return steps.compactMap { step in
      switch step.state {
      case .waiting: mayBegin(step) ? .plan(step: step.id, attempt: 1) : nil
      case .active(let phase, let attempt):
        // One that is done anew after it was closed waits for those before it.
        mayBePlanned(step) ? effect(phase, of: step, attempt) : nil
      case .backingOff(_, let attempt, let until):
        .backOff(step: step.id, attempt: attempt, until: until)
      case .stopped: nil
      case .done: nil
      case .skipped: nil
      case .undone: nil
      case .left: nil
      }
    }
  }

  private var backwardEffects: [Effect] {
    if !steps.contains(where: \.isTouched) { return [.concludeRollback] }
    return steps.compactMap { step in
      guard isUndoDue(step) else { return nil }
      switch step.state {
      case .active(.undo, let attempt): return .undo(step: step.id, attempt: attempt)
      case .backingOff(.undo, let attempt, let until):
        return .backOff(step: step.id, attempt: attempt, until: until)
      case .stopped(.undo, _): return nil
      case .active, .backingOff, .stopped, .waiting, .done, .skipped, .undone, .left:
        return .undo(step: step.id, attempt: 1)
      }
    }
  }

  private func effect(_ phase: Phase, of step: Step, _ attempt: Int) -> Effect {
    switch phase {
    case .plan: .plan(step: step.id, attempt: attempt)
    case .apply: .apply(step: step.id, attempt: attempt)
    case .verify: .verify(step: step.id, attempt: attempt)
    case .undo: .undo(step: step.id, attempt: attempt)
    }
  }

  /// Whether everything that the step waits for is done.
  func isReady(_ step: Step) -> Bool {
    step.definition.after.allSatisfy { need in
      steps.contains { $0.id == need && isSettled($0) }
    }
  }

  /// Whether the step was begun and everything that needed it is undone.
  func isUndoDue(_ step: Step) -> Bool {
    step.isTouched
      && steps.allSatisfy { !$0.definition.after.contains(step.id) || !$0.isTouched }
  }
}
