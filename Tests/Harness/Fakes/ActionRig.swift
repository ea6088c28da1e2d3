import JSON
package import Resources
package import Rollouts
import Synchronization

/// Runs one action as a driver would, through the texts that the journal keeps.
///
/// A rig stands for one process: `killAtWrite` ends it at its n-th journal write, before or after
/// that is durable. Another rig on the same ``ActionJournal`` stands for the next process.
package struct ActionRig: Sendable {
  package let verbs: any StepVerbs
  package let journal: ActionJournal
  private let clock: any WallClock

  package init(
    _ action: ActionDescriptor, _ input: String, in site: Site,
    journal: ActionJournal = ActionJournal()
  ) throws {
    let value = try JSONValue(reading: Array(input.utf8), dialect: .json5)
    verbs = try action.verbs(for: value, in: site)
    self.journal = journal
    clock = site.clock
  }

  package var pace: Pace {
    Pace(
      clock: clock, isAskedToStop: { [journal] in journal.isStopping },
      show: { [journal] in journal.show($0) },
      record: { [journal] (text) async throws(Failure) in try journal.note(text) },
      retriedAt: journal.retriedAt)
  }

  package func plan() async throws -> RecordedPlan {
    let plan = try await verbs.plan()
    journal.setPlan(plan)
    return plan
  }

  /// Applies the recorded plan, planning first where there is none.
  @discardableResult
  package func apply() async throws -> StepReport {
    if journal.plan == nil { _ = try await plan() }
    let hooks = VerbHooks(
      pace: pace,
      save: { [journal] (text, _) async throws(Failure) in try journal.save(text) },
      cross: { [journal] () async throws(Failure) in try journal.cross() })
    let report = try await verbs.apply(
      journal.plan?.plan ?? "", from: journal.checkpoint, hooks: hooks)
    journal.setReport(report)
    return report
  }

  package func verify() async throws -> Verdict {
    if journal.plan == nil { _ = try await plan() }
    return try await verbs.verify(
      journal.plan?.plan ?? "", report: journal.report ?? StepReport(), pace: pace
    ).verdict
  }

  package func undo() async throws {
    guard let plan = journal.plan else { return }
    try await verbs.undo(plan.plan, from: journal.checkpoint, pace: pace)
  }
}

/// What a journal keeps of one step, with a switch that kills its writer.
package final class ActionJournal: Sendable {
  private struct State {
    var plan: RecordedPlan?
    var checkpoint: String?
    var report: StepReport?
    var notes: [String] = []
    var readings: [Pace.Reading] = []
    var hasCrossed = false
    var writes = 0
    var killAt: Int?
    var killsAfterWriting = false
    var isStopping = false
    var retriedAt: Timestamp?
    var beforeCrossing: (@Sendable () -> Void)?
  }

  /// What a killed process throws here; nothing of it is recorded.
  package static let killed = Failure(.cancelled, "killed", hint: "")

  private let state = Mutex(State())

  package init() {}

  package var plan: RecordedPlan? { state.withLock { $0.plan } }
  package var checkpoint: String? { state.withLock { $0.checkpoint } }
  package var report: StepReport? { state.withLock { $0.report } }
  package var notes: [String] { state.withLock { $0.notes } }
  package var readings: [Pace.Reading] { state.withLock { $0.readings } }
  package var hasCrossed: Bool { state.withLock { $0.hasCrossed } }
  package var writes: Int { state.withLock { $0.writes } }
  package var isStopping: Bool { state.withLock { $0.isStopping } }

  var retriedAt: Timestamp? { state.withLock { $0.retriedAt } }

  package func setPlan(_ plan: RecordedPlan) { state.withLock { $0.plan = plan } }
  package func setReport(_ report: StepReport) { state.withLock { $0.report = report } }
  package func forgetCheckpoint() { state.withLock { $0.checkpoint = nil } }
  package func askToStop(_ isStopping: Bool = true) {
    state.withLock { $0.isStopping = isStopping }
  }
  /// A person asks, at this moment, to try the step again.
  package func retry(at moment: Timestamp) { state.withLock { $0.retriedAt = moment } }
  package func whenCrossing(_ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.beforeCrossing = body }
  }

  /// Kills at the n-th write from now; nil for never.
  package func kill(atWrite number: Int?, afterWriting: Bool) {
    state.withLock { state in
      state.writes = 0
      state.killAt = number
      state.killsAfterWriting = afterWriting
    }
  }

  func show(_ reading: Pace.Reading) {
    state.withLock { state in
      if state.readings.last != reading { state.readings.append(reading) }
    }
  }

  func save(_ text: String) throws(Failure) { try write { $0.checkpoint = text } }
  func note(_ text: String) throws(Failure) { try write { $0.notes.append(text) } }

  func cross() throws(Failure) {
    state.withLock { $0.beforeCrossing }?()
    try write { $0.hasCrossed = true }
  }

  private func write(_ change: (inout State) -> Void) throws(Failure) {
    let isKilled = state.withLock { state in
      state.writes += 1
      let isKilled = state.writes == state.killAt
      if !isKilled || state.killsAfterWriting { change(&state) }
      return isKilled
    }
    if isKilled { throw Self.killed }
  }
}
