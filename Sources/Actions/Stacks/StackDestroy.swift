package import Resources
package import Rollouts

/// Takes a stack down for good, behind interlocks.
package struct StackDestroy: Action {
  package struct Requirements: Decodable, Sendable {
    /// The step that must have baked; any `bake` after the promotion when left out.
    var bake: String?
    /// The gate that must have been approved; any `gate.approval` after the promotion when left out.
    var approval: String?
    var waive: [DestructionInterlock.Waivable]?
    var reason: String?
  }

  package struct Input: Decodable, Sendable {
    var stack: ResourceURL
    var name: String
    var requires: Requirements?
    var emptyBuckets: [String]?
    var retain: [String]?
    var disableProtection: Bool?
  }

  package struct Plan: Codable, Sendable {
    var stack: ResourceURL
    var wasThere: Bool
    var resources: [String]
    /// What was looked at beforehand, of providers that can tell.
    var survey: StackSurvey?
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "stack.destroy"
  package static let summary = "Destroys a stack and all it owns, once nothing needs it any more."
  package static let reversal = Reversal.none(because: "what a destroyed stack held is gone")
  package static let inputs: [InputField] = [
    .required(
      "stack", .resource(.stack), "The stack to destroy; it must be the former one's.",
      uses: [.look, .destroy]),
    .required("name", .string, "The last part of the stack's URL again, so that no slip kills."),
    .optional(
      "requires",
      .object([
        .optional("bake", .step, "The step that must have baked; by default any after the switch."),
        .optional("approval", .step, "The gate to be approved; by default any after the switch."),
        .optional(
          "waive", .list(.choice(DestructionInterlock.Waivable.allCases.map(\.rawValue))),
          "Interlocks to do without; needs a reason."),
        .optional("reason", .string, "Why interlocks are waived; it is written to the journal."),
      ]), "What must be so before anything is destroyed."),
    .optional("emptyBuckets", .list(.string), "Logical ids of buckets to empty first, wholly."),
    .optional("retain", .list(.string), "Logical ids of what may stay if it cannot be deleted."),
    .optional(
      "disableProtection", .boolean, "Take the stack's protection against termination off.",
      default: "false"),
  ]

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    var rights: [StepRight] = [.special(input.stack, .survey)]
    if input.disableProtection == true {
      rights.append(.operations(input.stack, ["UpdateTerminationProtection"]))
    }
    if input.stack.scheme == "cloudformation", input.stack.parameter("serviceRole") == nil {
      rights.append(.unknown("the deletion of all that \(input.stack) owns"))
    }
    if let buckets = input.emptyBuckets, !buckets.isEmpty {
      rights.append(.unknown("the emptying of \(buckets.joined(separator: ", "))"))
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
    let last = Self.lastPart(of: input.stack)
    guard last.utf8.elementsEqual(input.name.utf8) else {
      throw .permanent(
        "step \(site.step) names '\(input.name)' for destruction, but the URL \(input.stack) "
          + "ends in '\(last)'",
        hint: "Make 'name' and the last part of 'stack' agree.")
    }
    let waived = input.requires?.waive ?? []
    let reason = input.requires?.reason ?? ""
    guard waived.isEmpty || reason.contains(where: { !$0.isWhitespace }) else {
      throw .permanent(
        "step \(site.step) waives \(waived.map(\.rawValue).joined(separator: ", ")) "
          + "without a reason",
        hint: "Write requires.reason, for those who will ask.")
    }
  }

  /// What a person calls the stack: the end of the path, or the authority where there is none.
  static func lastPart(of url: ResourceURL) -> String {
    url.path.split(separator: "/").last.map(String.init) ?? url.authority
  }

  private var wishes: StackDemolition {
    StackDemolition(
      emptyBuckets: input.emptyBuckets ?? [], retain: input.retain ?? [],
      disablesProtection: input.disableProtection ?? false)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let found = try await deployer.description()
    var plan = Plan(
      stack: input.stack, wasThere: found != nil, resources: found?.resources ?? [])
    guard let found else { return Planned(plan, changes: [], reversal: .exact) }
    guard let demolisher = deployer as? any StackDemolisher else {
      guard wishes == StackDemolition() else {
        throw .permanent(
          "\(input.stack) is no stack of a cloud: emptyBuckets, retain and disableProtection mean "
            + "nothing to it", hint: "Leave them out of step \(site.step).")
      }
      return Planned(
        plan, changes: ["destroy \(input.stack) for good"] + found.resources.map { "  \($0)" })
    }
    plan.survey = try await demolisher.survey(wishes)
    let lines = plan.survey?.lines ?? []
    return Planned(
      plan, changes: ["destroy \(input.stack) for good"] + lines.map { "  \($0)" })
  }

  /// Looks once more right before: at the stack that was planned, with nothing more in it.
  private func survey(
    _ plan: Plan, _ demolisher: any StackDemolisher
  ) async throws(Failure) -> StackSurvey? {
    guard let now = try await demolisher.survey(wishes) else { return nil }
    if let planned = plan.survey {
      let known = Set(planned.deleted)
      let new = now.deleted.filter { !known.contains($0) }
      guard planned.id.utf8.elementsEqual(now.id.utf8), new.isEmpty else {
        throw .refused(
          "\(input.stack) is not what was planned to be destroyed: "
            + (new.isEmpty ? "it was made anew" : new.map(\.name).joined(separator: ", ")),
          hint: "Find out who changed it; 'cutover skip \(site.step) --reason …' leaves it alone.")
      }
    }
    guard now.obstacles.isEmpty else {
      throw .refused(
        "\(input.stack) is not destroyed: \(now.obstacles.joined(separator: "; "))",
        hint: "Put these right, then 'cutover retry \(site.step)'; nothing was destroyed.")
    }
    return now
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    guard try await deployer.description() != nil else {
      // A removal that was cut short may have left remains that are no stack any more.
      if !(deployer is any StackDemolisher) { try await deployer.destroy { _ in } }
      return StepReport(notes: ["\(input.stack) was gone already"])
    }
    guard plan.wasThere else {
      throw .refused(
        "\(input.stack) was not there when its destruction was planned, and now it is",
        hint: "Find out who made it; 'cutover skip \(site.step) --reason …' leaves it alone.")
    }
    let interlock = DestructionInterlock(
      target: input.stack, requirements: input.requires, site: site)
    try await interlock.check()
    var surveyed: StackSurvey?
    if let demolisher = deployer as? any StackDemolisher {
      surveyed = try await survey(plan, demolisher)
    }
    let waived = input.requires?.waive ?? []
    if !waived.isEmpty {
      try await progress.pace.note(
        "waived for \(input.stack): \(waived.map(\.rawValue).joined(separator: ", ")): "
          + (input.requires?.reason ?? ""))
    }
    try await progress.crossPointOfNoReturn()
    // Crossing waited for the journal; the world may have moved meanwhile.
    try await interlock.check()
    let pace = progress.pace
    pace.report(Pace.Reading(waitingFor: "\(input.stack) to be destroyed"))
    if let surveyed, let demolisher = deployer as? any StackDemolisher {
      try await demolisher.destroy(surveyed, wishes, watch: StackWatch(pace, in: site))
    } else {
      try await deployer.destroy { (note) async throws(Failure) in
        try await pace.note(note)
        try pace.checkStop()
      }
    }
    if try await deployer.description() != nil {
      throw .transient(
        "\(input.stack) is still there after it was destroyed",
        hint: "Look what keeps it; 'cutover retry \(site.step)' destroys the rest.")
    }
    return StepReport(notes: ["destroyed \(input.stack)"])
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard try await deployer.description() == nil else {
      return Verification(.failed("\(input.stack) is still there"))
    }
    if let demolisher = deployer as? any StackDemolisher, var survey = plan.survey {
      survey.deleted.removeAll { resource in wishes.retain.contains { resource.isCalled($0) } }
      let left = try await demolisher.leftovers(of: survey)
      guard left.isEmpty else {
        return Verification(
          .inconclusive(
            "\(input.stack) is gone, but not all that it owned: \(left.joined(separator: "; "))"))
      }
    }
    return Verification(.passed("\(input.stack) is gone"))
  }

  /// Reached only before the point of no return, when nothing was destroyed yet.
  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
