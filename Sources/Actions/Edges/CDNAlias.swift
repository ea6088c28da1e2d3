import JSON
package import Resources
package import Rollouts

/// Moves an alternate name of CloudFront from one distribution to another.
///
/// By two updates, between which no distribution has the name, or by AssociateAlias, which leaves no
/// gap but wants a TXT record that proves whose name it is. The step ends when CloudFront has
/// carried both distributions everywhere.
package struct CDNAlias: Action {
  enum Way: String, Codable, Sendable, CaseIterable {
    case update
    case associate
  }

  package struct Own: Decodable, Sendable {
    var alias: String
    var from: String?
    var to: String
    var how: Way?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// The distribution to which undo gives the name; nil where none had it.
    var source: String?
    /// Nil only in a preview.
    var target: String?
    /// Whether the target had it before; undo leaves that alone.
    var wasThere: Bool
  }

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
  }

  package static let name = "cdn.alias"
  package static let summary =
    "Moves an alternate name of CloudFront from one distribution to another."
  package static let reversal = Reversal.exact
  package static let outputs = ["distribution", "formerDistribution"]
  package static let inputs: [InputField] =
    [
      .required("alias", .string, "The name that is moved."),
      .optional(
        "from", .string,
        "The distribution that has it, by id or another of its names; by default whichever has."),
      .required("to", .string, "The distribution that gets it, by id or another of its names."),
      .optional(
        "how", .choice(Way.allCases.map(\.rawValue)),
        "By two updates, or by AssociateAlias, which needs its TXT record in DNS.",
        default: Way.update.rawValue),
      .optional("every", .duration, "The pause between two looks.", default: "15s"),
      .optional("within", .duration, "How long all of it may take.", default: "30m"),
    ] + CloudAccount.fields

  private static let everyDefault: Duration = .seconds(15)
  private static let withinDefault: Duration = .seconds(1800)

  private let input: Input
  private let site: Site
  private let distributions: Distributions

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    distributions = Distributions(input.account, in: site)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let account = input.account
    func use(_ operation: String, _ resource: String) -> CloudUse {
      CloudUse("cloudfront", operation, at: account.place, on: resource)
    }
    // A name stands for a distribution that only a look tells.
    let names = [input.to, input.from]
    let ids = names.map { name in
      name.flatMap { $0.contains(".") ? nil : Distributions.arn($0, account) }
        ?? Distributions.arn("*", account)
    }
    let changes =
      input.how == .associate
      ? ["AssociateAlias", "UpdateDistribution"] : ["UpdateDistribution"]
    return [.look(use("ListDistributions", "*"))]
      + Set(ids).sorted().flatMap { id in
        [.look(use("GetDistribution", id)), .look(use("GetDistributionConfig", id))]
          + changes.map { .call(use($0, id)) }
      }
  }

  private var every: Duration { input.every?.duration ?? Self.everyDefault }
  private var within: Duration { input.within?.duration ?? Self.withinDefault }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(source: nil, target: nil, wasThere: false)
    do throws(Failure) {
      plan = try await lookedUp()
    } catch {
      // The distributions may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    if plan.wasThere { return Planned(plan, changes: []) }
    let from = plan.source.map { "from the distribution \($0) " } ?? ""
    return Planned(
      plan,
      changes: ["move \(input.alias) \(from)to the distribution \(plan.target ?? input.to)"])
  }

  private func lookedUp() async throws(Failure) -> Plan {
    let all = try await distributions.all()
    let target = try Distributions.id(of: input.to, among: all)
    let named = try input.from.map { (from) throws(Failure) in
      try Distributions.id(of: from, among: all)
    }
    if let named, named.hasSameBytes(as: target) {
      throw .permanent(
        "step \(site.step) moves \(input.alias) from \(target) to itself",
        hint: "Name another distribution.")
    }
    let holder = all.first { $0.has(input.alias) }?.id
    let isThere = holder?.hasSameBytes(as: target) == true
    if let holder, let named, !isThere, !holder.hasSameBytes(as: named) {
      throw .refused(
        "\(input.alias) is on the distribution \(holder), not on \(named)",
        hint: "Correct 'from', or find out who moved it.")
    }
    return Plan(source: isThere ? named : holder ?? named, target: target, wasThere: isThere)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    guard let target = plan.target else {
      throw .permanent("step \(site.step) has no plan", hint: "Plan it anew.")
    }
    let pace = progress.pace
    let began = checkpoint?.began ?? pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(began: began)) }
    if input.how == .associate {
      try await associate(target, pace)
    } else {
      try await move(from: plan.source, to: target, since: pace.limitBegin(began), pace)
    }
    try await awaitDeployed([target, plan.source], pace)
    return StepReport(
      outputs: ["distribution": target, "formerDistribution": plan.source ?? ""])
  }

  private func associate(_ target: String, _ pace: Pace) async throws(Failure) {
    if try await distributions.configuration(of: target).has(input.alias) { return }
    try pace.checkStop()
    switch try await distributions.associate(input.alias, with: target) {
    case .done, .changedMeanwhile: return
    case .taken(let failure), .refused(let failure): throw failure
    }
  }

  private func move(
    from source: String?, to target: String, since began: Timestamp, _ pace: Pace
  ) async throws(Failure) {
    let move = AliasMove(
      distributions: distributions, name: input.alias, source: source, target: target,
      every: every, within: within, step: site.step)
    try await move.run(since: began, pace)
  }

  private func awaitDeployed(_ ids: [String?], _ pace: Pace) async throws(Failure) {
    let wait = CloudWait(
      title: "\(input.alias) to be known to all of CloudFront", every: every, within: within,
      step: site.step)
    // A time of its own: a retry that finds the name moved still has to wait for this.
    try await wait.wait(since: pace.clock.now(), pace) { () async throws(Failure) in
      for id in ids.compactMap(\.self) {
        let status = try await distributions.status(of: id)
        if status != Self.deployed { return "\(id) is \(status)" }
      }
      return nil
    }
  }

  private static let deployed = "Deployed"

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let target = plan.target else { return Verification(.failed("nothing was planned")) }
    let holders = try await distributions.all().filter { $0.has(input.alias) }.map(\.id)
    guard holders.count == 1, holders[0].hasSameBytes(as: target) else {
      let found = holders.isEmpty ? "no distribution" : holders.joined(separator: ", ")
      return Verification(.failed("\(input.alias) is on \(found), not on \(target)"))
    }
    let status = try await distributions.status(of: target)
    return Verification(
      status == Self.deployed
        ? .passed("\(input.alias) is on \(target) alone, everywhere")
        : .inconclusive("\(target) is \(status)"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let target = plan.target, !plan.wasThere else { return }
    let holder = try await distributions.all().first { $0.has(input.alias) }?.id
    let isOurs = holder?.hasSameBytes(as: target) == true
    if let holder, !isOurs {
      if plan.source?.hasSameBytes(as: holder) != true {
        try await pace.note(
          "\(input.alias) is on the distribution \(holder) now, where this step did not put it: "
            + "it is left there")
      }
      return
    }
    let began = pace.clock.now()
    if let source = plan.source {
      try await move(from: isOurs ? target : nil, to: source, since: began, pace)
    } else if isOurs {
      try await take(from: target, since: began, pace)
    }
    try await awaitDeployed([plan.source, target], pace)
  }

  /// Takes the name from a distribution; none has it then, as before.
  private func take(from id: String, since began: Timestamp, _ pace: Pace) async throws(Failure) {
    let wait = CloudWait(
      title: "\(input.alias) to be off the distribution \(id)", every: every, within: within,
      step: site.step)
    try await wait.wait(since: began, pace) { () async throws(Failure) in
      let read = try await distributions.configuration(of: id)
      guard read.has(input.alias) else { return nil }
      let rest = read.names.filter { !Distributions.isSame($0, input.alias) }
      switch try await distributions.update(read, names: rest) {
      case .done: return nil
      case .changedMeanwhile: return "somebody changed it meanwhile"
      case .taken(let failure), .refused(let failure): throw failure
      }
    }
  }
}
