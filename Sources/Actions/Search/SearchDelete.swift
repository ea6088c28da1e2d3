import JSON
package import Resources
package import Rollouts

/// Deletes a search domain that nothing live names, and waits until it is gone.
///
/// Gone is only what the service says is not there: denied access, or a deletion that was accepted,
/// is not that. A domain never comes back, so this is a point of no return.
package struct SearchDelete: Action {
  package struct Own: Decodable, Sendable {
    var domain: String
    var service: SearchDomains.Interface?
    var live: [FunctionVariable]?
    var notEqual: [String]?
    var mustBeEmpty: Bool?
    var leftover: Bool?
    var endpoint: String?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    var isThere: Bool
    /// The domain's host names, by which functions may name it.
    var endpoints: [String]
  }

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
  }

  package static let name = "search.delete"
  package static let summary = "Deletes a search domain, unless it is live."
  package static let reversal = Reversal.compensating("what an earlier attempt left stays gone")
  package static let inputs: [InputField] =
    [.required("domain", .string, "The domain's name."), SearchDomains.serviceField]
    + LiveGuard.fields("the domain") + [
      .optional(
        "mustBeEmpty", .boolean,
        "Whether a domain that holds documents is refused; those of type 'config' do not count.",
        default: "false"),
      .optional(
        "leftover", .boolean,
        "Whether it is what an earlier attempt left, so that its loss is no point of no return.",
        default: "false"),
      .optional(
        "endpoint", .string, "Where its documents are counted; by default as the service tells."),
      .optional("every", .duration, "The pause between two looks.", default: "30s"),
      .optional("within", .duration, "How long all of it may take.", default: "2h"),
    ] + CloudAccount.fields

  private static let everyDefault: Duration = .seconds(30)
  private static let withinDefault: Duration = .seconds(2 * 3600)
  /// What the dashboards keep of themselves is nobody's data.
  private static let data: JSONValue = [
    "bool": ["must_not": [["term": ["type": "config"]]]]
  ]

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
    guard !guardian.isIdle || input.mustBeEmpty == true else {
      throw .permanent(
        "step \(site.step) deletes a search domain without knowing what is live",
        hint: "Give it 'live' functions or 'notEqual' values, or 'mustBeEmpty: true'.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    var rights: [StepRight] = [
      .look(SearchDomains.use("Describe", input.domain, input.service, input.account)),
      .call(SearchDomains.use("Delete", input.domain, input.service, input.account)),
    ]
    if input.mustBeEmpty == true {
      let arn = input.account.name("es", "domain/\(input.domain)/*")
      rights.append(.look(CloudUse("es", "ESHttpPost", at: input.account.place, on: arn)))
    }
    return rights + LiveGuard.rights(input.live, input.account)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    guard let state = try await domain.state() else {
      return Planned(Plan(isThere: false, endpoints: []), changes: [], reversal: .exact)
    }
    let plan = Plan(isThere: true, endpoints: state.endpoints)
    // What a preview sees is not yet what will be live.
    if !site.isPreview { try await checkLive(plan) }
    return Planned(
      plan, changes: ["delete \(domain.title)"],
      reversal: input.leftover == true
        ? nil : .none(because: "a search domain does not come back"))
  }

  /// Names are looked for within longer ones, too: an endpoint holds the name of its domain.
  private func checkLive(_ plan: Plan) async throws(Failure) {
    for name in [domain.name] + plan.endpoints where !name.isEmpty {
      try await guardian.check(name, isPart: true)
    }
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    guard plan.isThere else { return StepReport(notes: ["\(domain.title) was gone already"]) }
    let pace = progress.pace
    let began = checkpoint?.began ?? pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(began: began)) }
    let wait = CloudWait(
      title: "\(domain.title) to be gone", every: input.every?.duration ?? Self.everyDefault,
      within: input.within?.duration ?? Self.withinDefault, step: site.step)
    try await wait.wait(since: pace.limitBegin(began), pace) { () async throws(Failure) in
      guard let state = try await domain.state() else { return nil }
      if state.isBeingDeleted { return "it is being deleted" }
      try await checkLive(plan)
      if input.mustBeEmpty == true { try await checkEmpty(state) }
      if input.leftover != true { try await progress.crossPointOfNoReturn() }
      try pace.checkStop()
      try await domain.delete()
      return try await domain.state() == nil ? nil : "it is being deleted"
    }
    return StepReport(notes: ["\(domain.title) is gone"])
  }

  private func checkEmpty(_ state: SearchDomains.State) async throws(Failure) {
    guard let text = input.endpoint ?? state.endpoints.first else {
      throw .refused(
        "\(domain.title) is not deleted: it has no endpoint at which to count its documents",
        hint: "Give 'endpoint', or wait until it has one.")
    }
    let data = SearchData(try SearchEndpoint(text, of: site.step), input.account, in: site)
    guard let count = try await data.count(of: nil, query: Self.data), count == 0 else {
      throw .refused(
        "\(domain.title) is not deleted: it is not empty",
        hint: "Find out what it holds; delete it with a step that may, if it can go.")
    }
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    try await domain.state() == nil
      ? Verification(.passed("\(domain.title) is not there"))
      : Verification(.failed("\(domain.title) is there"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard plan.isThere, try await domain.state() == nil else { return }
    try await pace.note("\(domain.title) stays gone")
  }
}
