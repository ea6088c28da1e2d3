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
  }

  package struct Plan: Codable, Sendable {
    var stack: ResourceURL
    var wasThere: Bool
    var resources: [String]
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "stack.destroy"
  package static let summary = "Destroys a stack and all it owns, once nothing needs it any more."
  package static let reversal = Reversal.none(because: "what a destroyed stack held is gone")
  package static let inputs: [InputField] = [
    .required("stack", .resource(.stack), "The stack to destroy; it must be the former one's."),
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
  ]

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

  package func plan() async throws(Failure) -> Planned<Plan> {
    let found = try await deployer.description()
    let plan = Plan(
      stack: input.stack, wasThere: found != nil, resources: found?.resources ?? [])
    guard let found else { return Planned(plan, changes: [], reversal: .exact) }
    return Planned(
      plan, changes: ["destroy \(input.stack) for good"] + found.resources.map { "  \($0)" })
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    guard try await deployer.description() != nil else {
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
    try await deployer.destroy { (note) async throws(Failure) in
      try await pace.note(note)
      try pace.checkStop()
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
    if try await deployer.description() == nil {
      return Verification(.passed("\(input.stack) is gone"))
    }
    return Verification(.failed("\(input.stack) is still there"))
  }

  /// Reached only before the point of no return, when nothing was destroyed yet.
  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
