import Resources

extension RolloutMachine {
  /// Why the rollout cannot turn back; nil when it can.
  package var rollbackRefusal: String? {
    if outcome != nil { return "the rollout has ended" }
    if isBackward { return "the rollout is being rolled back already" }
    guard let step = pointOfNoReturn else { return nil }
    let gone = step.changes.isEmpty ? "" : ": " + step.changes.joined(separator: "; ")
    return "\(step.id) has passed the point of no return; gone or going\(gone)"
  }

  /// Why a person cannot skip the step; nil when they can.
  package func skipRefusal(_ step: Step) -> String? {
    if outcome != nil { return "the rollout has ended" }
    if step.definition.promotes, !isBackward, !step.isSettledForward {
      return "\(step.id) makes \(to.rawValue) live and cannot be left out; use 'cutover rollback'"
    }
    switch (step.state, isBackward) {
    case (.waiting, false), (.stopped, false), (.backingOff, false): return nil
    case (.stopped(.undo, _), true), (.backingOff(.undo, _, _), true):
      return step.definition.promotes && live != from
        ? "\(step.id) made \(live.rawValue) live; leaving it would make the journal lie" : nil
    case (.active, false):
      if step.isGate {
        return "\(step.id) waits for an answer; use 'cutover approve' or 'cutover reject'"
      }
      return pause == nil ? "\(step.id) is under way; pause the rollout first" : nil
    case (.active, true), (.stopped, true), (.backingOff, true), (.waiting, true):
      return "\(step.id) is \(step.state.word) and its undo has not failed"
    case (.done, _), (.skipped, _), (.undone, _), (.left, _):
      return "\(step.id) is \(step.state.word)"
    }
  }

  /// Accounts that do not balance; the other colour must not become live while there is one.
  package var ledgerProblems: [String] {
    steps.filter { $0.state == .done }.flatMap { $0.report?.ledgers ?? [] }
      .compactMap(\.imbalance)
  }
}

extension StepState {
  /// One word for a person.
  package var word: String {
    switch self {
    case .waiting: "waiting"
    case .active(.plan, _): "planning"
    case .active(.apply, _): "running"
    case .active(.verify, _): "verifying"
    case .active(.undo, _): "undoing"
    case .backingOff: "backing off"
    case .stopped: "stopped"
    case .done: "done"
    case .skipped: "skipped"
    case .undone: "undone"
    case .left: "left as it is"
    }
  }
}
