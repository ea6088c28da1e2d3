import JSON
package import Resources
package import Rollouts

/// Deletes a DynamoDB table in one region after the other: replicas first, the owner last.
///
/// Each region is waited for until DynamoDB says that there is no such table; that access is denied
/// is never taken for it. Right before each deletion it is proven that nothing live names the table.
/// A table that was empty is made again by undo; of any other the loss is for good.
package struct TablesDelete: Action {
  package struct Own: Decodable, Sendable {
    var table: String
    var regions: [String]
    var live: [FunctionVariable]?
    var notEqual: [String]?
    var mustBeEmpty: Bool?
    var leftover: Bool?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// The ids of the tables that were there, by region.
    var seen: [String: String]
    /// Whether none of them held anything.
    var wasEmpty: Bool
    /// By what the owner is made again; nil where nothing was there.
    var definition: String?
  }

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
  }

  package static let name = "tables.delete"
  package static let summary = "Deletes a DynamoDB table, region by region, unless it is live."
  package static let reversal = Reversal.compensating(
    "an empty table is made again; of another one nothing comes back")
  package static let inputs: [InputField] =
    [
      .required("table", .string, "The table's name."),
      .required(
        "regions", .list(.string), "All its regions, in the order in which it goes; the owner last."
      ),
    ] + LiveGuard.fields("the table") + [
      .optional(
        "mustBeEmpty", .boolean, "Whether a table that holds anything is refused.",
        default: "false"),
      .optional(
        "leftover", .boolean,
        "Whether it is what an earlier attempt left: undo then leaves it gone, and its loss is no "
          + "point of no return.", default: "false"),
      .optional("every", .duration, "The pause between two looks.", default: "15s"),
      .optional("within", .duration, "How long all of it may take.", default: "25h"),
    ] + CloudAccount.fields

  /// A replica that was the source of another one cannot be deleted for 24 hours.
  private static let withinDefault: Duration = .seconds(25 * 3600)

  private let input: Input
  private let site: Site
  private let tables: [RegionalTable]
  private let guardian: LiveGuard

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    let name = RegionalTable.name(of: input.table)
    guard !name.isEmpty, !input.regions.isEmpty, Set(input.regions).count == input.regions.count
    else {
      throw .permanent(
        "step \(site.step) needs the name of a table and its regions, each once",
        hint: "Write table: \"orders\", regions: [\"us-west-1\", \"us-east-1\"].")
    }
    tables = input.regions.map { RegionalTable(name, in: $0, input.account.place, site) }
    guardian = LiveGuard(
      functions: input.live ?? [], values: input.notEqual ?? [], account: input.account, site: site)
    guard !guardian.isIdle || input.mustBeEmpty == true else {
      throw .permanent(
        "step \(site.step) deletes a table without knowing what is live",
        hint: "Give it 'live' functions or 'notEqual' values, or 'mustBeEmpty: true'.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let name = RegionalTable.name(of: input.table)
    return input.regions.flatMap { region -> [StepRight] in
      let place = input.account.place.moved(to: region)
      let arn = RegionalTable.arn(name, in: region, place)
      return ["DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "Scan"].map {
        .look(CloudUse("dynamodb", $0, at: place, on: arn))
      } + TableRights.deleting(arn, place) + TableRights.making(arn, place)
    } + LiveGuard.rights(input.live, input.account)
  }

  private var name: String { tables[0].name }
  /// Whether undo brings back all that goes, or leaves it gone on purpose.
  private func isReversible(_ plan: Plan) -> Bool {
    plan.wasEmpty || input.mustBeEmpty == true || input.leftover == true
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(seen: [:], wasEmpty: true, definition: nil)
    var changes: [String] = []
    for table in tables {
      guard let state = try await table.state() else { continue }
      try TableDemolition.checkReplicas(
        of: state, title: table.title, among: Set(input.regions))
      guard !state.isProtected else {
        throw .refused(
          "\(table.title) is protected against deletion",
          hint: "Take the protection off by hand if it is really to go.")
      }
      plan.seen[table.region] = state.id
      if state.status == "DELETING" {
        changes.append("wait until the table \(table.title) is gone")
        continue
      }
      let isEmpty = state.isReadable ? try await table.isEmpty() : true
      if !isEmpty, input.mustBeEmpty == true, !site.isPreview {
        throw .refused(
          "\(table.title) is not deleted: it is not empty",
          hint: "Find out what it holds; delete it with a step that may, if it can go.")
      }
      plan.wasEmpty = plan.wasEmpty && isEmpty
      plan.definition = try await TableBlueprint.of(table, state).value.text
      changes.append(
        "delete the table \(table.title), which \(isEmpty ? "is empty" : "holds items")")
    }
    if plan.seen.isEmpty { return Planned(plan, changes: [], reversal: .exact) }
    // What a preview sees is not yet what will be live.
    if !site.isPreview { try await guardian.check(name) }
    return Planned(
      plan, changes: changes,
      reversal: isReversible(plan) ? nil : .none(because: "what \(name) held is gone"))
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    let began = checkpoint?.began ?? pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(began: began)) }
    if !isReversible(plan) { try await progress.crossPointOfNoReturn() }
    let demolition = TableDemolition(
      tables: tables, seen: plan.seen, regions: Set(input.regions), guardian: guardian,
      mustBeEmpty: input.mustBeEmpty == true || plan.wasEmpty,
      every: input.every?.duration ?? TableDemolition.everyDefault, step: site.step)
    try await demolition.run(
      until: pace.limitBegin(began) + (input.within?.duration ?? Self.withinDefault), pace)
    let gone = tables.filter { plan.seen[$0.region] != nil }.map(\.region)
    return StepReport(
      notes: gone.isEmpty
        ? ["\(name) was gone already"] : ["\(name) is gone in \(gone.joined(separator: ", "))"])
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    for table in tables {
      do throws(Failure) {
        if try await table.state() != nil {
          return Verification(.failed("\(table.title) is there"))
        }
      } catch {
        guard error.isTransient else { throw error }
        return Verification(.inconclusive(error.summary))
      }
    }
    return Verification(
      .passed("\(name) is not there in \(input.regions.joined(separator: ", "))"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    let there = tables.filter { plan.seen[$0.region] != nil }
    guard let home = there.last, let definition = plan.definition else { return }
    guard plan.wasEmpty else {
      if input.leftover == true {
        try await pace.note("\(name) was left by an earlier attempt and stays gone")
      }
      return
    }
    guard let value = try? JSONValue(parsing: definition) else {
      throw .permanent("the plan of step \(site.step) cannot be read", hint: "Report this bug.")
    }
    let every = input.every?.duration ?? TableDemolition.everyDefault
    let build = TableBuild(
      home: home, replicas: there.dropLast(),
      blueprint: try TableBlueprint(value, of: site.step), maker: nil, every: every,
      step: site.step)
    try await waitForDeletion(of: there, every, pace)
    _ = try await build.run(until: pace.clock.now() + TablesCreate.withinDefault, pace)
    try await pace.note("\(name), which was empty, is there again")
  }

  /// What is being deleted cannot be made again before it is gone.
  private func waitForDeletion(
    of tables: [RegionalTable], _ every: Duration, _ pace: Pace
  ) async throws(Failure) {
    let end = pace.clock.now() + TablesCreate.withinDefault
    for table in tables {
      while try await table.state()?.status == "DELETING" {
        let next = pace.clock.now() + every
        guard next <= end else {
          throw .permanent(
            "\(table.title) is still being deleted", hint: "Look at it there, then try again.")
        }
        try await pace.wait(until: next, for: "\(table.title) to be gone")
      }
    }
  }
}
