import JSON
package import Resources
package import Rollouts

/// Points a custom domain of API Gateway to the REST API of a name, without a moment in between.
///
/// Applying again finds it done. What somebody else has mapped since the plan was made is neither
/// overwritten nor taken back.
package struct APIMapping: Action {
  package struct Own: Decodable, Sendable {
    var domain: String
    var basePath: String?
    var api: String
    var stage: String
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// What was mapped; nil for nothing.
    var former: BasePathMappings.Mapping?
    /// Nil only in a preview.
    var wanted: BasePathMappings.Mapping?
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "api.mapping"
  package static let summary =
    "Points a custom domain of API Gateway to the REST API of a name."
  package static let reversal = Reversal.exact
  package static let outputs = ["restApiId", "formerApiId"]
  package static let inputs: [InputField] =
    [
      .required("domain", .string, "The custom domain."),
      .optional("basePath", .string, "The base path.", default: BasePathMappings.noPath),
      .required("api", .string, "The name of the REST API; exactly one must have it."),
      .required("stage", .string, "The stage of the API."),
      .optional("within", .duration, "How long it may take to show.", default: "5m"),
    ] + CloudAccount.fields

  private static let withinDefault: Duration = .seconds(300)
  private static let every: Duration = .seconds(5)

  private let input: Input
  private let site: Site
  private let mappings: BasePathMappings

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    mappings = BasePathMappings(
      domain: input.domain, basePath: input.basePath, input.account, in: site)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let path = "/domainnames/\(input.domain)/basepathmappings"
    let account = input.account
    return BasePathMappings.looks(at: input.domain, account) + [
      .look(BasePathMappings.right("GetRestApis", "GET", "/restapis", account)),
      .call(BasePathMappings.right("CreateBasePathMapping", "POST", path, account)),
      .call(BasePathMappings.right("UpdateBasePathMapping", "PATCH", "\(path)/*", account)),
      .call(BasePathMappings.right("DeleteBasePathMapping", "DELETE", "\(path)/*", account)),
    ]
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(former: nil, wanted: nil)
    do throws(Failure) {
      plan.former = try await mappings.current()
      plan.wanted = .init(api: try await mappings.id(ofAPI: input.api), stage: input.stage)
    } catch {
      // The domain or the API may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    if let wanted = plan.wanted, wanted.isSame(as: plan.former) {
      return Planned(plan, changes: [])
    }
    let from = plan.former.map { "from \($0.text) " } ?? ""
    let to = plan.wanted?.text ?? "\(input.api), stage \(input.stage)"
    return Planned(plan, changes: ["point \(mappings.title) \(from)to \(to)"])
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    guard let wanted = plan.wanted else {
      throw .permanent("step \(site.step) has no plan", hint: "Plan it anew.")
    }
    let pace = progress.pace
    try pace.checkStop()
    try await set(wanted, insteadOf: plan.former, pace)
    return StepReport(
      outputs: ["restApiId": wanted.api, "formerApiId": plan.former?.api ?? ""])
  }

  /// Sets the mapping unless it shows something that neither this step nor the plan knows of.
  private func set(
    _ wanted: BasePathMappings.Mapping, insteadOf former: BasePathMappings.Mapping?, _ pace: Pace
  ) async throws(Failure) {
    let wait = CloudWait(
      title: "\(mappings.title) to lead to \(wanted.text)", every: Self.every,
      within: input.within?.duration ?? Self.withinDefault, step: site.step)
    try await wait.wait(since: pace.clock.now(), pace) { () async throws(Failure) in
      if try await isSet(wanted, insteadOf: former) { return nil }
      // What is written is read back at once; only what does not show yet is waited for.
      if try await mappings.current()?.isSame(as: wanted) == true { return nil }
      return "it does not show yet"
    }
  }

  /// True if it was so before; otherwise it has been written.
  private func isSet(
    _ wanted: BasePathMappings.Mapping, insteadOf former: BasePathMappings.Mapping?
  ) async throws(Failure) -> Bool {
    guard let current = try await mappings.current() else {
      try await mappings.create(wanted)
      return false
    }
    if current.isSame(as: wanted) { return true }
    guard current.isSame(as: former) else {
      throw .refused(
        "\(mappings.title) leads to \(current.text), which is neither what it was nor what it is "
          + "to be",
        hint: "Somebody changed it. Put it back or to \(wanted.text), then 'cutover retry "
          + "\(site.step)'.")
    }
    try await mappings.replace(current, with: wanted)
    return false
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let current = try await mappings.current()
    guard let wanted = plan.wanted, wanted.isSame(as: current) else {
      return Verification(.failed("\(mappings.title) leads to \(current?.text ?? "nothing")"))
    }
    return Verification(.passed("\(mappings.title) leads to \(wanted.text)"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let wanted = plan.wanted, !wanted.isSame(as: plan.former) else { return }
    let current = try await mappings.current()
    if let former = plan.former {
      if former.isSame(as: current) { return }
      if current == nil || wanted.isSame(as: current) {
        return try await set(former, insteadOf: current == nil ? nil : wanted, pace)
      }
    } else {
      if current == nil { return }
      if wanted.isSame(as: current) { return try await mappings.delete() }
    }
    try await pace.note(
      "\(mappings.title) leads to \(current?.text ?? "nothing") now, which is not of this step: "
        + "it is left alone")
  }
}
