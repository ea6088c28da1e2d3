package import Resources

/// Where one step stands.
package enum StepState: Sendable, Hashable, Codable {
  /// Nothing was planned or changed yet. Next: `active`, `skipped`.
  case waiting
  /// A verb is under way or due. Next: the following phase, `backingOff`, `stopped`, `done`.
  case active(Phase, attempt: Int)
  /// An attempt failed and the next one is due at a known time. Next: `active`, `skipped`.
  case backingOff(Phase, attempt: Int, until: Timestamp)
  /// It failed for good, or nobody can tell; a person decides. Next: `active`, `skipped`.
  case stopped(Phase, Failure)
  case done
  /// A person went on without it. While rolling back, it is undone like any other.
  case skipped
  case undone
  /// A person chose to leave the step as it is while rolling back.
  case left
}

/// A step as the machine needs to know it; derived from the playbook, never from the outside.
package struct StepDefinition: Sendable, Hashable, Codable {
  package var id: String
  package var action: String
  /// Ids of the steps that must be done before this one begins.
  package var after: [String]
  package var attemptsMax: Int
  package var isGate: Bool
  package var gateRule: GateRule?
  package var promotes: Bool
  package var rollsBackOnFailure: Bool
  /// The pause before the second attempt; it doubles with each further one.
  package var backOff: Duration
  package var timeLimit: Duration?
  /// The steps that it tidies up after, whatever became of them; they stand in `after` too.
  package var closes: [String]
  package var deadline: StepDeadline?

  package init(
    id: String, action: String, after: [String] = [], attemptsMax: Int = 3,
    gateRule: GateRule? = nil, promotes: Bool = false, rollsBackOnFailure: Bool = false,
    backOff: Duration = .seconds(2), timeLimit: Duration? = nil, closes: [String] = [],
    deadline: StepDeadline? = nil
  ) {
    self.id = id
    self.action = action
    self.after = after
    self.attemptsMax = attemptsMax
    isGate = gateRule != nil
    self.gateRule = gateRule
    self.promotes = promotes
    self.rollsBackOnFailure = rollsBackOnFailure
    self.backOff = backOff
    self.timeLimit = timeLimit
    self.closes = closes
    self.deadline = deadline
  }
}
