import Resources

/// What may be told to people who are not watching, by the names that a playbook's `on` takes.
///
/// A new kind may be added; receivers are told to ignore what they do not know.
package enum NotifyEvent: String, Sendable, Hashable, CaseIterable {
  case started
  /// A driver carries on in place of one that died.
  case takenOver = "taken-over"
  case stepStarted = "step-started"
  case stepApplied = "step-applied"
  /// An attempt failed; another one follows by itself.
  case stepRetrying = "step-retrying"
  case stepVerified = "step-verified"
  /// A step stopped and waits for a person.
  case stepFailed = "step-failed"
  /// A gate waits for a person.
  case waiting
  case approved
  case rejected
  case retried
  case skipped
  /// From here on the rollout cannot be rolled back.
  case crossed
  case paused
  case resumed
  /// The other colour is live now.
  case promoted
  case rollingBack = "rolling-back"
  case stepUndone = "step-undone"
  /// The time in which a step must be done runs out.
  case clockWarning = "clock-warning"
  case completed
  case rolledBack = "rolled-back"

  /// How the note begins that warns of a clock.
  static let clockMark = "the clock runs out: "

  /// What is told where `on` says nothing: all but the steps' small talk.
  package static let standard = Set(allCases.filter { !$0.isNoisy })

  private var isNoisy: Bool {
    switch self {
    case .stepStarted, .stepApplied, .stepRetrying: true
    case .started, .takenOver, .stepVerified, .stepFailed, .waiting, .approved, .rejected,
      .retried, .skipped, .crossed, .paused, .resumed, .promoted, .rollingBack, .stepUndone,
      .clockWarning, .completed, .rolledBack:
      false
    }
  }

  /// What a fact means to somebody far away, given the machine after it; nil for nothing.
  package init?(_ fact: Fact, after machine: RolloutMachine) {
    switch fact {
    case .started: self = .started
    case .noted(_, let text) where text.hasPrefix(Self.clockMark): self = .clockWarning
    case .attached(_, nil), .noted, .retryDue, .writesLimited: return nil
    case .attached(_, _?): self = .takenOver
    case .planned(let step, _, _):
      self = machine.step(step)?.isGate == true ? .waiting : .stepStarted
    case .crossed: self = .crossed
    case .applied: self = .stepApplied
    case .verified(let step, let verification):
      if verification.verdict.isPassed {
        self = machine.step(step)?.definition.promotes == true ? .promoted : .stepVerified
      } else if case .stopped? = machine.step(step)?.state {
        self = .stepFailed
      } else {
        self = .stepRetrying
      }
    case .failed(_, _, _, _, let retryAt): self = retryAt == nil ? .stepFailed : .stepRetrying
    case .approved: self = .approved
    case .rejected: self = .rejected
    case .retried: self = .retried
    case .skipped: self = .skipped
    case .paused: self = .paused
    case .resumed: self = .resumed
    case .rollbackRequested: self = .rollingBack
    case .undone: self = .stepUndone
    case .completed: self = .completed
    case .rolledBack: self = .rolledBack
    }
  }
}
