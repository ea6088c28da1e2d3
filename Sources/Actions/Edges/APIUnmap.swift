import JSON
package import Resources
package import Rollouts

/// Takes the mapping of a custom domain of API Gateway away, so that nobody reaches the API by it.
///
/// No mapping, or no such domain, is what is wanted. Undo maps what was there before again.
package struct APIUnmap: Action {
  package struct Own: Decodable, Sendable {
    var domain: String
    var basePath: String?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    var former: BasePathMappings.Mapping?
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "api.unmap"
  package static let summary = "Takes the mapping of a custom domain of API Gateway away."
  package static let reversal = Reversal.exact
  package static let outputs = ["formerApiId"]
  package static let inputs: [InputField] =
    [
      .required("domain", .string, "The custom domain."),
      .optional("basePath", .string, "The base path.", default: BasePathMappings.noPath),
    ] + CloudAccount.fields

  private static let within: Duration = .seconds(300)
  private static let every: Duration = .seconds(5)

  private let site: Site
  private let mappings: BasePathMappings

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.site = site
    mappings = BasePathMappings(
      domain: input.domain, basePath: input.basePath, input.account, in: site)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let path = "/domainnames/\(input.domain)/basepathmappings"
    let account = input.account
    return BasePathMappings.looks(at: input.domain, account) + [
      .call(BasePathMappings.right("DeleteBasePathMapping", "DELETE", "\(path)/*", account)),
      .call(BasePathMappings.right("CreateBasePathMapping", "POST", path, account)),
    ]
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let former = try await mappings.current(domainMayBeAbsent: true)
    return Planned(
      Plan(former: former),
      changes: former.map { ["take away \(mappings.title), which leads to \($0.text)"] } ?? [])
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    try pace.checkStop()
    let wait = CloudWait(
      title: "\(mappings.title) to be gone", every: Self.every, within: Self.within,
      step: site.step)
    try await wait.wait(since: pace.clock.now(), pace) { () async throws(Failure) in
      guard let current = try await mappings.current(domainMayBeAbsent: true) else { return nil }
      guard current.isSame(as: plan.former) else {
        throw .refused(
          "\(mappings.title) leads to \(current.text), which it did not when this step was planned",
          hint: "Somebody changed it. Take it away or put it back, then 'cutover retry "
            + "\(site.step)'.")
      }
      try await mappings.delete()
      return try await mappings.current(domainMayBeAbsent: true).map { "it leads to \($0.text)" }
    }
    return StepReport(outputs: ["formerApiId": plan.former?.api ?? ""])
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let current = try await mappings.current(domainMayBeAbsent: true) else {
      return Verification(.passed("\(mappings.title) is not there"))
    }
    return Verification(.failed("\(mappings.title) leads to \(current.text)"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let former = plan.former else { return }
    let wait = CloudWait(
      title: "\(mappings.title) to lead to \(former.text)", every: Self.every,
      within: Self.within, step: site.step)
    var isLeft = false
    try await wait.wait(since: pace.clock.now(), pace) { () async throws(Failure) in
      guard let current = try await mappings.current() else {
        try await mappings.create(former)
        return try await mappings.current() == nil ? "it does not show yet" : nil
      }
      if !former.isSame(as: current), !isLeft {
        isLeft = true
        try await pace.note(
          "\(mappings.title) leads to \(current.text) now, which is not of this step: it is left "
            + "alone")
      }
      return nil
    }
  }
}
