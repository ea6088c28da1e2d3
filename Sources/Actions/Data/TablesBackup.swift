import JSON
package import Resources
package import Rollouts

/// Has a store make backups of tables, by its own means and under its own roof.
///
/// A backup is found again by its name, which is that of the rollout and the step: a process that
/// dies right after it asked for one never asks for a second.
package struct TablesBackup: Action {
  package static let name = "tables.backup"
  package static let summary = "Have the store keep a backup of tables, and wait until it is whole."
  package static let reversal = Reversal.compensating(
    "the backups are kept unless 'atUndo' says otherwise")
  package static let outputs = ["backups", "backup"]
  package static let inputs: [InputField] = [
    .required(
      "tables", .list(.resource(.table)), "The tables to back up; they are only read.",
      uses: [.look]),
    .optional(
      "name", .string, "What the backups are called; by default after the rollout and the step."),
    .optional(
      "atUndo", .choice(AtUndo.allCases.map(\.rawValue)),
      "Whether undo keeps the backups or deletes them.", default: AtUndo.keep.rawValue),
    .optional("within", .duration, "How long all of it may take.", default: "6h"),
  ]

  package enum AtUndo: String, Codable, Sendable, CaseIterable {
    case keep
    case delete
  }

  package struct Input: Decodable, Sendable {
    package var tables: [ResourceURL]
    package var name: String?
    package var atUndo: AtUndo?
    package var within: PlaybookDuration?

    package init(tables: [ResourceURL]) { self.tables = tables }
  }

  package struct Plan: Codable, Sendable {
    var name: String
    var tables: [ResourceURL]
  }

  /// The backups that are known by their full names, in the order of the tables.
  package struct Checkpoint: Codable, Sendable {
    var ids: [String?]
  }

  private static let withinDefault: Duration = .seconds(6 * 3600)

  private let input: Input
  private let site: Site

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    guard !input.tables.isEmpty, Set(input.tables).count == input.tables.count else {
      throw .permanent(
        "\(Self.name): 'tables' names none, or one of them twice", hint: "List each table once.")
    }
    let name = input.name ?? ""
    guard name.isEmpty || (3...255).contains(name.utf8.count) && name == Self.plain(name) else {
      throw .permanent(
        "\(Self.name): '\(name)' is no name for a backup",
        hint: "A name has 3 to 255 letters, digits, '_', '-' and '.'.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    input.tables.map { .special($0, .backUp) }
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let name = input.name ?? Self.plain("cutover-\(site.rollout)-\(site.step)")
    var planned = Planned(Plan(name: name, tables: input.tables), changes: [])
    var bytes: Int64? = 0
    for url in input.tables {
      let table = try store(url)
      guard let description = try await table.description() else {
        guard site.isPreview else {
          throw .permanent("\(url) does not exist", hint: "Name tables that are there.")
        }
        planned.changes.append("back up \(url), which an earlier step makes, as \(name)")
        bytes = nil
        continue
      }
      bytes = bytes.flatMap { sum in description.anyByteCount.map { sum + $0 } }
      planned.changes.append("back up \(url) (\(TableVolume.text(description))) as \(name)")
    }
    planned.estimate = Estimate(bytes: bytes)
    return planned
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    var state =
      checkpoint ?? Checkpoint(ids: Array(repeating: nil, count: plan.tables.count))
    for (index, url) in plan.tables.enumerated() where state.ids[index] == nil {
      let table = try store(url)
      if let there = try await table.backup(named: plan.name) {
        state.ids[index] = there.id
      } else {
        state.ids[index] = try await table.beginBackup(named: plan.name).id
      }
      try await progress.saveNow(state)
    }
    var backups: [TableBackup] = []
    let wait = StoreWait(pace: progress.pace, within: input.within?.duration ?? Self.withinDefault)
    for (url, id) in zip(plan.tables, state.ids) {
      guard let id else { continue }
      let table = try store(url)
      backups.append(
        try await wait.until("the backup of \(url)") { () async throws(Failure) in
          guard let backup = try await table.backup(withID: id) else { throw Self.gone(id, url) }
          return backup.isReady ? backup : nil
        })
      progress.pace.report(.init(done: backups.count, total: plan.tables.count, unit: "backups"))
    }
    let pairs = zip(plan.tables, backups)
    var outputs = [
      "backups": JSONValue.object(pairs.map { .init($0.0.text, .string($0.1.id)) }).text
    ]
    if backups.count == 1 { outputs["backup"] = backups[0].id }
    return StepReport(
      outputs: outputs, notes: pairs.map { "\($0.0) is kept in \($0.1.id)" })
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    var bytes: Int64 = 0
    for url in plan.tables {
      guard let backup = try await store(url).backup(named: plan.name), backup.isReady else {
        return Verification(.failed("\(url) has no whole backup called \(plan.name)"))
      }
      bytes += backup.byteCount ?? 0
    }
    return Verification(
      .passed("\(plan.tables.count) backups called \(plan.name) are whole (\(bytes) bytes)"))
  }

  package func undo(
    _ plan: Plan, from checkpoint: Checkpoint?, pace: Pace
  ) async throws(Failure) {
    for (index, url) in plan.tables.enumerated() {
      let table = try store(url)
      var id = checkpoint?.ids[index]
      // Asked for, perhaps, without having come to know of it.
      if id == nil { id = try await table.backup(named: plan.name)?.id }
      guard let id else { continue }
      if input.atUndo == .delete {
        try await table.deleteBackup(withID: id)
        try await pace.note("the backup \(id) of \(url) is deleted")
      } else {
        try await pace.note("the backup \(id) of \(url) is kept, and costs until it is deleted")
      }
    }
  }

  private func store(_ url: ResourceURL) throws(Failure) -> any TableBackingUp {
    guard let table = try site.table(url) as? any TableBackingUp else {
      throw .refused(
        "\(url) is in a store that keeps no backups of its own",
        hint: "Copy it with tables.copy instead, such as to sqlite:///backup.db#table.")
    }
    return table
  }

  private static func gone(_ id: String, _ url: ResourceURL) -> Failure {
    .permanent(
      "the backup \(id) of \(url) is gone before it was whole",
      hint: "Find out who deleted it; 'cutover rollback', or begin again with another 'name'.")
  }

  /// The text with all that no store takes in a name replaced.
  private static func plain(_ text: String) -> String {
    String(
      text.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) ? $0 : "-" }
        .prefix(255))
  }
}
