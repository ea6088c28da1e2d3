import JSON
package import Resources
package import Rollouts

/// Makes an empty DynamoDB table like another one, with its replicas, and waits until all are ready.
///
/// It is done when the table and every replica are ACTIVE, its stream is on and nothing is in it in
/// any region. The table carries a tag that says which step made it, by which undo knows it again.
package struct TablesCreate: Action {
  enum Existing: String, Codable, Sendable, CaseIterable {
    case refuse
    /// One that is proven empty and of the same key and indexes is taken over.
    case empty
  }

  package struct Input: Decodable, Sendable {
    var table: ResourceURL
    var like: ResourceURL?
    var definition: JSONValue?
    var replicas: [String]?
    var existing: Existing?
    var live: [FunctionVariable]?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package struct Plan: Codable, Sendable {
    var definition: String
    /// Whether a table was there, and taken over.
    var isAdopted: Bool
    /// Regions that had a replica.
    var replicas: [String]
  }

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
  }

  package static let name = "tables.create"
  package static let summary = "Makes an empty DynamoDB table with its replicas."
  package static let reversal = Reversal.compensating(
    "the table that it made goes, with what this rollout wrote to it")
  package static let outputs = ["arn", "stream"]
  package static let inputs: [InputField] = [
    .required(
      "table", .resource(.table), "The table to make, in the region that owns it.",
      uses: [.look, .create]),
    .optional(
      "like", .resource(.table),
      "The table whose key, indexes, billing, stream, time to live and recovery it gets."),
    .optional(
      "definition", .any,
      "In place of that, CreateTable's members, with timeToLive and pointInTimeRecovery."),
    .optional("replicas", .list(.string), "Other regions in which it is to live."),
    .optional(
      "existing", .choice(Existing.allCases.map(\.rawValue)),
      "What happens where it is there: it is refused, or taken over where it is surely empty.",
      default: Existing.refuse.rawValue),
    .optional(
      "live", .list(.object(FunctionVariable.fields)),
      "Variables of live functions; what they name is never deleted by undo."),
    .optional("every", .duration, "The pause between two looks.", default: "15s"),
    .optional("within", .duration, "How long all of it may take.", default: "2h"),
  ]

  static let withinDefault: Duration = .seconds(2 * 3600)

  private let input: Input
  private let site: Site
  private let account: CloudAccount
  private let home: RegionalTable
  private let replicas: [RegionalTable]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    account = Self.account(of: input.table)
    home = try Self.table(input.table, site)
    let place = account.place
    replicas = (input.replicas ?? []).map { [home] region in
      RegionalTable(home.name, in: region, place, site)
    }
    let regions = [home.region] + replicas.map(\.region)
    guard Set(regions).count == regions.count else {
      throw .permanent(
        "step \(site.step) names a region twice: \(regions.joined(separator: ", "))",
        hint: "'replicas' are the regions besides the one of 'table'.")
    }
    guard (input.like == nil) != (input.definition == nil) else {
      throw .permanent(
        "step \(site.step) needs either 'like' or 'definition'",
        hint: "Name a table that it is to be like, or define it.")
    }
    if let definition = input.definition { _ = try TableBlueprint(definition, of: site.step) }
  }

  private static func account(of url: ResourceURL) -> CloudAccount {
    CloudAccount(
      region: url.authority.isEmpty ? nil : url.authority, profile: url.parameter("profile"),
      role: url.parameter("role"))
  }

  private static func table(_ url: ResourceURL, _ site: Site) throws(Failure) -> RegionalTable {
    let name = String(url.path.dropFirst())
    guard url.scheme == "dynamodb", !url.authority.isEmpty, !name.isEmpty else {
      throw .permanent(
        "\(url) is not a DynamoDB table in a region", hint: "Write dynamodb://region/table.")
    }
    return RegionalTable(name, in: url.authority, account(of: url).place, site)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let account = account(of: input.table)
    let name = String(input.table.path.dropFirst())
    var rights = LiveGuard.rights(input.live, account)
    for region in [input.table.authority] + (input.replicas ?? []) {
      let place = account.place.moved(to: region)
      let arn = RegionalTable.arn(name, in: region, place)
      rights += ["DescribeTable", "DescribeContinuousBackups", "Scan"].map {
        .look(CloudUse("dynamodb", $0, at: place, on: arn))
      }
      rights.append(.call(CloudUse("dynamodb", "ListTagsOfResource", at: place, on: arn)))
      rights += TableRights.making(arn, place) + TableRights.deleting(arn, place)
    }
    if input.replicas?.isEmpty == false {
      rights.append(TableRights.linkingRole(account.place))
    }
    return rights
  }

  private var all: [RegionalTable] { replicas + [home] }
  private var every: Duration { input.every?.duration ?? TableDemolition.everyDefault }
  /// What the tag of the table says.
  private var maker: String { "\(site.rollout)/\(site.step)" }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let blueprint = try await blueprint()
    var plan = Plan(definition: blueprint?.value.text ?? "", isAdopted: false, replicas: [])
    for table in all {
      guard let state = try await table.state() else { continue }
      // What earlier steps will do with it is not known yet.
      if site.isPreview { continue }
      guard input.existing == .empty else {
        throw .refused(
          "\(table.title) is there already",
          hint: "Delete it with 'tables.delete', or say existing: \"empty\" to take an empty one.")
      }
      if let difference = blueprint?.difference(from: state.value) {
        throw .refused(
          "\(table.title) is another table: \(difference)", hint: "Remove it, or name another one.")
      }
      guard state.isReadable, try await table.isEmpty() else {
        throw .refused(
          "\(table.title) is there already and is not empty, or \(state.status)",
          hint: "Find out whose it is; delete it with 'tables.delete' if it can go.")
      }
      if table.region == home.region {
        plan.isAdopted = true
        plan.replicas = state.replicas.map(\.region)
      } else if try await home.state() == nil {
        throw .refused(
          "\(table.title) is there, but not \(home.title)",
          hint: "Delete what is left of it with 'tables.delete'.")
      }
    }
    let missing = replicas.map(\.region).filter { !plan.replicas.contains($0) }
    var changes = plan.isAdopted ? [] : ["make the table \(home.title)"]
    if !missing.isEmpty { changes.append("  with replicas in \(missing.joined(separator: ", "))") }
    return Planned(plan, changes: changes)
  }

  /// Nil only in a preview, where the other table may not exist yet.
  private func blueprint() async throws(Failure) -> TableBlueprint? {
    if let definition = input.definition { return try TableBlueprint(definition, of: site.step) }
    guard let like = input.like else { return nil }
    let table = try Self.table(like, site)
    guard let state = try await table.state() else {
      if site.isPreview { return nil }
      throw .permanent("there is no \(table.title)", hint: "Correct 'like'.")
    }
    return try await TableBlueprint.of(table, state)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    let began = checkpoint?.began ?? pace.clock.now()
    if checkpoint == nil { try await progress.saveNow(Checkpoint(began: began)) }
    let build = TableBuild(
      home: home, replicas: replicas, blueprint: try recorded(plan),
      maker: plan.isAdopted ? nil : maker, every: every, step: site.step)
    let state = try await build.run(
      until: pace.limitBegin(began) + (input.within?.duration ?? Self.withinDefault), pace)
    if !plan.isAdopted {
      guard try await isOurs(state) else {
        throw .refused(
          "\(home.title) was made by somebody else meanwhile", hint: "Find out who made it.")
      }
    }
    for table in all where try await !table.isEmpty() {
      throw .refused(
        "\(table.title) is not empty", hint: "Find out what writes to it before anything may.")
    }
    return StepReport(
      outputs: [
        "arn": state.arn, "stream": state.value["LatestStreamArn"]?.string ?? "",
      ])
  }

  private func recorded(_ plan: Plan) throws(Failure) -> TableBlueprint {
    guard let value = try? JSONValue(parsing: plan.definition) else {
      throw .permanent("the plan of step \(site.step) cannot be read", hint: "Report this bug.")
    }
    return try TableBlueprint(value, of: site.step)
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let blueprint = try recorded(plan)
    for table in all {
      guard let state = try await table.state() else {
        return Verification(.failed("\(table.title) is not there"))
      }
      if state.status != "ACTIVE" {
        return Verification(.failed("\(table.title) is \(state.status)"))
      }
      if blueprint.input["StreamSpecification"] != nil, !state.hasStream {
        return Verification(.failed("\(table.title) has no stream"))
      }
    }
    let regions = all.map(\.region).joined(separator: ", ")
    return Verification(.passed("\(home.name) is ready in \(regions)"))
  }

  // MARK: The way back

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    let state = try await home.state()
    if !plan.isAdopted, let state, state.status != "DELETING" {
      guard try await isOurs(state) else {
        try await pace.note("\(home.title) was not made by this step, and stays")
        return
      }
    }
    let going =
      plan.isAdopted ? replicas.filter { !plan.replicas.contains($0.region) } : all
    var seen: [String: String] = [:]
    var held: [String] = []
    for table in going {
      guard let state = try await table.state() else { continue }
      seen[table.region] = state.id
      if state.isReadable, try await !table.isEmpty() { held.append(table.title) }
    }
    if seen.isEmpty { return }
    if !held.isEmpty { try await checkForgettable(held, isAdopted: plan.isAdopted) }
    let demolition = TableDemolition(
      tables: going, seen: seen, regions: Set(all.map(\.region) + plan.replicas),
      guardian: LiveGuard(functions: input.live ?? [], values: [], account: account, site: site),
      mustBeEmpty: held.isEmpty, every: every, step: site.step)
    try await demolition.run(until: pace.clock.now() + Self.undoMax, pace)
  }

  /// A replica that was the source of another one cannot be deleted for 24 hours.
  private static let undoMax: Duration = .seconds(25 * 3600)

  /// Refuses to lose what may not have come from this rollout alone.
  ///
  /// What a table holds that this rollout made empty came from its own steps, and from what they had
  /// written to it, as long as the rollout has never promoted: nobody else worked on the new side.
  private func checkForgettable(_ held: [String], isAdopted: Bool) async throws(Failure) {
    let promotions = await site.record().steps.filter { $0.promotes && $0.state != .waiting }
    guard isAdopted || !promotions.isEmpty else { return }
    throw .refused(
      "\(held.joined(separator: ", ")) holds what may be nowhere else: "
        + (isAdopted ? "the table was there before" : "the new side has been live"),
      hint: "Save it, then delete the table by hand and 'cutover skip \(site.step) --reason TEXT'.")
  }

  private func isOurs(_ state: RegionalTable.State) async throws(Failure) -> Bool {
    let answer = try await home.service.ask(
      "ListTagsOfResource", ["ResourceArn": .string(state.arn)], about: home.title)
    return (answer["Tags"]?.elements ?? []).contains { tag in
      tag["Key"]?.string?.hasSameBytes(as: TableBuild.makerTag) == true
        && tag["Value"]?.string?.hasSameBytes(as: maker) == true
    }
  }
}
