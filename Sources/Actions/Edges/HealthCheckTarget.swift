import JSON
package import Resources
package import Rollouts

/// Lets a health check of Route 53 look at another name, port or path.
///
/// An update shows the version that it was made from. Undo gives back what stood there, where what
/// stands there is still ours.
package struct HealthCheckTarget: Action {
  package struct Own: Decodable, Sendable {
    var check: String
    var fqdn: String
    var port: Int?
    var path: String?
  }

  package typealias Input = Beside<CloudAccount, Own>

  /// What a health check looks at; nil for what it does not say.
  package struct Target: Codable, Hashable, Sendable {
    var fqdn: String?
    var port: String?
    var path: String?

    var text: String { "\(fqdn ?? "no name")\(port.map { ":\($0)" } ?? "")\(path ?? "")" }

    func isSame(as other: Target) -> Bool {
      [(fqdn?.lowercased(), other.fqdn?.lowercased()), (port, other.port), (path, other.path)]
        .allSatisfy { ($0.0 ?? "").hasSameBytes(as: $0.1 ?? "") }
    }
  }

  package struct Plan: Codable, Sendable {
    /// Nil only in a preview.
    var former: Target?
    var wanted: Target
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "healthcheck.target"
  package static let summary = "Lets a health check of Route 53 look at another name."
  package static let reversal = Reversal.exact
  package static let outputs = ["formerName"]
  package static let inputs: [InputField] =
    [
      .required("check", .string, "The health check's id."),
      .required("fqdn", .string, "The name that it is to look at."),
      .optional("port", .integer(1...65_535), "The port; by default as it is."),
      .optional("path", .string, "The path; by default as it is."),
    ] + CloudAccount.fields

  private static let every: Duration = .seconds(2)
  private static let within: Duration = .seconds(120)
  private static let root = "/2013-04-01/healthcheck"
  private static let space = "https://route53.amazonaws.com/doc/2013-04-01/"

  private let input: Input
  private let site: Site
  private let service: CloudService

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    service = CloudService("route53", at: input.account.place, in: site)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let partition = CloudPartition.of(input.account.region).rawValue
    func use(_ operation: String) -> CloudUse {
      CloudUse(
        "route53", operation, at: input.account.place,
        on: "arn:\(partition):route53:::healthcheck/\(input.check)")
    }
    return [.look(use("GetHealthCheck")), .call(use("UpdateHealthCheck"))]
  }

  private var title: String { "the health check \(input.check)" }
  private var path: String { "\(Self.root)/\(URLTemplate.encoded(input.check))" }

  private struct Reading {
    let target: Target
    let version: String
    let address: String?
  }

  private func read() async throws(Failure) -> Reading {
    let answer = try await service.ask(
      "GetHealthCheck", .null, about: title, route: ("GET", path))
    guard let check = answer["HealthCheck"], let version = check["HealthCheckVersion"]?.string
    else {
      throw .transient("Route 53 did not say how \(title) is", hint: "It is tried again.")
    }
    let config = check["HealthCheckConfig"]
    func text(_ name: String) -> String? {
      config?[name]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }
    return Reading(
      target: Target(
        fqdn: text("FullyQualifiedDomainName"), port: text("Port"), path: text("ResourcePath")),
      version: version, address: text("IPAddress"))
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(
      former: nil,
      wanted: Target(fqdn: input.fqdn, port: input.port.map { "\($0)" }, path: input.path))
    do throws(Failure) {
      let now = try await read()
      if let address = now.address {
        throw .refused(
          "\(title) looks at the address \(address); the name is only sent along",
          hint: "Use a check that looks at a name.")
      }
      plan.former = now.target
      plan.wanted.port = plan.wanted.port ?? now.target.port
      plan.wanted.path = plan.wanted.path ?? now.target.path
    } catch {
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    if plan.former?.isSame(as: plan.wanted) == true { return Planned(plan, changes: []) }
    let from = plan.former.map { "from \($0.text) " } ?? ""
    return Planned(plan, changes: ["turn \(title) \(from)to \(plan.wanted.text)"])
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    try progress.pace.checkStop()
    try await set(plan.wanted, insteadOf: plan.former, progress.pace)
    return StepReport(outputs: ["formerName": plan.former?.fqdn ?? ""])
  }

  private func set(
    _ wanted: Target, insteadOf former: Target?, _ pace: Pace
  ) async throws(Failure) {
    let wait = CloudWait(
      title: "\(title) to look at \(wanted.text)", every: Self.every, within: Self.within,
      step: site.step)
    try await wait.wait(since: pace.clock.now(), pace) { () async throws(Failure) in
      let now = try await read()
      if now.target.isSame(as: wanted) { return nil }
      guard former.map({ now.target.isSame(as: $0) }) ?? true else {
        throw .refused(
          "\(title) looks at \(now.target.text), which is neither what it was nor what it is to be",
          hint: "Somebody changed it. Put it right there, then 'cutover retry \(site.step)'.")
      }
      try await update(wanted, now)
      let after = try await read().target
      return after.isSame(as: wanted) ? nil : "it looks at \(after.text)"
    }
  }

  private func update(_ wanted: Target, _ now: Reading) async throws(Failure) {
    func element(_ name: String, _ text: String?) -> String {
      text.map { "<\(name)>\(XMLChild.escaped($0))</\(name)>" } ?? ""
    }
    // A value that is taken back must be named; one that is left out stays as it is.
    let reset = [
      ("FullyQualifiedDomainName", wanted.fqdn, now.target.fqdn),
      ("ResourcePath", wanted.path, now.target.path),
    ].filter { $0.1 == nil && $0.2 != nil }.map { element("ResettableElementName", $0.0) }
    let body =
      "<UpdateHealthCheckRequest xmlns=\"\(Self.space)\">"
      + element("HealthCheckVersion", now.version) + element("Port", wanted.port)
      + element("ResourcePath", wanted.path)
      + element("FullyQualifiedDomainName", wanted.fqdn)
      + (reset.isEmpty ? "" : "<ResetElements>\(reset.joined())</ResetElements>")
      + "</UpdateHealthCheckRequest>"
    switch try await service.call(
      "UpdateHealthCheck", .string(body), about: title, route: ("POST", path))
    {
    // Somebody changed it since it was read: it is read again.
    case .answer, .error("HealthCheckVersionMismatch", _): return
    case .error(_, let failure): throw failure
    }
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let now = try await read().target
    let text = "\(title) looks at \(now.text)"
    return Verification(now.isSame(as: plan.wanted) ? .passed(text) : .failed(text))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let former = plan.former, !former.isSame(as: plan.wanted) else { return }
    let now = try await read().target
    if now.isSame(as: former) { return }
    guard now.isSame(as: plan.wanted) else {
      return try await pace.note(
        "\(title) looks at \(now.text) now, which is not of this step: it is left alone")
    }
    try await set(former, insteadOf: plan.wanted, pace)
  }
}
