package import Resources

/// Something that happened in a rollout; written once, before anything acts on it.
///
/// Facts are the only input of ``RolloutMachine``. A new kind may be added; the meaning of an old
/// one never changes, since journals outlive the program.
package enum Fact: Sendable, Hashable, Codable {
  case started(by: Person)
  /// A driver took the rollout up; `takenFrom` names the dead holder of a lease that was not let go.
  case attached(driver: String, takenFrom: String?)
  /// The plan that `apply` and `undo` will be given, and what it means in words.
  case planned(step: String, plan: String, changes: [String])
  /// From here on the rollout cannot be rolled back.
  case crossed(step: String)
  case applied(step: String, report: StepReport)
  case verified(step: String, verification: Verification)
  /// An attempt failed; without `retryAt` for good.
  case failed(step: String, phase: Phase, attempt: Int, failure: Failure, retryAt: Timestamp?)
  /// The back-off is over.
  case retryDue(step: String)
  case approved(step: String, by: Person)
  case rejected(step: String, by: Person)
  /// A person asked to try a stopped step again.
  case retried(step: String, by: Person)
  /// A person decided to go on without a step, or to leave it as it is while rolling back.
  case skipped(step: String, by: Person)
  case paused(by: Person)
  case resumed(by: Person)
  case rollbackRequested(by: Person)
  /// How much steps may write to one table from now on, in units of 1 KB begun of an item a second;
  /// nil is as much as the playbook says.
  case writesLimited(unitsPerSecond: Int?, by: Person)
  case undone(step: String)
  /// For the reader of the history; changes nothing.
  case noted(step: String?, text: String)
  case completed
  case rolledBack
}

/// Which verb of a step is meant.
package enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
  case plan
  case apply
  case verify
  case undo
}

/// Who asked for something, and why.
package struct Person: Sendable, Hashable, Codable {
  /// A login name, or `playbook` for what the playbook itself decides.
  package var name: String
  package var role: String?
  package var reason: String

  package init(name: String, role: String? = nil, reason: String) {
    self.name = name
    self.role = role
    self.reason = reason
  }

  package static func playbook(_ reason: String) -> Person {
    Person(name: "playbook", reason: reason)
  }
}

extension Fact {
  /// The word under which the journal files this kind of fact.
  package var kind: String {
    switch self {
    case .started: "started"
    case .attached: "attached"
    case .planned: "planned"
    case .crossed: "crossed"
    case .applied: "applied"
    case .verified: "verified"
    case .failed: "failed"
    case .retryDue: "retry-due"
    case .approved: "approved"
    case .rejected: "rejected"
    case .retried: "retried"
    case .skipped: "skipped"
    case .paused: "paused"
    case .resumed: "resumed"
    case .rollbackRequested: "rollback-requested"
    case .writesLimited: "writes-limited"
    case .undone: "undone"
    case .noted: "noted"
    case .completed: "completed"
    case .rolledBack: "rolled-back"
    }
  }

  /// The step that the fact is about, if it is about one.
  package var step: String? {
    switch self {
    case .planned(let step, _, _): step
    case .crossed(let step): step
    case .applied(let step, _): step
    case .verified(let step, _): step
    case .failed(let step, _, _, _, _): step
    case .retryDue(let step): step
    case .approved(let step, _): step
    case .rejected(let step, _): step
    case .retried(let step, _): step
    case .skipped(let step, _): step
    case .undone(let step): step
    case .noted(let step, _): step
    case .started: nil
    case .attached: nil
    case .paused: nil
    case .resumed: nil
    case .rollbackRequested: nil
    case .writesLimited: nil
    case .completed: nil
    case .rolledBack: nil
    }
  }
}
