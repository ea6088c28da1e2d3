import JSON
package import Resources
package import Rollouts

/// Waits until a search domain is there, is not being changed and can be reached.
///
/// With a definition, a domain that is not there is made after it, and undo deletes that one, unless
/// something live names it.
package struct SearchEnsure: Action {
  package struct Own: Decodable, Sendable {
    var domain: String
    var service: SearchDomains.Interface?
    var create: JSONValue?
    var live: [FunctionVariable]?
    var notEqual: [String]?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// Whether there was no domain.
    var isMissing: Bool
  }

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
  }

  package static let name = "search.ensure"
  package static let summary = "Waits until a search domain is ready."
  package static let reversal = Reversal.compensating("a domain that it made is deleted")
  package static let outputs = ["endpoint"]
  package static let inputs: [InputField] =
    [
      .required("domain", .string, "The domain's name."), SearchDomains.serviceField,
      .optional(
        "create", .any,
        "The input of CreateDomain without the name; without it a missing domain is a failure."),
    ] + LiveGuard.fields("a domain that undo deletes") + [
      .optional("every", .duration, "The pause between two looks.", default: "30s"),
      .optional("within", .duration, "How long all of it may take.", default: "2h"),
    ] + CloudAccount.fields

  private static let everyDefault: Duration = .seconds(30)
  private static let withinDefault: Duration = .seconds(2 * 3600)
  /// One that was only just made may not be known everywhere.
  private static let appearing: Duration = .seconds(120)

  private let input: Input
  private let site: Site
  private let domain: SearchDomains
  private let guardian: LiveGuard

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    domain = SearchDomains(input.domain, input.service, input.account, in: site)
    guardian = LiveGuard(
      functions: input.live ?? [], values: input.notEqual ?? [], account: input.account, site: site)
    if let create = input.create, create.members == nil {
      throw .permanent(
        "step \(site.step): 'create' is \(create.noun), not an object",
        hint: "Write it as CreateDomain takes it.")
    }
  }

  private var mark: StepMark { StepMark("made", in: site) }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let verbs = input.create == nil ? [] : ["Create", "Delete"]
    return [.look(SearchDomains.use("Describe", input.domain, input.service, input.account))]
      + verbs.map {
        .call(SearchDomains.use($0, input.domain, input.service, input.account))
      } + LiveGuard.rights(input.live, input.account)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    guard input.create != nil else {
      return Planned(Plan(isMissing: false), changes: [], reversal: .exact)
    }
    let isMissing = try await domain.state() == nil
    return Planned(
      Plan(isMissing: isMissing), changes: isMissing ? ["make \(domain.title)"] : [],
      reversal: isMissing ? nil : .exact)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    let first = checkpoint?.began ?? pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(began: first)) }
    let began = pace.limitBegin(first)
    let wait = CloudWait(
      title: "\(domain.title) to be ready", every: input.every?.duration ?? Self.everyDefault,
      within: input.within?.duration ?? Self.withinDefault, step: site.step)
    var endpoint = ""
    try await wait.wait(since: began, pace) { () async throws(Failure) in
      guard let state = try await domain.state() else {
        if let create = input.create {
          try pace.checkStop()
          if plan.isMissing { try mark.set() }
          try await domain.create(create)
          return "it is being made"
        }
        guard pace.clock.now() < began + Self.appearing else {
          throw .permanent(
            "there is no search domain \(domain.name) here",
            hint: "Correct its name or region, or make it.")
        }
        return "it is not there"
      }
      if let broken = state.broken {
        throw .permanent("\(domain.title): \(broken)", hint: "Look at it in the console of AWS.")
      }
      if state.isBeingDeleted {
        throw .permanent(
          "\(domain.title) is being deleted", hint: "Wait until it is gone, then make it again.")
      }
      endpoint = state.endpoints.first ?? ""
      return state.unready
    }
    return StepReport(outputs: ["endpoint": endpoint])
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let state = try await domain.state() else {
      return Verification(.failed("\(domain.title) is not there"))
    }
    return Verification(
      state.unready.map { .failed("\(domain.title): \($0)") } ?? .passed("\(domain.title) is ready")
    )
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard plan.isMissing, try mark.isSet() else { return }
    let wait = CloudWait(
      title: "\(domain.title) to be gone", every: input.every?.duration ?? Self.everyDefault,
      within: input.within?.duration ?? Self.withinDefault, step: site.step)
    try await wait.wait(since: pace.clock.now(), pace) { () async throws(Failure) in
      guard let state = try await domain.state() else { return nil }
      if state.isBeingDeleted { return "it is being deleted" }
      for name in [domain.name] + state.endpoints {
        try await guardian.check(name, isPart: true)
      }
      try await domain.delete()
      return try await domain.state() == nil ? nil : "it is being deleted"
    }
    try mark.clear()
  }
}
