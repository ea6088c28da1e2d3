import Resources

/// A step that tidies up after others: it never makes the rollout irreversible, and is not undone.
///
/// What it took away is taken back together with the steps that it closes.
struct ClosingStep: StepVerbs {
  let inner: any StepVerbs

  func plan() async throws(Failure) -> RecordedPlan {
    var planned = try await inner.plan()
    planned.isReversible = true
    return planned
  }

  func apply(
    _ plan: String, from checkpoint: String?, hooks: VerbHooks
  ) async throws(Failure) -> StepReport {
    try await inner.apply(
      plan, from: checkpoint, hooks: VerbHooks(pace: hooks.pace, save: hooks.save, cross: {}))
  }

  func verify(
    _ plan: String, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    try await inner.verify(plan, report: report, pace: pace)
  }

  func undo(_ plan: String, from checkpoint: String?, pace: Pace) async throws(Failure) {}
}
