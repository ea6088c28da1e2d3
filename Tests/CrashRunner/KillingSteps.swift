import Resources
import Rollouts

/// Steps whose process may be killed right before or right after any call of a verb.
struct KillingSteps: StepSource {
  let base: any StepSource
  let point: KillPoint

  func verbs(
    of step: String, in machine: RolloutMachine,
    record: @escaping @Sendable () async -> RolloutRecordView
  ) throws(Failure) -> any StepVerbs {
    Verbs(base: try base.verbs(of: step, in: machine, record: record), point: point)
  }

  private struct Verbs: StepVerbs {
    let base: any StepVerbs
    let point: KillPoint

    private func call<T>(_ body: () async throws(Failure) -> T) async throws(Failure) -> T {
      point.pass(.callBefore)
      let value = try await body()
      point.pass(.callAfter)
      return value
    }

    func plan() async throws(Failure) -> RecordedPlan {
      try await call { () throws(Failure) in try await base.plan() }
    }

    func apply(
      _ plan: String, from checkpoint: String?, hooks: VerbHooks
    ) async throws(Failure) -> StepReport {
      try await call { () throws(Failure) in
        try await base.apply(plan, from: checkpoint, hooks: hooks)
      }
    }

    func verify(
      _ plan: String, report: StepReport, pace: Pace
    ) async throws(Failure) -> Verification {
      try await call { () throws(Failure) in
        try await base.verify(plan, report: report, pace: pace)
      }
    }

    func undo(_ plan: String, from checkpoint: String?, pace: Pace) async throws(Failure) {
      try await call { () throws(Failure) in
        try await base.undo(plan, from: checkpoint, pace: pace)
      }
    }
  }
}
