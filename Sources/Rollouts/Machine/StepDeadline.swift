package import Resources

/// A clock that another step starts, and by which a step must be done.
///
/// It runs on whatever happens: through pauses, retries and weeks without a driver. An example is
/// the 24 hours for which a DynamoDB stream keeps its records.
package struct StepDeadline: Sendable, Hashable, Codable {
  /// The step whose first change starts the clock.
  package var since: String
  package var within: PlaybookDuration
  /// When somebody is to be told beforehand; nil for never.
  package var warn: PlaybookDuration?

  package init(
    since: String, within: PlaybookDuration, warn: PlaybookDuration? = nil
  ) {
    self.since = since
    self.within = within
    self.warn = warn
  }
}

extension RolloutMachine {
  /// A running clock, as a step sees it.
  package struct Clock: Sendable, Hashable {
    package let deadline: StepDeadline
    package let began: Timestamp

    package var end: Timestamp { began + deadline.within.duration }
    package var warning: Timestamp? { deadline.warn.map { began + $0.duration } }
  }

  /// The clock by which the step must be done; nil while it does not run, and once it is done.
  package func clock(of step: Step) -> Clock? {
    guard !isBackward, !step.isSettledForward, let deadline = step.definition.deadline,
      let began = begun[deadline.since]
    else { return nil }
    return Clock(deadline: deadline, began: began)
  }

  /// Starts the clocks that begin with a recorded fact.
  ///
  /// The plan of a step is recorded right before its first change, so the clock is early, not late.
  mutating func startClocks(_ fact: Fact, at moment: Timestamp) {
    guard case .planned(let step, let plan, _) = fact, begun[step] == nil,
      StepOmission(plan: plan) == nil,
      steps.contains(where: { $0.definition.deadline?.since == step })
    else { return }
    begun[step] = moment
  }
}
