package import Resources
package import Rollouts

/// Brings a stack up; undone, a stack that this step made is destroyed.
package struct StackDeploy: Action {
  package struct Input: Decodable, Sendable {
    var stack: ResourceURL
    var template: String
    var parameters: [String: String]?
    var capabilities: [String]?
    var tags: [String: String]?
    var templateBucket: ResourceURL?
    var allow: [String]?
    var continueRollback: Bool?
    var find: [String: StackFinder.Wanted]?
    var outputsOf: [String: String]?
  }

  package struct Plan: Codable, Sendable {
    var stack: ResourceURL
    /// Whether the stack was there before this step touched anything; then undo never destroys it.
    var wasThere: Bool
    var stateBefore: StackDescription.State?
    var changes: [String]
    /// What the provider prepared, of providers that can.
    var prepared: StackChangePlan?
    /// The template as it was, where undo can bring it back.
    var snapshot: StackSnapshot?
  }

  /// Saved before the first change: from here on a stack that is there may be ours.
  package struct Checkpoint: Codable, Sendable {
    var hasBegun: Bool
  }

  package static let name = "stack.deploy"
  package static let summary = "Brings a stack up and waits until it is healthy."
  package static let reversal = Reversal.compensating(
    "a stack that this step made is destroyed; one that was there before gets its former template "
      + "back where the provider can")
  package static let inputs: [InputField] = [
    .required(
      "stack", .resource(.stack), "The stack to bring up.",
      uses: [.look, .create]),
    .required("template", .path, "What to deploy: a path or URL that the provider reads."),
    .optional("parameters", .map(.secretText), "Values for the template's parameters."),
    .optional(
      "capabilities", .list(.string), "What the template may make, such as CAPABILITY_NAMED_IAM."),
    .optional("tags", .map(.string), "Tags of the stack and of what it owns."),
    .optional(
      "templateBucket", .resource(.bucket), "Where a template too long for a request goes.",
      uses: []),
    .optional(
      "allow", .list(.string),
      "Losses of data that are agreed to: replace:LogicalId, remove:LogicalId."),
    .optional(
      "continueRollback", .boolean, "Carry a rollback that failed on before the deployment.",
      default: "false"),
    StackFinder.findField, StackFinder.outputsOfField,
  ]

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    var rights: [StepRight] = [
      .special(input.stack, .foresee), .reveal((input.parameters ?? [:]).values.sorted()),
    ]
    if let bucket = input.templateBucket { rights.append(.special(bucket, .deposit)) }
    if input.template.hasPrefix("s3://") {
      rights.append(.special(try ResourceURL(input.template), .fetch))
    }
    if input.tags?.isEmpty == false {
      rights.append(.operations(input.stack, ["TagResource"], isPlanned: true))
    }
    if input.continueRollback == true {
      rights.append(.operations(input.stack, ["ContinueUpdateRollback", "RollbackStack"]))
    }
    guard input.stack.scheme == "cloudformation" else { return rights }
    if input.stack.parameter("serviceRole") == nil {
      rights.append(.unknown("what the template of \(input.stack) makes, changes and removes"))
    }
    if input.template.hasPrefix("https://") {
      rights.append(.unknown("the right to read \(input.template)"))
    }
    return rights
  }

  private let input: Input
  private let site: Site
  private let deployer: any StackDeployer

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    deployer = try site.stack(input.stack)
    let odd = (input.allow ?? []).filter { !$0.hasPrefix("replace:") && !$0.hasPrefix("remove:") }
    guard odd.isEmpty else {
      throw .permanent(
        "step \(site.step) allows \(odd.joined(separator: ", ")), which means nothing",
        hint: "Write replace:LogicalId or remove:LogicalId.")
    }
  }

  private var mark: StepMark { StepMark("begun", in: site) }

  private func template() async throws(Failure) -> StackTemplate {
    var parameters: [String: String] = [:]
    for (name, value) in input.parameters ?? [:] {
      parameters[name] = try await site.secrets.reveal(value)
    }
    return StackTemplate(location: input.template, parameters: parameters, settings: settings)
  }

  /// Nil when nothing is asked for that only some providers can do.
  private var settings: StackSettings? {
    let isPlain =
      input.capabilities == nil && input.tags == nil && input.templateBucket == nil
      && input.allow == nil && input.continueRollback == nil
    guard !isPlain else { return nil }
    return StackSettings(
      capabilities: input.capabilities ?? [], tags: input.tags ?? [:],
      templateBucket: input.templateBucket, allow: input.allow ?? [],
      continuesRollback: input.continueRollback ?? false)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let before = try await deployer.description()
    guard let planner = deployer as? any StackChangePlanner else {
      return try await planPlainly(before)
    }
    let prepared = try await planner.prepare(try await template(), isKept: !site.isPreview)
    let refused = prepared.refused(allowing: input.allow ?? [])
    if !refused.isEmpty, !site.isPreview {
      try await planner.discard(prepared)
      throw lossOfData(refused)
    }
    let wasThere = before != nil && prepared.clears == nil
    let snapshot = wasThere && !prepared.isEmpty ? try await planner.snapshot() : nil
    let changes = prepared.lines.map(site.secrets.redact)
    let plan = Plan(
      stack: input.stack, wasThere: wasThere, stateBefore: before?.state, changes: changes,
      prepared: prepared, snapshot: snapshot.flatMap(withoutSecrets))
    if changes.isEmpty { return Planned(plan, changes: [], reversal: .exact) }
    let lines =
      ["\(wasThere ? "change" : "create") \(input.stack)"] + changes.map { "  \($0)" }
      + refused.compactMap { change in
        change.allowance.map { "  refused unless allow has \"\($0)\"" }
      }
    guard wasThere else { return Planned(plan, changes: lines, reversal: .exact) }
    return Planned(plan, changes: lines, reversal: .compensating(wayBack(plan)))
  }

  private func planPlainly(_ before: StackDescription?) async throws(Failure) -> Planned<Plan> {
    guard settings == nil, input.find == nil, input.outputsOf == nil else {
      throw .permanent(
        "\(input.stack) is no stack of a cloud: capabilities, tags, templateBucket, allow, "
          + "continueRollback, find and outputsOf mean nothing to it",
        hint: "Leave them out of step \(site.step).")
    }
    let changes = try await deployer.changes(try await template()).map(site.secrets.redact)
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

  private func lossOfData(_ changes: [StackChange]) -> Failure {
    .refused(
      "\(input.stack) is not changed, because data would be lost: "
        + changes.map(\.line).joined(separator: "; "),
      hint: "If that is meant, save the data and write allow: ["
        + changes.compactMap(\.allowance).map { "\"\($0)\"" }.joined(separator: ", ")
        + "] into step \(site.step).")
  }

  /// The journal keeps it, so it may hold no secret; nil when the template itself does.
  private func withoutSecrets(_ snapshot: StackSnapshot) -> StackSnapshot? {
    guard site.secrets.redact(snapshot.template) == snapshot.template else { return nil }
    var snapshot = snapshot
    snapshot.templateBucket = input.templateBucket
    for (name, value) in snapshot.parameters where site.secrets.redact(value) != value {
      snapshot.parameters[name] = nil
      snapshot.hidden.append(name)
    }
    return snapshot
  }

  /// What undo brings back, and what it cannot.
  private func wayBack(_ plan: Plan) -> String {
    guard let snapshot = plan.snapshot else { return "\(input.stack) stays as deployed" }
    var text = "the former template and parameters of \(input.stack) are deployed again"
    let hidden = snapshot.hidden.filter { input.parameters?[$0] != nil }
    if !hidden.isEmpty {
      text += "; \(hidden.joined(separator: ", ")), whose values AWS hides, stay as deployed"
    }
    let lost = plan.prepared?.changes.filter { $0.allowance != nil && !$0.keepsOld } ?? []
    if !lost.isEmpty {
      text += "; what was in \(lost.map(\.resource.name).joined(separator: ", ")) is gone"
    }
    return text
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    if checkpoint == nil { try await begin(plan, progress) }
    let pace = progress.pace
    pace.report(Pace.Reading(waitingFor: "\(input.stack) to be healthy"))
    guard let planner = deployer as? any StackChangePlanner, let prepared = plan.prepared else {
      let outputs = try await deployer.deploy(try await template()) {
        (note) async throws(Failure) in
        try await pace.note(note)
        try pace.checkStop()
      }
      return StepReport(outputs: outputs)
    }
    let outputs = try await planner.deploy(
      try await template(), as: prepared, watch: StackWatch(pace, in: site))
    return StepReport(outputs: try await named(outputs))
  }

  /// The outputs with the physical names that the stack gave, and those that were asked for.
  private func named(_ outputs: [String: String]) async throws(Failure) -> [String: String] {
    guard let inventory = deployer as? any StackInventory,
      let contents = try await inventory.contents()
    else { return outputs }
    let finder = StackFinder(find: input.find ?? [:], outputsOf: input.outputsOf ?? [:])
    let found = try finder.find(in: contents, of: input.stack)
    return StackFinder.names(in: contents).merging(outputs) { $1 }.merging(found) { $1 }
  }

  /// Makes sure, before the first change, that a stack found there later is this step's own.
  private func begin(_ plan: Plan, _ progress: Progress<Checkpoint>) async throws(Failure) {
    let hasBegun = try mark.isSet()
    if !plan.wasThere, !hasBegun {
      let found = try await deployer.description()
      if let found, plan.prepared?.clears == nil || plan.prepared?.clears != found.id {
        throw .refused(
          "\(input.stack) was not there when the step was planned, and now it is",
          hint: "Find out who made it; remove it or name another stack, "
            + "then 'cutover retry \(site.step)'.")
      }
    }
    if !hasBegun { try mark.set() }
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
      if let planner = deployer as? any StackChangePlanner, let snapshot = plan.snapshot {
        let hasBegun = try mark.isSet()
        guard checkpoint != nil || hasBegun else { return }
        return try await planner.restore(
          snapshot, undoing: plan.prepared?.changes ?? [],
          watch: StackWatch(pace, in: site))
      }
      if checkpoint != nil, !plan.changes.isEmpty {
        try await pace.note("\(input.stack) was there before this step and stays as deployed")
      }
      return
    }
    if checkpoint == nil, try !mark.isSet() { return }
    guard try await deployer.description() != nil else {
      if let planner = deployer as? any StackChangePlanner, let prepared = plan.prepared {
        try await planner.discard(prepared)
      }
      // A removal that was cut short may have left remains that are no stack any more.
      if !(deployer is any StackDemolisher) { try await deployer.destroy { _ in } }
      return
    }
    try await refuseWhileLive()
    if let demolisher = deployer as? any StackDemolisher {
      guard let survey = try await demolisher.survey(StackDemolition()) else { return }
      let watch = StackWatch(pace, in: site)
      if !survey.retained.isEmpty {
        try await pace.note(
          "\(input.stack) leaves "
            + survey.retained.map { $0.physicalID ?? $0.name }.joined(separator: ", "))
      }
      try await demolisher.destroy(survey, StackDemolition(), watch: watch)
    } else {
      try await deployer.destroy { (note) async throws(Failure) in
        try await pace.note(note)
        try pace.checkStop()
      }
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
    var colours: [Colour] = []
    for colour in Colour.allCases {
      guard let url = live?.sign(of: colour).stack else { continue }
      if try await site.isSameStack(url, input.stack) { colours.append(colour) }
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
          if LiveSighting.matches(values, live.sign(of: colour), of: live) {
            throw isLive("\(source.name) shows \(colour.rawValue)")
          }
        case .cannotTell(let reason):
          throw .transient(
            "whether \(input.stack) is in use cannot be told: \(source.name): \(reason)",
            hint: "It is destroyed only when that can be told; mend the cause and carry on.")
        }
      }
      let values = try await LiveValues.look(live, in: site)
      if let reason = values.silence {
        throw .transient(
          "whether \(input.stack) is in use cannot be told: \(reason)",
          hint: "It is destroyed only when that can be told; mend the cause and carry on.")
      }
      if let doubt = values.doubts(that: colour).first { throw isLive(doubt) }
    }
  }

  private func isLive(_ reason: String) -> Failure {
    .refused(
      "\(input.stack) is not destroyed: \(reason)",
      hint: "Point users elsewhere first, then 'cutover retry \(site.step)'.")
  }
}
