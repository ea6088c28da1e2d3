import Digests
package import Resources
package import Rollouts

/// Copies tables item by item, proves it, and can take it back.
///
/// The source is only read. A target that holds items is refused unless the playbook says what to
/// do about them; what it held before stands in the plan, and undo puts it back.
package struct TablesCopy: Action {
  package static let name = "tables.copy"
  package static let summary = "Copy every item of one or more tables, transformed if wanted."
  package static let reversal = Reversal.exact

  package static let inputs: [InputField] = [
    .optional(
      "pairs", .list(.object(TablePair.inputs)), "The tables to copy, each with its target."),
    .optional(
      "from", .resource(.table), "The source, when there is one pair only.",
      uses: [.look, .read]),
    .optional(
      "to", .resource(.table), "The target, when there is one pair only.",
      uses: [.look, .read, .write]),
    .optional(
      "transform", .string, "A SQL statement that turns items of the one pair into others."),
    .optional(
      "existing", .choice(ExistingPolicy.allCases.map(\.rawValue)),
      "What to do when the target holds items: refuse to begin, keep them, or overwrite them.",
      default: ExistingPolicy.refuse.rawValue),
    .optional(
      "create", .boolean,
      "Whether to make a missing target like its source; true unless there is a transform."),
    .optional(
      "batch", .integer(batchRange), "Items read and written at a time.",
      default: "\(batchDefault)"),
    .optional(
      "copies", .integer(copiesRange), "Pairs copied at the same time.",
      default: "\(copiesDefault)"),
    .optional(
      "source", .choice(SourceState.allCases.map(\.rawValue)),
      "Whether a source that changes meanwhile fails the verification (frozen) or not (moving).",
      default: SourceState.frozen.rawValue),
    .optional(
      "target", .choice(TargetState.allCases.map(\.rawValue)),
      "Whether somebody else may write to the target meanwhile (busy), so that each key is "
        + "checked as it is written, or not (quiet).", default: TargetState.quiet.rawValue),
    .optional(
      "baseline", .string,
      "What tables.fingerprint recorded of the targets; one that holds anything else is refused."),
    .optional(
      "maxWriteRate", .integer(rateRange),
      "The most units, 1 KB begun of an item each, to write to one target in a second."),
    .optional(
      "capacityShare", .integer(shareRange),
      "The most to take of a target's provisioned write capacity, in percent."),
    .optional(
      "segments", .integer(segmentsRange),
      "Parts in which a table is read at the same time; by its size if left out."),
    .optional(
      "requireAlike", .list(.choice(TableOption.allCases.map(\.rawValue))),
      "Settings in which source and target must not differ; all differences stand in the plan."),
  ]

  private static let batchRange = 1...10_000
  private static let batchDefault = 1000
  private static let copiesRange = 1...64
  private static let copiesDefault = 4
  private static let rateRange = 1...1_000_000_000
  private static let shareRange = 1...100
  private static let segmentsRange = 1...64

  package struct Input: Decodable, Sendable {
    package var pairs: [TablePair]?
    package var from: ResourceURL?
    package var to: ResourceURL?
    package var transform: String?
    package var existing: ExistingPolicy?
    package var create: Bool?
    package var batch: Int?
    package var copies: Int?
    package var source: SourceState?
    package var target: TargetState?
    package var baseline: String?
    package var maxWriteRate: Int?
    package var capacityShare: Int?
    package var segments: Int?
    package var requireAlike: [TableOption]?

    package init(pairs: [TablePair]) { self.pairs = pairs }
  }

  let site: Site
  let pairs: [TablePair]
  let existing: ExistingPolicy
  let source: SourceState
  let batch: Int
  let copies: Int
  private let options: Input

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.site = site
    pairs = try TablePair.pairs(
      input.pairs, from: input.from, to: input.to, transform: input.transform, of: Self.name)
    try TablePair.check(pairs, of: Self.name)
    existing = input.existing ?? .refuse
    source = input.source ?? .frozen
    batch = input.batch ?? Self.batchDefault
    copies = input.copies ?? Self.copiesDefault
    options = input
    guard Self.batchRange.contains(batch), Self.copiesRange.contains(copies),
      Self.segmentsRange.contains(input.segments ?? 1)
    else {
      throw .permanent(
        "\(Self.name): 'batch', 'copies' or 'segments' is out of bounds",
        hint: "'batch' is \(Self.batchRange), 'copies' is \(Self.copiesRange), 'segments' is "
          + "\(Self.segmentsRange).")
    }
  }

  package func plan() async throws(Failure) -> Planned<TableCopyPlan> {
    var planned = Planned(TableCopyPlan(pairs: []), changes: [])
    var items: Int? = 0
    var bytes: Int64? = 0
    for pair in pairs {
      // A transform changes the schema, so "like the source" must be asked for.
      let planner = TableCopyPlanner(
        site: site, pair: pair, existing: existing,
        create: options.create ?? !pair.isTransformed,
        baseline: try options.baseline.map { text throws(Failure) in
          try TableBaseline(text, of: pair.to)
        }, segments: options.segments, requireAlike: options.requireAlike ?? [])
      let (part, changes) = try await planner.plan()
      planned.plan.pairs.append(part)
      planned.changes += changes
      items = items.flatMap { sum in part.source?.anyItemCount.map { sum + $0 } }
      bytes = bytes.flatMap { sum in part.source?.anyByteCount.map { sum + $0 } }
    }
    let rate = rateLimits.map(\.rate).min() ?? .infinity
    planned.estimate = Estimate(
      seconds: items.map { Double($0) / min(TableCopyPlanner.itemsPerSecond, rate) },
      items: items, bytes: bytes)
    if let limit = rateLimits.min(by: { $0.rate < $1.rate }) {
      planned.changes.append("write at most \(limit.text) to each target")
    }
    return planned
  }

  package func apply(
    _ plan: TableCopyPlan, from checkpoint: TableCopyCheckpoint?,
    progress: Progress<TableCopyCheckpoint>
  ) async throws(Failure) -> StepReport {
    let copiers = try await copiers(of: plan, pace: progress.pace)
    var state = checkpoint ?? TableCopyCheckpoint(plan)
    for (index, copier) in copiers.enumerated() where state.pairs[index].isServerSide == nil {
      state.pairs[index].isServerSide = try await copier.canCopyServerSide()
      state.pairs[index].isQuiet = try await isQuiet(copier)
      if state.pairs[index].isServerSide == true || state.pairs[index].isQuiet == true {
        try await progress.saveNow(state)
      }
    }
    let total = plan.pairs.reduce(0 as Int?) { sum, pair in
      sum.flatMap { sum in pair.source?.anyItemCount.map { sum + $0 } }
    }
    let run = TableCopyRun(copiers: copiers, copies: copies, total: total, progress: progress)
    let pairs = try await run.finish(state)
    return StepReport(
      ledgers: zip(pairs, zip(plan.pairs, copiers)).map { pair, of in
        pair.ledger(of: of.0, former: of.1.former.sum)
      })
  }

  package func verify(
    _ plan: TableCopyPlan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard report.ledgers.count == plan.pairs.count else {
      return Verification(.inconclusive("the copy has left no account"))
    }
    var verdicts: [Verdict] = []
    var ledgers: [Ledger] = []
    for (pair, (planned, ledger)) in zip(pairs, zip(plan.pairs, report.ledgers)) {
      let verifier = TableCopyVerifier(
        source: try site.table(pair.from), target: try site.table(pair.to),
        transform: try transform(of: pair), former: planned.former, state: source, pace: pace)
      let (verdict, completed) = try await verifier.verify(ledger)
      verdicts.append(verdict)
      ledgers.append(completed)
    }
    return Verification(.all(verdicts), ledgers: ledgers)
  }

  package func undo(
    _ plan: TableCopyPlan, from checkpoint: TableCopyCheckpoint?, pace: Pace
  ) async throws(Failure) {
    for (index, (pair, planned)) in zip(pairs, plan.pairs).enumerated() {
      let target = try site.table(pair.to)
      let undo = TableCopyUndo(
        source: try site.table(pair.from), target: target, transform: try transform(of: pair),
        former: try await FormerItems(planned.former, of: target), plan: planned,
        existing: existing,
        governor: WriteGovernor(of: pair.to, limit: rateLimits.min { $0.rate < $1.rate }),
        archivePath: Archive.path(
          in: site.workFolder, of: pair.to, index: pairs.count > 1 ? index + 1 : nil),
        pace: pace)
      try await undo.run()
    }
  }

  private func transform(of pair: TablePair) throws(Failure) -> (any ItemTransform)? {
    try pair.itemTransform(site.outside.transforms)
  }

  /// Whether the target still holds just what the plan says, and nobody else is to write to it.
  ///
  /// Only asked where it spares a request for each item.
  private func isQuiet(_ copier: TablePageCopier) async throws(Failure) -> Bool {
    guard options.target != .busy, copier.target.writesConditionsOneByOne else { return false }
    var sum = DigestSum()
    var pages = TablePages(copier.target, limit: FormerItems.itemsMax)
    while let items = try await pages.next() {
      sum += try TableDigest.sum(items, of: copier.target.url)
      if sum.count > copier.former.sum.count { return false }
    }
    return sum == copier.former.sum
  }

  /// What the playbook and the rollout allow, whatever the target can take.
  private var rateLimits: [(rate: Double, text: String)] {
    WriteGovernor.limits(step: options.maxWriteRate, site)
  }

  /// The slowest of all limits.
  private func governor(
    _ target: any TableStore, _ pair: TableCopyPlan.Pair
  ) throws(Failure) -> WriteGovernor {
    var limits = rateLimits
    if let share = options.capacityShare {
      let made = pair.target ?? pair.source
      guard let capacity = made?.writeUnitsPerSecond else {
        throw .refused(
          "\(target.url) has no provisioned capacity to take \(share) percent of",
          hint: "Say 'maxWriteRate' for a table that is paid on demand.")
      }
      let rate = max(1, Double(capacity) * Double(share) / 100)
      limits.append((rate, "\(share) percent of \(capacity) write units a second"))
    }
    return WriteGovernor(of: target.url, limit: limits.min { $0.rate < $1.rate })
  }

  private func copiers(
    of plan: TableCopyPlan, pace: Pace
  ) async throws(Failure) -> [TablePageCopier] {
    var copiers: [TablePageCopier] = []
    for (pair, planned) in zip(pairs, plan.pairs) {
      let target = try site.table(pair.to)
      if planned.target == nil, let source = planned.source {
        try await target.create(like: source)
      }
      copiers.append(
        TablePageCopier(
          source: try site.table(pair.from), target: target, transform: try transform(of: pair),
          former: try await FormerItems(planned.former, of: target), existing: existing,
          batch: batch,
          pace: pace, governor: try governor(target, planned)))
    }
    return copiers
  }
}

extension TablePageCopier {
  /// Only into an empty table, and where nothing is to slow it down.
  ///
  /// What a store does by itself about conflicts is its own affair.
  func canCopyServerSide() async throws(Failure) -> Bool {
    guard transform == nil, former.byKey.isEmpty, !governor.isLimited,
      let target = target as? any TableServerSideCopying
    else { return false }
    var pages = TablePages(target, limit: 1)
    while let items = try await pages.next() {
      // Written since the plan: only the careful way tells conflicts from copies.
      if !items.isEmpty { return false }
    }
    return try await target.canCopy(from: source)
  }
}
