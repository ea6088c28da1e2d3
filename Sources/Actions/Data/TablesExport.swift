import Digests
import JSON
package import Resources
package import Rollouts

/// Has a store write what tables held at a moment, or what changed in them, into a bucket.
///
/// Reads no items and takes nothing of the tables' capacity. The order carries a token of its own,
/// and its name in the store is journaled at once, so that it is never begun twice.
package struct TablesExport: Action {
  package static let name = "tables.export"
  package static let summary =
    "Have the store write what tables held, or what changed in them, into a bucket."
  package static let reversal = Reversal.compensating("the files stay in the bucket")
  package static let outputs = ["exports", "export", "manifest", "prefix", "items"]
  package static let inputs: [InputField] = [
    .required(
      "tables", .list(.resource(.table)),
      "The tables to export; their past must be kept (point-in-time recovery).",
      uses: [.look]),
    .required(
      "to", .resource(.bucket), "The bucket, and what the files' names begin with.",
      uses: []),
    .optional(
      "at", .moment, "The moment whose state is written; by default the latest there is."),
    .optional(
      "changesFrom", .moment, "Writes only what changed from this moment on, instead of all."),
    .optional(
      "changesTo", .moment,
      "Up to which moment, at most a day later; by default the latest there is."),
    .optional(
      "images", .choice(Images.allCases.map(\.rawValue)),
      "Whether changes hold items as they are (new), or also as they were (both).",
      default: Images.both.rawValue),
    .optional("bucketOwner", .string, "The account of the bucket, where that is another one."),
    .optional("key", .string, "The key of KMS that encrypts the files."),
    .optional("within", .duration, "How long all of it may take.", default: "24h"),
  ]

  package enum Images: String, Codable, Sendable, CaseIterable {
    case new
    case both
  }

  package struct Input: Decodable, Sendable {
    package var tables: [ResourceURL]
    package var to: ResourceURL
    package var at: String?
    package var changesFrom: String?
    package var changesTo: String?
    package var images: Images?
    package var bucketOwner: String?
    package var key: String?
    package var within: PlaybookDuration?

    package init(tables: [ResourceURL], to: ResourceURL) {
      self.tables = tables
      self.to = to
    }
  }

  package struct Plan: Codable, Sendable {
    /// One for each table; the token is completed by the round.
    var orders: [TableExportOrder]
  }

  package struct Checkpoint: Codable, Sendable {
    struct Export: Codable, Sendable {
      /// Grows with each export that failed, so that a retry begins another.
      var round = 0
      var wasAsked = false
      var id: String?
    }

    var exports: [Export]
  }

  private static let withinDefault: Duration = .seconds(24 * 3600)

  private let input: Input
  private let site: Site
  private let extent: TableExportOrder.Extent

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    guard !input.tables.isEmpty, Set(input.tables).count == input.tables.count else {
      throw .permanent(
        "\(Self.name): 'tables' names none, or one of them twice", hint: "List each table once.")
    }
    let at = try MomentText.read(input.at, "at", of: Self.name)
    let to = try MomentText.read(input.changesTo, "changesTo", of: Self.name)
    guard let from = try MomentText.read(input.changesFrom, "changesFrom", of: Self.name) else {
      guard to == nil, input.images == nil else {
        throw .permanent(
          "\(Self.name): 'changesTo' and 'images' go with 'changesFrom'",
          hint: "Say from which moment on changes are wanted.")
      }
      extent = .full(at: at)
      return
    }
    guard at == nil, to.map({ $0 > from }) ?? true else {
      throw .permanent(
        "\(Self.name): 'changesFrom' stands beside 'at', or is not before 'changesTo'",
        hint: "'at' is for all that a table held, the others for what changed.")
    }
    extent = .changes(from: from, to: to, withOldImages: input.images != .new)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    input.tables.map { .special($0, .export) } + [.special(input.to, .takeExport)]
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var planned = Planned(Plan(orders: []), changes: [])
    var bytes: Int64? = 0
    let prefix = String(input.to.path.drop { $0 == "/" })
    for url in input.tables {
      let seed = "\(site.rollout)\n\(site.step)\n\(url.text)"
      var order = TableExportOrder(
        extent: extent, bucket: input.to.authority, prefix: prefix.trimmingSlashes,
        token: String(Digest.hex(Digest.sha256(Array(seed.utf8))).prefix(Self.tokenDigits)))
      order.bucketOwner = input.bucketOwner
      order.keyID = input.key
      planned.plan.orders.append(order)
      let table = try store(url)
      guard let description = try await table.description() else {
        guard site.isPreview else {
          throw .permanent("\(url) does not exist", hint: "Name tables that are there.")
        }
        planned.changes.append("export \(url), which an earlier step makes, to \(input.to)")
        bytes = nil
        continue
      }
      try await check(table)
      let volume = TableVolume.text(description)
      switch extent {
      case .full(let moment):
        bytes = bytes.flatMap { sum in description.anyByteCount.map { sum + $0 } }
        let when = moment.map { " as of \($0)" } ?? ""
        planned.changes.append("export all of \(url) (\(volume))\(when) to \(input.to)")
      case .changes(let from, let to, _):
        bytes = nil
        planned.changes.append(
          "export what changed in \(url) from \(from)\(to.map { " to \($0)" } ?? "") to \(input.to)"
        )
      }
    }
    planned.estimate = Estimate(bytes: bytes)
    return planned
  }

  private static let tokenDigits = 32

  private func check(_ table: any TableExporting) async throws(Failure) {
    guard let past = try await table.past() else {
      throw .refused(
        "the past of \(table.url) is not kept: point-in-time recovery is off",
        hint: "Switch it on for the table; a copy to sqlite: by tables.copy does without.")
    }
    let moments: [Timestamp?] =
      switch extent {
      case .full(let moment): [moment]
      case .changes(let from, let to, _): [from, to]
      }
    for case let moment? in moments where !past.holds(moment) {
      let span = [past.earliest, past.latest].map { $0.map(\.description) ?? "…" }
      throw .refused(
        "\(moment) is out of what is kept of \(table.url): \(span[0]) to \(span[1])",
        hint: "Name a moment in between.")
    }
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    var state =
      checkpoint ?? Checkpoint(exports: input.tables.map { _ in Checkpoint.Export() })
    for index in input.tables.indices where state.exports[index].id == nil {
      try await begin(index, plan, &state, progress)
    }
    var exports: [TableExport] = []
    let wait = StoreWait(pace: progress.pace, within: input.within?.duration ?? Self.withinDefault)
    for (index, url) in input.tables.enumerated() {
      guard let id = state.exports[index].id else { continue }
      let table = try store(url)
      let export = try await wait.until("the export of \(url)") { () async throws(Failure) in
        let export = try await table.export(withID: id)
        return export.state == .running ? nil : export
      }
      if case .failed(let reason) = export.state {
        // The same order would only be answered with this failure again.
        state.exports[index] = Checkpoint.Export(round: state.exports[index].round + 1)
        try await progress.saveNow(state)
        throw .permanent(
          "the export of \(url) failed: \(reason.isEmpty ? "no reason is told" : reason)",
          hint: "Mend that (\(id)); 'cutover retry \(site.step)' begins another.")
      }
      exports.append(export)
      progress.pace.report(.init(done: exports.count, total: input.tables.count, unit: "exports"))
    }
    return report(exports, plan)
  }

  /// The name of the export is journaled before anything else happens; a process that died in
  /// between finds it by the token.
  private func begin(
    _ index: Int, _ plan: Plan, _ state: inout Checkpoint, _ progress: Progress<Checkpoint>
  ) async throws(Failure) {
    let table = try store(input.tables[index])
    var order = plan.orders[index]
    order.token += "-\(state.exports[index].round)"
    var export: TableExport?
    if state.exports[index].wasAsked { export = try await table.export(begunWith: order.token) }
    if export == nil {
      state.exports[index].wasAsked = true
      try await progress.saveNow(state)
      export = try await table.beginExport(order)
    }
    state.exports[index].id = export?.id
    try await progress.saveNow(state)
  }

  private func report(_ exports: [TableExport], _ plan: Plan) -> StepReport {
    var all: JSONValue = .object([])
    var report = StepReport()
    for (url, (export, order)) in zip(input.tables, zip(exports, plan.orders)) {
      let files = ExportFiles(export, order)
      var told: JSONValue = [
        "export": .string(export.id), "manifest": .string(files.manifest),
        "prefix": .string(files.prefix),
      ]
      if let items = export.itemCount { told["items"] = JSONValue(items) }
      if let bytes = export.byteCount { told["bytes"] = JSONValue(bytes) }
      if let moment = export.moment { told["moment"] = .string("\(moment)") }
      all[url.text] = told
      let items = export.itemCount.map { "\($0) items" } ?? "an unknown number of items"
      report.notes.append("\(url): \(items) by \(files.manifest)")
      guard exports.count == 1 else { continue }
      report.outputs = [
        "export": export.id, "manifest": files.manifest, "prefix": files.prefix,
        "items": export.itemCount.map { "\($0)" } ?? "",
      ]
    }
    report.outputs["exports"] = all.text
    return report
  }

  /// Asks again, since what was told once may have been told too early.
  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let text = report.outputs["exports"],
      let told = try? JSONValue(reading: Array(text.utf8))
    else { return Verification(.inconclusive("no export was recorded")) }
    var items = 0
    for url in input.tables {
      guard let id = told[url.text]?["export"]?.string else {
        return Verification(.inconclusive("no export of \(url) was recorded"))
      }
      let export = try await store(url).export(withID: id)
      guard export.state == .completed, export.itemCount == told[url.text]?["items"]?.integer
      else { return Verification(.failed("\(id) is not as it was when it was completed")) }
      items += export.itemCount ?? 0
    }
    return Verification(.passed("\(input.tables.count) exports are complete (\(items) items)"))
  }

  package func undo(
    _ plan: Plan, from checkpoint: Checkpoint?, pace: Pace
  ) async throws(Failure) {
    for case let id? in checkpoint?.exports.map(\.id) ?? [] {
      try await pace.note("the files of the export \(id) stay in \(input.to)")
    }
  }

  private func store(_ url: ResourceURL) throws(Failure) -> any TableExporting {
    guard let table = try site.table(url) as? any TableExporting else {
      throw .refused(
        "\(url) is in a store that exports nothing by itself",
        hint: "Copy it with tables.copy instead, such as to sqlite:///export.db#table.")
    }
    return table
  }
}
