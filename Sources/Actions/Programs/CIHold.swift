import JSON
package import Resources
package import Rollouts

/// Approves a hold of a CircleCI workflow, or cancels the workflow, and waits until that shows.
///
/// A hold that the jobs before it still block cannot be approved yet, so it is waited for. What was
/// approved cannot be taken back; undo may cancel the workflow instead. Source: the API reference of
/// CircleCI, version 2.
package struct CIHold: Action {
  enum Deed: String, Codable, Sendable, CaseIterable {
    case approve
    case cancel
  }

  enum Undo: String, Codable, Sendable, CaseIterable {
    case cancel
    case leave
  }

  package struct Input: Decodable, Sendable {
    var provider: String?
    var token: String
    var workflow: String
    var job: String?
    var `do`: Deed
    var undo: Undo?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package struct Plan: Codable, Sendable {
    /// Whether it was done before; undo leaves that alone.
    var wasDone: Bool
  }

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
  }

  package static let name = "ci.hold"
  package static let summary = "Approves a hold of a CircleCI workflow, or cancels the workflow."
  package static let reversal = Reversal.compensating("what was approved stays so")
  package static let outputs = ["status"]
  package static let inputs: [InputField] = [
    .optional(
      "provider", .string, "Where the API is.", default: "https://circleci.com/api/v2"),
    .required("token", .secretText, "The token of the API, as a secret."),
    .required("workflow", .string, "The workflow's id."),
    .optional("job", .string, "The name of the hold, to approve it."),
    .required("do", .choice(Deed.allCases.map(\.rawValue)), "What is done."),
    .optional(
      "undo", .choice(Undo.allCases.map(\.rawValue)),
      "What undo of an approval does; without it nothing, and there is no way back from there."),
    .optional("every", .duration, "The pause between two looks.", default: "5s"),
    .optional("within", .duration, "How long it may take.", default: "10m"),
  ]

  private static let standard = "https://circleci.com/api/v2"
  private static let everyDefault: Duration = .seconds(5)
  private static let withinDefault: Duration = .seconds(600)

  private let input: Input
  private let site: Site
  private let workflow: CIWorkflow

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    workflow = CIWorkflow(
      base: input.provider ?? Self.standard, token: input.token, id: input.workflow, site: site)
    if input.do == .approve, input.job == nil {
      throw .permanent(
        "step \(site.step) approves, but does not say which hold", hint: "Give it 'job'.")
    }
  }

  private var title: String {
    input.do == .approve ? "the hold \(input.job ?? "")" : "the workflow \(input.workflow)"
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(wasDone: false)
    do throws(Failure) {
      plan.wasDone = try await isDone()
    } catch {
      // The workflow may not have been started yet.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    if plan.wasDone { return Planned(plan, changes: [], reversal: .exact) }
    let reversal: Reversal =
      switch (input.do, input.undo) {
      case (.cancel, _): .none(because: "a cancelled workflow does not go on")
      case (.approve, .cancel?): .compensating("the workflow is cancelled")
      case (.approve, .leave?): .compensating("what was approved stays so")
      case (.approve, nil): .none(because: "an approval cannot be taken back")
      }
    return Planned(
      plan, changes: ["\(input.do.rawValue) \(title) at CircleCI"], reversal: reversal)
  }

  private var isReversible: Bool { input.do == .approve && input.undo != nil }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    let began = checkpoint?.began ?? pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(began: began)) }
    if !isReversible, !plan.wasDone { try await progress.crossPointOfNoReturn() }
    switch input.do {
    case .approve: try await approve(since: pace.limitBegin(began), pace)
    case .cancel: try await cancel(since: pace.limitBegin(began), pace)
    }
    return StepReport(outputs: ["status": try await status()])
  }

  private func isDone() async throws(Failure) -> Bool {
    switch input.do {
    case .approve: try await workflow.job(input.job ?? "").state == .approved
    case .cancel: try await workflow.status() == Self.cancelled
    }
  }

  private func wait(_ title: String) -> CloudWait {
    CloudWait(
      title: title, every: input.every?.duration ?? Self.everyDefault,
      within: input.within?.duration ?? Self.withinDefault, step: site.step)
  }

  private func approve(since began: Timestamp, _ pace: Pace) async throws(Failure) {
    try await wait("\(title) to be approved").wait(since: began, pace) {
      () async throws(Failure) in
      let job = try await workflow.job(input.job ?? "")
      switch job.state {
      case .approved: return nil
      case .over:
        throw .permanent(
          "\(title) is \(job.status): it cannot be approved any more",
          hint: "Look at the workflow; 'cutover skip \(site.step) --reason TEXT' goes on without.")
      case .blocked: return "it is \(job.status)"
      case .waiting:
        guard let request = job.request else { return "it has no number to approve yet" }
        if let refusal = try await workflow.approve(request) { return refusal }
        return try await workflow.job(input.job ?? "").state == .approved
          ? nil : "it does not show yet"
      }
    }
  }

  private static let cancelled = "canceled"

  private func cancel(since began: Timestamp, _ pace: Pace) async throws(Failure) {
    let title = "the workflow \(input.workflow)"
    try await wait("\(title) to be cancelled").wait(since: began, pace) {
      () async throws(Failure) in
      let status = try await workflow.status()
      if status == Self.cancelled { return nil }
      // `failing` still runs.
      if ["success", "failed", "error", "not_run", "unauthorized"].contains(status) {
        throw .permanent(
          "\(title) is over (\(status)) and cannot be cancelled",
          hint: "'cutover skip \(site.step) --reason TEXT' goes on without.")
      }
      if let refusal = try await workflow.cancel() { return refusal }
      let after = try await workflow.status()
      return after == Self.cancelled ? nil : "it is \(after)"
    }
  }

  private func status() async throws(Failure) -> String {
    switch input.do {
    case .approve: try await workflow.job(input.job ?? "").status
    case .cancel: try await workflow.status()
    }
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let text = "\(title) is \(try await status())"
    return Verification(try await isDone() ? .passed(text) : .failed(text))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard input.do == .approve, input.undo == .cancel, !plan.wasDone, try await isDone() else {
      return
    }
    let status = try await workflow.status()
    guard !["success", "failed", "error", Self.cancelled].contains(status) else {
      return try await pace.note(
        "the workflow \(input.workflow) is \(status) already: there is nothing to cancel")
    }
    try await cancel(since: pace.clock.now(), pace)
  }
}
