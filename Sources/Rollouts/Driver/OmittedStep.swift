import Resources

/// A step whose condition was not met when it was reached: it does nothing, forth and back.
///
/// The plan in the journal says so; later verbs go by it and do not ask again.
struct OmittedStep: StepVerbs {
  let omission: StepOmission

  func plan() async throws(Failure) -> RecordedPlan {
    RecordedPlan(
      plan: omission.plan, changes: ["left out: \(omission.reason)"], estimate: Estimate(),
      isReversible: true)
  }

  func apply(
    _ plan: String, from checkpoint: String?, hooks: VerbHooks
  ) async throws(Failure) -> StepReport {
    StepReport()
  }

  func verify(
    _ plan: String, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    Verification(.passed("left out: \(omission.reason)"))
  }

  func undo(_ plan: String, from checkpoint: String?, pace: Pace) async throws(Failure) {}
}
