import JSON
package import Resources
package import Rollouts

/// Has a store make new tables of backups, or of what tables held at a moment.
///
/// A restore never changes a table that exists. What it leaves out is set again as the source has
/// it, and what cannot be set from here is said.
package struct TablesRestore: Action {
  package static let name = "tables.restore"
  package static let summary =
    "Have the store make new tables of backups, or of what tables held at a moment."
  package static let reversal = Reversal.exact
  package static let outputs = ["tables"]
  package static let inputs: [InputField] = [
    .required(
      "pairs",
      .list(
        .object([
          .required(
            "from", .resource(.table), "The table that was backed up, or whose past is wanted.",
            uses: [.look]),
          .required(
            "to", .resource(.table), "The table to make; it must not exist.",
            uses: [.look, .destroy]),
          .optional("backup", .string, "The full name of a backup, as tables.backup gives it."),
          .optional(
            "at", .moment, "The moment whose state is wanted; by default the latest there is."),
        ])), "The tables to make, each with what it is made of."),
    .optional(
      "backups", .string, "What tables.backup gave as 'backups': its backup of each 'from'."),
    .optional(
      "settings", .choice(SettingsPolicy.allCases.map(\.rawValue)),
      "Whether a new table gets what a restore leaves out (time to live, point-in-time recovery, "
        + "stream, tags, protection) as its 'from' has it, or nothing.",
      default: SettingsPolicy.source.rawValue),
    .optional("within", .duration, "How long all of it may take.", default: "24h"),
  ]

  package enum SettingsPolicy: String, Codable, Sendable, CaseIterable {
    case source
    case none
  }

  package struct Input: Decodable, Sendable {
    package var pairs: [TableRevival]
    package var backups: String?
    package var settings: SettingsPolicy?
    package var within: PlaybookDuration?

    package init(pairs: [TableRevival]) { self.pairs = pairs }
  }

  package struct Plan: Codable, Sendable {
    struct Table: Codable, Sendable {
      var to: ResourceURL
      var origin: TableOrigin
      /// What the source has that a restore leaves out; nil where nobody can tell.
      var settings: TableSettings?
    }

    var tables: [Table]
  }

  private static let withinDefault: Duration = .seconds(24 * 3600)

  private let input: Input
  private let site: Site
  private let origins: [TableOrigin]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    let targets = Set(input.pairs.map(\.to))
    guard !input.pairs.isEmpty, targets.count == input.pairs.count,
      targets.isDisjoint(with: input.pairs.map(\.from))
    else {
      throw .permanent(
        "\(Self.name): 'pairs' names no table, one target twice, or a source as a target",
        hint: "A restore makes a new table: give each pair a 'to' of its own.")
    }
    let backups = try input.backups.map { text throws(Failure) in
      guard let value = try? JSONValue(reading: Array(text.utf8)), value.members != nil else {
        throw .permanent(
          "\(Self.name): 'backups' is not what tables.backup gives",
          hint: "Write \"${steps.ID.outputs.backups}\" of such a step.")
      }
      return value
    }
    var origins: [TableOrigin] = []
    for pair in input.pairs { origins.append(try pair.origin(backups, of: Self.name)) }
    self.origins = origins
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    input.pairs.flatMap { pair in
      [pair.from, pair.to].flatMap { [.special($0, .survey), .special($0, .restore)] }
    }
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var planned = Planned(Plan(tables: []), changes: [])
    for (pair, origin) in zip(input.pairs, origins) {
      let target = try store(pair.to)
      let source = try store(pair.from)
      if try await target.description() != nil {
        guard site.isPreview else {
          throw .refused(
            "\(pair.to) exists, and a restore always makes a new table",
            hint: "Name a table that does not exist yet, and point the application there.")
        }
        planned.changes.append("\(pair.to) exists: it must be gone before this step")
      }
      let description = try await source.description()
      var table = Plan.Table(to: pair.to, origin: origin, settings: nil)
      let volume = description.map { " (\(TableVolume.text($0)) now)" } ?? ""
      planned.changes.append("make the new table \(pair.to) of \(text(origin, pair.from))\(volume)")
      if description != nil {
        if !site.isPreview || origin.isPast { try await check(origin, source) }
        if input.settings != SettingsPolicy.none { table.settings = try await source.settings() }
      } else if origin.isPast, !site.isPreview {
        throw .permanent(
          "\(pair.from) does not exist", hint: "Name a backup of it, if there is one.")
      } else {
        planned.changes.append(
          "\(pair.from) is not there: what settings it had cannot be told, set them yourself")
      }
      planned.changes += lines(table)
      planned.plan.tables.append(table)
    }
    return planned
  }

  private func lines(_ table: Plan.Table) -> [String] {
    guard let settings = table.settings else { return [] }
    let again = settings.names
    return (again.isEmpty ? [] : ["set \(again.joined(separator: ", ")) on \(table.to) again"])
      + settings.others.map { "\(table.to): \($0)" }
  }

  private func text(_ origin: TableOrigin, _ from: ResourceURL) -> String {
    switch origin {
    case .backup(let id): "the backup \(id) of \(from)"
    case .past(_, let moment): moment.map { "\(from) as it was at \($0)" } ?? "\(from) as it is"
    }
  }

  private func check(_ origin: TableOrigin, _ source: any TableRestoring) async throws(Failure) {
    switch origin {
    case .backup(let id):
      guard let keeper = source as? any TableBackingUp else { return }
      guard let backup = try await keeper.backup(withID: id) else {
        throw .permanent("there is no backup \(id)", hint: "List those of \(source.url).")
      }
      guard backup.isReady else {
        throw .transient("the backup \(id) is not whole yet", hint: "It is tried again.")
      }
    case .past(_, let moment):
      guard let past = try await source.past() else {
        throw .refused(
          "the past of \(source.url) is not kept: point-in-time recovery is off",
          hint: "Restore a backup instead.")
      }
      guard let moment, !past.holds(moment) else { return }
      let span = [past.earliest, past.latest].map { $0.map(\.description) ?? "…" }
      throw .refused(
        "\(moment) is out of what is kept of \(source.url): \(span[0]) to \(span[1])",
        hint: "Name a moment in between.")
    }
  }

  package func apply(
    _ plan: Plan, from checkpoint: NoCheckpoint?, progress: Progress<NoCheckpoint>
  ) async throws(Failure) -> StepReport {
    for table in plan.tables { try await store(table.to).beginRestore(from: table.origin) }
    var notes: [String] = []
    let wait = StoreWait(pace: progress.pace, within: input.within?.duration ?? Self.withinDefault)
    for (index, table) in plan.tables.enumerated() {
      let target = try store(table.to)
      _ = try await wait.until("\(table.to) to be restored") { () async throws(Failure) in
        try await target.isRestored() ? true : nil
      }
      progress.pace.report(.init(done: index + 1, total: plan.tables.count, unit: "tables"))
      guard let settings = table.settings else { continue }
      let done = try await target.complete(with: settings)
      if !done.isEmpty { notes.append("\(table.to) has again: \(done.joined(separator: ", "))") }
      notes += settings.others.map { "\(table.to): \($0)" }
    }
    return StepReport(
      outputs: [
        "tables": JSONValue.object(
          zip(input.pairs, plan.tables).map { .init($0.0.from.text, .string($0.1.to.text)) }
        ).text
      ], notes: notes)
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    for (pair, table) in zip(input.pairs, plan.tables) {
      let target = try store(table.to)
      guard try await target.isRestored() else {
        return Verification(.failed("\(table.to) is not ready"))
      }
      let made = try await target.description()
      if let source = try await site.table(pair.from).description(), made?.keys != source.keys {
        return Verification(.failed("\(table.to) has another key than \(pair.from)"))
      }
    }
    return Verification(.passed("\(plan.tables.count) tables are made and ready"))
  }

  package func undo(
    _ plan: Plan, from checkpoint: NoCheckpoint?, pace: Pace
  ) async throws(Failure) {
    for table in plan.tables { try await store(table.to).deleteRestored(from: table.origin) }
  }

  private func store(_ url: ResourceURL) throws(Failure) -> any TableRestoring {
    guard let table = try site.table(url) as? any TableRestoring else {
      throw .refused(
        "\(url) is in a store that restores no tables by itself",
        hint: "Copy a copy back with tables.copy instead.")
    }
    return table
  }
}

extension TableOrigin {
  var isPast: Bool {
    switch self {
    case .backup: false
    case .past: true
    }
  }
}

extension TableSettings {
  /// What can be set again, in words.
  var names: [String] {
    [
      timeToLive.map { "time to live by '\($0)'" },
      recoveryDays.map { "point-in-time recovery over \($0) days" },
      stream.map { "a stream with \($0)" }, tags.isEmpty ? nil : "\(tags.count) tags",
      isProtected ? "deletion protection" : nil,
    ].compactMap(\.self)
  }
}
