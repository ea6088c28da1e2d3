package import Resources

/// The verbs of one step, with plan and checkpoint as the text that the journal keeps.
package protocol StepVerbs: Sendable {
  func plan() async throws(Failure) -> RecordedPlan
  func apply(_ plan: String, from checkpoint: String?, hooks: VerbHooks) async throws(Failure)
    -> StepReport
  func verify(_ plan: String, report: StepReport, pace: Pace) async throws(Failure)
    -> Verification
  func undo(_ plan: String, from checkpoint: String?, pace: Pace) async throws(Failure)
}

/// A plan as the journal keeps it, and as a person reads it.
package struct RecordedPlan: Sendable, Hashable, Codable {
  package var plan: String
  package var changes: [String]
  package var estimate: Estimate
  package var isReversible: Bool

  package init(plan: String, changes: [String], estimate: Estimate, isReversible: Bool) {
    self.plan = plan
    self.changes = changes
    self.estimate = estimate
    self.isReversible = isReversible
  }
}

/// Where the driver finds the verbs of a step, given everything recorded so far.
package protocol StepSource: Sendable {
  /// `record` gives the fold of the journal at the moment of the call, for interlocks.
  func verbs(
    of step: String, in machine: RolloutMachine,
    record: @escaping @Sendable () async -> RolloutRecordView
  ) throws(Failure) -> any StepVerbs
}

/// What a running `apply` may ask of its driver.
package struct VerbHooks: Sendable {
  package let pace: Pace
  /// Saves a checkpoint; with `true` at once, otherwise at most one in a short interval.
  package let save: @Sendable (String, Bool) async throws(Failure) -> Void
  /// Records that what follows cannot be undone.
  package let cross: @Sendable () async throws(Failure) -> Void

  package init(
    pace: Pace, save: @escaping @Sendable (String, Bool) async throws(Failure) -> Void,
    cross: @escaping @Sendable () async throws(Failure) -> Void
  ) {
    self.pace = pace
    self.save = save
    self.cross = cross
  }
}
