import Digests
package import Resources
package import Rollouts

/// Changes the shape of a table's items on the way into others, or in place, and proves it.
///
/// A SQL statement, or a filter program, says what becomes of each item: puts, updates and deletes
/// on named targets, or a skip with a reason. What each key held before is kept in the step's own
/// archive, so that undo restores it byte for byte. Running it twice changes nothing if the
/// statement skips, or gives back as they are, items that have the new shape.
package struct TablesMigrate: Action {
  package static let name = "tables.migrate"
  package static let summary =
    "Change the shape of items by SQL or a program, into other tables or in place."
  package static let reversal = Reversal.exact
  package static let outputs = ["read", "migrated", "skipped", "rejected"]

  package static let inputs: [InputField] = [
    .required("from", .resource(.table), "The source.", uses: [.look, .read]),
    .required(
      "targets", .list(.object(MigrationTarget.inputs)), "The tables that are written to."),
    .optional(
      "sql", .list(.string),
      "The lines of a SELECT over input(seq, item) that yields seq and put, update, delete, skip "
        + "or reject."),
    .optional(
      "filter", .list(.string),
      "Instead of sql: a program and its words, started in the playbook's folder, that is asked "
        + "by JSON lines and answers by JSON lines."),
    .optional(
      "environment", .map(.secretText),
      "Environment variables of the filter; nothing else is handed on."),
    .optional(
      "inherit", .list(.string), "Variables handed on to the filter from cutover's environment.",
      default: "[\"PATH\"]"),
    .optional(
      "answerLimit", .duration, "How long the filter may take from one answered item to the next.",
      default: "1m"),
    .optional(
      "lookups", .list(.object(MigrationLookup.inputs)),
      "What the statement may read besides: tables, or which version became which; filled before "
        + "the first item is migrated, and as they were then until the step ends."),
    .optional(
      "freshLookups", .boolean,
      "Whether lookups are read anew whenever the step begins or goes on, also after a retry: for "
        + "what is deleted because it stands elsewhere. None of them may be a target.",
      default: "false"),
    .optional("parameters", .map(.string), "What param('name') gives in the statement."),
    .optional(
      "rejects", .integer(rejectsRange),
      "How many items may fail before the step stops; they are named in its archive.",
      default: "0"),
    .optional(
      "writes", .choice(WriteMode.allCases.map(\.rawValue)),
      "Whether each write looks whether its key still holds what was read (conditional), or "
        + "nobody else writes and writes share requests (plain).",
      default: WriteMode.conditional.rawValue),
    .optional(
      "source", .choice(SourceState.allCases.map(\.rawValue)),
      "Whether all that the tables hold is proven (frozen), or, because others write too, only "
        + "the keys that were changed (moving).", default: SourceState.frozen.rawValue),
    .optional(
      "batch", .integer(batchRange), "Items read and written at a time.",
      default: "\(batchDefault)"),
    .optional(
      "segments", .integer(segmentsRange),
      "Parts in which the source is read at the same time; by its size if left out."),
    .optional(
      "maxWriteRate", .integer(rateRange),
      "The most units, 1 KB begun of an item each, to write to one target in a second."),
    .optional("limit", .integer(limitRange), "The most items to read, for a trial."),
    .optional(
      "sample", .integer(percentRange),
      "Of a hundred keys, how many are migrated, for a trial; always the same ones."),
    .optional(
      "dryRun", .boolean,
      "Whether to read, transform and report only; nothing is written.", default: "false"),
  ]

  /// How a migration writes.
  package enum WriteMode: String, Codable, Sendable, CaseIterable {
    case conditional
    case plain
  }

  private static let rejectsRange = 0...1_000_000_000
  private static let batchRange = 1...10_000
  private static let batchDefault = 500
  private static let segmentsRange = 1...64
  private static let rateRange = 1...1_000_000_000
  private static let limitRange = 1...1_000_000_000
  private static let percentRange = 1...100

  package struct Input: Decodable, Sendable {
    package var from: ResourceURL
    package var targets: [MigrationTarget]
    package var sql: [String]?
    package var filter: [String]?
    package var environment: [String: String]?
    package var inherit: [String]?
    package var answerLimit: PlaybookDuration?
    package var lookups: [MigrationLookup]?
    package var freshLookups: Bool?
    package var parameters: [String: String]?
    package var rejects: Int?
    package var writes: WriteMode?
    package var source: SourceState?
    package var batch: Int?
    package var segments: Int?
    package var maxWriteRate: Int?
    package var limit: Int?
    package var sample: Int?
    package var dryRun: Bool?
  }

  let site: Site
  let input: Input

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.site = site
    self.input = input
    let names = input.targets.map { Array($0.name.utf8) }
    let tables = input.targets.map(\.table)
    guard !names.isEmpty, Set(names).count == names.count, Set(tables).count == tables.count else {
      throw .permanent(
        "\(Self.name): 'targets' must be at least one, each with a name and a table of its own",
        hint: "Name each table once; rows say by 'target' where they go.")
    }
    try checkTransform()
    try checkLookups()
    let batch = input.batch ?? Self.batchDefault
    guard Self.batchRange.contains(batch), Self.segmentsRange.contains(input.segments ?? 1) else {
      throw .permanent(
        "\(Self.name): 'batch' or 'segments' is out of bounds",
        hint: "'batch' is \(Self.batchRange), 'segments' is \(Self.segmentsRange).")
    }
  }

  var isDry: Bool { input.dryRun ?? false }
  var subset: MigrationSubset { MigrationSubset(limit: input.limit, percent: input.sample) }
  var archivePath: String { MigrationArchive.path(in: site.workFolder) }

  package func plan() async throws(Failure) -> Planned<MigrationPlan> {
    let moment = site.clock.now()
    try await tryTransform(at: moment)
    let source = try site.table(input.from)
    let description = try await source.description()
    var plan = MigrationPlan(source: description, moment: moment)
    guard let description else {
      guard await site.mayGetTables else { throw Self.missing(input.from) }
      return Planned(plan, changes: ["migrate \(input.from), which an earlier step makes"])
    }
    plan.segments = segmentCount(of: source, description)
    let count = description.itemCount.map { "\($0) items" } ?? "all items"
    let part =
      input.limit.map { "at most \($0) items" } ?? input.sample.map { "\($0) percent of the items" }
      ?? count
    var changes = [
      "\(isDry ? "read and transform, but not write," : "migrate") \(part) of \(input.from)"
    ]
    changes += try await MigrationLookup.plan(input.lookups ?? [], in: site)
    for target in input.targets {
      guard let there = try await site.table(target.table).description() else {
        guard await site.mayGetTables else { throw Self.missing(target.table) }
        changes.append("write \(target.name) to \(target.table), which an earlier step makes")
        continue
      }
      let held = there.anyItemCount.map { ", which holds about \($0) items" } ?? ""
      changes.append(
        target.table == input.from
          ? "change \(target.name) in place, and keep what it was"
          : "write \(target.name) to \(target.table)\(held)")
    }
    return Planned(
      plan, changes: changes,
      estimate: Estimate(
        seconds: description.anyItemCount.map { Double($0) / TableCopyPlanner.itemsPerSecond },
        items: description.anyItemCount, bytes: description.anyByteCount))
  }

  var archiveIsGone: Failure {
    .refused(
      "\(archivePath) is gone, which holds what undo needs and how far the step has come",
      hint: "Bring the file back; without it, restore \(input.from) and the targets from backups.")
  }

  private static func missing(_ url: ResourceURL) -> Failure {
    .permanent("\(url) does not exist", hint: "Name a table that is there, or make it first.")
  }

  private func segmentCount(of source: any TableStore, _ description: TableDescription) -> Int {
    let isOrdered = input.targets.contains { $0.collisions == .first }
    guard subset.limit == nil, !isOrdered, source is any TableSegmentScanning else { return 1 }
    return input.segments ?? TableCopyPlanner.segmentCount(of: description)
  }

  package func apply(
    _ plan: MigrationPlan, from checkpoint: MigrationCheckpoint?,
    progress: Progress<MigrationCheckpoint>
  ) async throws(Failure) -> StepReport {
    var state =
      checkpoint ?? MigrationCheckpoint(segments: plan.segments, targets: input.targets.count)
    if state.hasBegun, !isDry, !MigrationArchive.exists(at: archivePath) { throw archiveIsGone }
    let archive = try MigrationArchive(at: archivePath)
    let stored = isDry ? [:] : try await archive.segments()
    for (index, segment) in stored where state.segments.indices.contains(index) {
      state.segments[index] = segment
    }
    let lookupPath = MigrationLookups.path(in: site.workFolder)
    try await MigrationLookups(
      lookups: input.lookups ?? [], path: lookupPath, renewal: renewal(stored), site: site,
      pace: progress.pace
    ).fill()
    if !state.hasBegun {
      try await takeBaselines(&state, progress.pace)
      try await progress.saveNow(state)
    }
    let (source, targets) = (try site.table(input.from), try targets(state))
    let total = [plan.source?.itemCount, input.limit].compactMap { $0 }.min()
    state = try await withTransform(
      at: plan.moment, lookupPath: input.lookups == nil ? nil : lookupPath, progress.pace
    ) { [state] transform async throws(Failure) in
      let pager = MigrationPager(
        source: source, targets: targets, transform: transform, archive: archive,
        batch: input.batch ?? Self.batchDefault, isGuarded: input.writes != .plain, subset: subset,
        rejects: RejectAllowance(most: input.rejects ?? 0, settled: state.tally.rejected),
        claims: MigrationClaims(), isDry: isDry, keepsAnswers: input.filter != nil,
        pace: progress.pace)
      do throws(Failure) {
        return try await MigrationRun(pager: pager, total: total, progress: progress).finish(state)
      } catch {
        throw try await told(error, archive)
      }
    }
    try await progress.saveNow(state)
    return try await report(state, archive)
  }

  /// What each target holds before the first write; the source says it while it is read.
  private func takeBaselines(
    _ state: inout MigrationCheckpoint, _ pace: Pace
  ) async throws(Failure) {
    for (index, target) in input.targets.enumerated() where target.table != input.from {
      let count = SharedCount()
      state.baselines[index] = try await TableDigest.of(try site.table(target.table)) {
        (more) throws(Failure) in
        pace.report(.init(done: count.add(more), unit: "items that \(target.name) held before"))
        try pace.checkStop()
      }
    }
    state.hasBegun = true
  }

  private func targets(_ state: MigrationCheckpoint) throws(Failure) -> [MigrationTable] {
    var tables: [MigrationTable] = []
    for (index, target) in input.targets.enumerated() {
      tables.append(
        MigrationTable(
          name: target.name, store: try site.table(target.table),
          existing: target.existing ?? .refuse, collisions: target.collisions ?? .refuse,
          isSource: target.table == input.from,
          isFresh: state.baselines[index]?.count == 0 && input.writes == .plain,
          governor: governor(of: target.table)))
    }
    return tables
  }

  func governor(of target: ResourceURL) -> WriteGovernor {
    let limits = WriteGovernor.limits(step: input.maxWriteRate, site)
    return WriteGovernor(of: target, limit: limits.min { $0.rate < $1.rate })
  }

  private func report(
    _ state: MigrationCheckpoint, _ archive: MigrationArchive
  ) async throws(Failure) -> StepReport {
    let tally = state.tally
    var report = StepReport()
    report.outputs = [
      "read": "\(tally.read)", "migrated": "\(tally.migrated)",
      "skipped": "\(tally.skipped.values.reduce(0, +))", "rejected": "\(tally.rejected)",
    ]
    if isDry {
      report.notes.append("nothing was written")
      for (target, part) in zip(input.targets, tally.targets) {
        report.notes.append(
          "\(target.name): \(part.puts) items would be written, \(part.deletes) deleted")
      }
      for (reason, count) in tally.skipped.sorted(by: { $0.key < $1.key }) {
        report.notes.append("\(count) would be skipped: \(reason)")
      }
      for (key, reason) in try await archive.rejects(limit: MigrationPager.namedMax) {
        report.notes.append("would be rejected \(key): \(reason)")
      }
      return report
    }
    report.ledgers = input.targets.indices.map { index in
      var ledger = tally.ledger(from: input.from, to: input.targets[index].table, of: index)
      var sum = state.baselines[index] ?? tally.source
      sum += tally.targets[index].expected
      ledger.expectedDigest = sum.description
      return ledger
    }
    if let lost = tally.skipped[MigrationResolver.lostReason] {
      report.notes.append("\(lost) items lost their key: see 'loser' in \(archive.path)")
    }
    for (key, reason) in try await archive.rejects(limit: MigrationPager.namedMax) {
      report.notes.append("rejected \(key): \(reason)")
    }
    return report
  }
}
