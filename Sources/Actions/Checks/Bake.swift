package import Resources
package import Rollouts

/// Keeps checking for a period after the switch.
///
/// More failures in a row than are tolerated fail the step, which turns the rollout back unless the
/// playbook's `onFailure` says otherwise. Too many looks in a row that cannot tell stop it for a
/// person instead. A `retry` begins the period anew, after either. A killed cutover carries on with
/// the period that it had begun, and says for how long nobody looked.
package struct Bake: Action {
  package struct Input: Decodable, Sendable {
    var checks: [CheckSet.Input]
    var period: PlaybookDuration
    var every: PlaybookDuration?
    var tolerate: Int?
    var unreachable: Unreachable?
  }

  package struct Plan: Codable, Sendable {}
  package struct Checkpoint: Codable, Sendable {
    var progress: BakeProgress
  }

  package static let name = "bake"
  package static let summary = "Keeps checking for a period after the switch."
  package static let reversal = Reversal.exact
  package static let rollsBackOnFailure = true
  package static let outputs = ["looks", "misses"]
  package static let inputs =
    [InputField.required("period", .duration, "How long to keep checking.")]
    + CheckSet.field(unreachable: .failed) + [
      .optional("every", .duration, "The pause between two looks.", default: "30s"),
      .optional(
        "tolerate", .integer(0...1000), "How many looks in a row may miss.", default: "2"),
    ]

  private static let everyDefault: Duration = .seconds(30)
  private static let toleratedDefault = 2
  /// The output by which `verify` learns that `apply` could not tell.
  private static let doubt = "doubt"

  private let input: Input
  private let site: Site
  private let checks: CheckSet

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    checks = try CheckSet(input.checks, in: site, unreachable: input.unreachable ?? .failed)
    guard every > .zero else {
      throw .permanent("step \(site.step) looks every 0 s", hint: "Give it a longer 'every'.")
    }
  }

  private var every: Duration { input.every?.duration ?? Self.everyDefault }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    CheckSet.rights(input.checks)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    Planned(
      Plan(), changes: [],
      estimate: Estimate(seconds: Double(input.period.duration.wholeMilliseconds) / 1000))
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    try await requirePromotion()
    let pace = progress.pace
    var state = checkpoint?.progress ?? BakeProgress(since: pace.clock.now())
    let isAnew = pace.limitBegin(state.since) > state.since
    if isAnew { state = BakeProgress(since: pace.clock.now()) }
    if checkpoint == nil || isAnew {
      try await progress.saveNow(Checkpoint(progress: state))
    }
    try await noteGap(state, pace)
    while true {
      let verdict = try await checks.look(pace)
      let now = pace.clock.now()
      state.note(verdict, at: now)
      switch state.ruling(
        after: verdict, at: now, period: input.period.duration,
        tolerating: input.tolerate ?? Self.toleratedDefault)
      {
      case .over: return report(state)
      case .failed(let detail):
        throw .permanent(
          "\(site.step) failed \(state.failuresInRow) times in a row: \(detail)",
          hint: "Mend the cause and 'cutover retry \(site.step)', or 'cutover rollback'.")
      case .inconclusive(let detail):
        var report = report(state)
        report.outputs[Self.doubt] = detail
        return report
      case .goesOn: break
      }
      if !verdict.isPassed { try await pace.note("a look missed: \(verdict.detail)") }
      try await progress.save(Checkpoint(progress: state))
      let end = state.since + input.period.duration
      let next = now < end ? min(end, now + every) : now + every
      try await pace.wait(until: next, for: reason(state, end, verdict))
    }
  }

  private func reason(_ state: BakeProgress, _ end: Timestamp, _ verdict: Verdict) -> String {
    let misses = state.misses == 0 ? "all well" : "\(state.misses) missed"
    let last = verdict.isPassed ? "" : "; last: \(verdict.detail)"
    return "the next look; baking until \(end), \(state.looks) looks, \(misses)\(last)"
  }

  private func report(_ state: BakeProgress) -> StepReport {
    StepReport(
      outputs: ["looks": "\(state.looks)", "misses": "\(state.misses)"],
      notes: ["\(state.looks) looks in \(input.period.text), \(state.misses) missed"])
  }

  /// A bake before the switch would prove nothing, and yet open what waits for a bake.
  private func requirePromotion() async throws(Failure) {
    let steps = await site.record().steps
    guard let promotion = steps.first(where: \.promotes), promotion.state != .done else { return }
    throw .refused(
      "\(site.step) bakes what is not live: the promoting step \(promotion.id) is "
        + promotion.state.word,
      hint: "Write \(promotion.id) into the step's 'after'; before the switch use 'validate'.")
  }

  private func noteGap(_ state: BakeProgress, _ pace: Pace) async throws(Failure) {
    guard let last = state.last else { return }
    let gap = pace.clock.now() - last
    guard gap > every * 3 else { return }
    try await pace.note("nobody looked for \(gap.wholeMilliseconds / 1000) s since \(last)")
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    if let doubt = report.outputs[Self.doubt] { return Verification(.inconclusive(doubt)) }
    let text = report.notes.first ?? "the period is over"
    return Verification(.passed(text))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
