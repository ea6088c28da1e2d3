import Resources

/// A step with what must hold before its first change and after its last.
///
/// Before: while it is planned, since a step that was interrupted may stand in between. After: with
/// its own verification, so that a violation means what a failed check means.
struct GuardedStep: StepVerbs {
  struct Guard: Sendable {
    let name: String
    let verbs: any StepVerbs
  }

  let inner: any StepVerbs
  let step: String
  let clock: any WallClock
  let before: [Guard]
  let afterwards: [Guard]

  func plan() async throws(Failure) -> RecordedPlan {
    // Planning has no pace of its own; what only looks does not wait for long.
    let pace = Pace(
      clock: clock, isAskedToStop: { Task.isCancelled }, show: { _ in }, record: { _ in })
    for item in before {
      let finding: String
      switch try await look(item, pace: pace) {
      case .passed: continue
      case .failed(let detail): finding = "does not hold: \(detail)"
      case .inconclusive(let detail): finding = "cannot be told: \(detail)"
      }
      throw .refused(
        "\(step) is not begun, for the invariant \(item.name) \(finding)",
        hint: "Mend the cause, then 'cutover retry \(step)'; or 'cutover rollback'.")
    }
    return try await inner.plan()
  }

  func apply(
    _ plan: String, from checkpoint: String?, hooks: VerbHooks
  ) async throws(Failure) -> StepReport {
    try await inner.apply(plan, from: checkpoint, hooks: hooks)
  }

  func verify(
    _ plan: String, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    var found = try await inner.verify(plan, report: report, pace: pace)
    guard found.verdict.isPassed else { return found }
    for item in afterwards {
      let verdict = try await look(item, pace: pace)
      switch verdict {
      case .passed: continue
      case .failed(let detail):
        found.verdict = .failed("the invariant \(item.name) does not hold: \(detail)")
      case .inconclusive(let detail):
        found.verdict = .inconclusive("the invariant \(item.name) cannot be told: \(detail)")
      }
      return found
    }
    return found
  }

  func undo(_ plan: String, from checkpoint: String?, pace: Pace) async throws(Failure) {
    try await inner.undo(plan, from: checkpoint, pace: pace)
  }

  /// Carries out an action that only looks; one that would change something is refused.
  private func look(_ item: Guard, pace: Pace) async throws(Failure) -> Verdict {
    let planned = try await item.verbs.plan()
    guard planned.changes.isEmpty else {
      throw .permanent(
        "the invariant \(item.name) would change something: "
          + planned.changes.joined(separator: "; "),
        hint: "An invariant only looks: use 'validate' or another action without changes.")
    }
    let hooks = VerbHooks(
      pace: pace, save: { _, _ in },
      cross: { () async throws(Failure) in
        throw .permanent(
          "the invariant \(item.name) would do what cannot be undone",
          hint: "An invariant only looks.")
      })
    do throws(Failure) {
      let report = try await item.verbs.apply(planned.plan, from: nil, hooks: hooks)
      return try await item.verbs.verify(planned.plan, report: report, pace: pace).verdict
    } catch {
      // What is sure to be wrong is said by kind; what may pass is tried again with the step.
      switch error.kind {
      case .permanent: return .failed(error.summary)
      case .refused: return .inconclusive(error.summary)
      case .transient, .cancelled: throw error
      }
    }
  }
}
