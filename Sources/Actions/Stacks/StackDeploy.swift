package import Resources
package import Rollouts

/// Brings a stack up; undone, a stack that this step made is destroyed.
package struct StackDeploy: Action {
  package struct Input: Decodable, Sendable {
    var stack: ResourceURL
    var template: String
    var parameters: [String: String]?
  }

  package struct Plan: Codable, Sendable {
    var stack: ResourceURL
    /// Whether the stack was there before this step touched anything; then undo never destroys it.
    var wasThere: Bool
    var stateBefore: StackDescription.State?
    var changes: [String]
  }

  /// Saved before the first change: from here on a stack that is there may be ours.
  package struct Checkpoint: Codable, Sendable {
    var hasBegun: Bool
  }

  package static let name = "stack.deploy"
  package static let summary = "Brings a stack up and waits until it is healthy."
  package static let reversal = Reversal.compensating(
    "a stack that this step made is destroyed; one that was there before stays as deployed")
  package static let inputs: [InputField] = [
    .required("stack", .resource(.stack), "The stack to bring up."),
    .required("template", .string, "What to deploy: a path or URL that the provider reads."),
    .optional("parameters", .map(.secretText), "Values for the template's parameters."),
  ]

  private let input: Input
  private let site: Site
  private let deployer: any StackDeployer

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    deployer = try site.stack(input.stack)
  }

  private var mark: StepMark { StepMark("begun", in: site) }

  private func template() throws(Failure) -> StackTemplate {
    var parameters: [String: String] = [:]
    for (name, value) in input.parameters ?? [:] {
      parameters[name] = try site.secrets.reveal(value)
    }
    return StackTemplate(location: input.template, parameters: parameters)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let before = try await deployer.description()
    let changes = try await deployer.changes(try template()).map(site.secrets.redact)
    let plan = Plan(
      stack: input.stack, wasThere: before != nil, stateBefore: before?.state, changes: changes)
    guard before != nil else {
      return Planned(
        plan, changes: ["create \(input.stack)"] + changes.map { "  \($0)" }, reversal: .exact)
    }
    if changes.isEmpty { return Planned(plan, changes: [], reversal: .exact) }
    return Planned(
      plan, changes: ["change \(input.stack)"] + changes.map { "  \($0)" },
      reversal: .compensating(
        "\(input.stack) was there before and stays as deployed: \(changes.joined(separator: "; "))"
      ))
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    if checkpoint == nil { try await begin(plan, progress) }
    let pace = progress.pace
    pace.report(Pace.Reading(waitingFor: "\(input.stack) to be healthy"))
    let outputs = try await deployer.deploy(try template()) { (note) async throws(Failure) in
      try await pace.note(note)
      try pace.checkStop()
    }
    return StepReport(outputs: outputs)
  }

  /// Makes sure, before the first change, that a stack found there later is this step's own.
  private func begin(_ plan: Plan, _ progress: Progress<Checkpoint>) async throws(Failure) {
    if !plan.wasThere, try !mark.isSet() {
      if try await deployer.description() != nil {
        throw .refused(
          "\(input.stack) was not there when the step was planned, and now it is",
          hint: "Find out who made it; remove it or name another stack, "
            + "then 'cutover retry \(site.step)'.")
      }
      try mark.set()
    }
    try await progress.saveNow(Checkpoint(hasBegun: true))
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let found = try await deployer.description() else {
      return Verification(.failed("\(input.stack) is not there"))
    }
    switch found.state {
    case .healthy: return Verification(.passed("\(input.stack) is healthy"))
    case .changing: return Verification(.inconclusive("\(input.stack) is still changing"))
    case .unhealthy: return Verification(.failed("\(input.stack) is not healthy"))
    case .stopped: return Verification(.failed("\(input.stack) does not run"))
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard !plan.wasThere else {
      if checkpoint != nil, !plan.changes.isEmpty {
        try await pace.note("\(input.stack) was there before this step and stays as deployed")
      }
      return
    }
    if checkpoint == nil, try !mark.isSet() { return }
    guard try await deployer.description() != nil else { return }
    try await refuseWhileLive()
    try await deployer.destroy { (note) async throws(Failure) in
      try await pace.note(note)
      try pace.checkStop()
    }
    if try await deployer.description() != nil {
      throw .transient(
        "\(input.stack) is still there after it was destroyed",
        hint: "Look what keeps it, then 'cutover retry \(site.step)'.")
    }
  }

  /// What users are sent to is not taken down, whatever the journal says.
  private func refuseWhileLive() async throws(Failure) {
    let recorded = await site.record().live
    let live = site.live
    let colours = Colour.allCases.filter {
      live?.sign(of: $0).stack?.isSame(as: input.stack) == true
    }
    // Whose stack it is cannot be told: then the colour that this rollout made live decides.
    if colours.isEmpty, recorded == site.to {
      throw isLive("the journal says that \(recorded.rawValue) is live")
    }
    guard let live else { return }
    for colour in colours {
      if recorded == colour { throw isLive("the journal says that \(colour.rawValue) is live") }
      for source in try await LiveSighting.look(live, in: site).sources {
        switch source.finding {
        case .shows(let values):
          if LiveSighting.matches(values, live.sign(of: colour).value, type: live.type) {
            throw isLive("\(source.name) shows \(colour.rawValue)")
          }
        case .cannotTell(let reason):
          throw .transient(
            "whether \(input.stack) is in use cannot be told: \(source.name): \(reason)",
            hint: "It is destroyed only when that can be told; mend the cause and carry on.")
        }
      }
    }
  }

  private func isLive(_ reason: String) -> Failure {
    .refused(
      "\(input.stack) is not destroyed: \(reason)",
      hint: "Point users elsewhere first, then 'cutover retry \(site.step)'.")
  }
}
