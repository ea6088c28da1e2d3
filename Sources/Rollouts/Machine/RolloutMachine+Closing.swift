/// Steps that tidy up after others, whatever became of these.
///
/// A closing step runs when all that it closes is done, or when the rollout stands still and one of
/// these has begun. Whoever tries again then finds them as before: what was closed is done anew, in
/// order, and closed again.
extension RolloutMachine {
  /// Whether a step waits for a person.
  var isHalted: Bool { steps.contains(where: \.isHalted) }

  /// Whether the step may go from waiting to being planned.
  func mayBegin(_ step: Step) -> Bool {
    isReady(step) && !isHalted || closesNow(step)
  }

  /// Whether a plan of the waiting step counts, once it is made.
  func mayBePlanned(_ step: Step) -> Bool { isReady(step) || closesNow(step) }

  /// Whether a closing step runs although what it closes is not done.
  func closesNow(_ step: Step) -> Bool {
    guard step.isClosing, isHalted else { return false }
    let closed = steps.filter { step.closes($0) }
    let isElseReady = step.definition.after.allSatisfy { need in
      step.definition.closes.contains(need)
        || steps.contains { $0.id == need && isSettled($0) }
    }
    return isElseReady && closed.contains { $0.plan != nil }
      && !closed.contains(where: \.isUnderWay)
  }

  /// Whether the step is done, and what it closes as well.
  func isSettled(_ step: Step) -> Bool {
    step.isSettledForward
      && (!step.isClosing
        || steps.allSatisfy { !step.closes($0) || $0.isSettledForward })
  }

  /// Takes back that steps were closed, once what they close goes on.
  mutating func reopen() {
    guard !isBackward else { return }
    for index in steps.indices where steps[index].isClosing {
      // What a person goes on without stays left out.
      if [.waiting, .skipped].contains(steps[index].state) { continue }
      let closing = steps[index]
      let closed = steps.indices.filter { closing.closes(steps[$0]) }
      guard closed.contains(where: { !steps[$0].isSettledForward }) else { continue }
      let isOthersHalt = steps.contains { $0.isHalted && $0.id != closing.id }
      guard !isOthersHalt || closed.contains(where: { steps[$0].isUnderWay }) else { continue }
      // Who asks for one of them asks for all: marks of what was sent before count no more.
      steps[index].state = .waiting
      steps[index].retries += 1
      for other in closed where steps[other].state == .done {
        steps[other].state = .active(.apply, attempt: 1)
        steps[other].retries += 1
      }
    }
  }

  /// The steps that are done anew since then, from their beginning; their checkpoints do not hold.
  ///
  /// `former` is the machine before the last fact.
  package func begunAnew(since former: RolloutMachine) -> [String] {
    zip(former.steps, steps).compactMap { before, after in
      switch (before.state, after.state) {
      case (.done, .active(.apply, _)): return after.id
      // A closing step that was reopened has to close again, though it came to its end before.
      case (.active, .waiting), (.backingOff, .waiting), (.stopped, .waiting), (.done, .waiting):
        return after.isClosing ? after.id : nil
      case (.stopped(.verify, _), .active(.apply, _)): return after.id
      case (.waiting, _), (.active, _), (.backingOff, _), (.stopped, _), (.done, _), (.skipped, _),
        (.undone, _), (.left, _):
        return nil
      }
    }
  }
}

extension RolloutMachine.Step {
  var isClosing: Bool { !definition.closes.isEmpty }

  func closes(_ other: Self) -> Bool { definition.closes.contains(other.id) }

  var isHalted: Bool {
    if case .stopped = state { true } else { false }
  }

  /// Whether it is at work, or will be by itself.
  var isUnderWay: Bool {
    switch state {
    case .active, .backingOff: true
    case .waiting, .stopped, .done, .skipped, .undone, .left: false
    }
  }
}
