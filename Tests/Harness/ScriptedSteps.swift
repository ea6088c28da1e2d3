package import Resources
package import Rollouts
import Synchronization

/// Steps whose verbs do what a test says, and remember that they were called.
package final class ScriptedSteps: StepSource {
  package typealias Script =
    @Sendable (_ step: String, _ phase: Phase, _ call: Int, _ hooks: VerbHooks)
    async throws(Failure) -> Void

  private let script: Script
  private let calls = Mutex<[String]>([])

  package init(_ script: @escaping Script) { self.script = script }

  /// `step.phase` for each call, in the order of their beginnings.
  package var log: [String] { calls.withLock { $0 } }

  package func verbs(
    of step: String, in machine: RolloutMachine,
    record: @escaping @Sendable () async -> RolloutRecordView
  ) throws(Failure) -> any StepVerbs {
    Verbs(steps: self, step: step)
  }

  private func run(_ step: String, _ phase: Phase, _ hooks: VerbHooks) async throws(Failure) {
    let word = "\(step).\(phase.rawValue)"
    let call = calls.withLock { calls in
      calls.append(word)
      return calls.count { $0 == word }
    }
    try await script(step, phase, call, hooks)
  }

  private struct Verbs: StepVerbs {
    let steps: ScriptedSteps
    let step: String

    func plan() async throws(Failure) -> RecordedPlan {
      try await steps.run(step, .plan, ScriptedSteps.noHooks)
      return RecordedPlan(
        plan: "{}", changes: ["change \(step)"], estimate: .init(), isReversible: true)
    }

    func apply(
      _ plan: String, from checkpoint: String?, hooks: VerbHooks
    ) async throws(Failure) -> StepReport {
      try await steps.run(step, .apply, hooks)
      return StepReport(outputs: ["from": checkpoint ?? ""])
    }

    func verify(
      _ plan: String, report: StepReport, pace: Pace
    ) async throws(Failure) -> Verification {
      try await steps.run(step, .verify, ScriptedSteps.hooks(pace))
      return Verification(.passed("looked"))
    }

    func undo(_ plan: String, from checkpoint: String?, pace: Pace) async throws(Failure) {
      try await steps.run(step, .undo, ScriptedSteps.hooks(pace))
    }
  }

  private static let noHooks = hooks(
    Pace(clock: ManualClock(), isAskedToStop: { false }, show: { _ in }, record: { _ in }))

  private static func hooks(_ pace: Pace) -> VerbHooks {
    VerbHooks(pace: pace, save: { _, _ in }, cross: {})
  }
}
