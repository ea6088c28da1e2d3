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
      "pairs", .list(.object(pairInputs)), "The tables to copy, each with its target."),
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
  ]

  static let pairInputs: [InputField] = [
    .required(
      "from", .resource(.table), "The source; it is only read.",
      uses: [.look, .read]),
    .required("to", .resource(.table), "The target.", uses: [.look, .read, .write]),
    .optional(
      "transform", .string,
      "A SQL statement over the table input(seq, item) that yields seq, put and maybe skip."),
  ]

  private static let batchRange = 1...10_000
  private static let batchDefault = 1000
  private static let copiesRange = 1...64
  private static let copiesDefault = 4

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

    package init(pairs: [TablePair]) { self.pairs = pairs }
  }

  let site: Site
  let pairs: [TablePair]
  let existing: ExistingPolicy
  let source: SourceState
  let batch: Int
  let copies: Int
  private let create: Bool?

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.site = site
    pairs = try TablePair.pairs(
      input.pairs, from: input.from, to: input.to, transform: input.transform, of: Self.name)
    try TablePair.check(pairs, of: Self.name)
    existing = input.existing ?? .refuse
    source = input.source ?? .frozen
    batch = input.batch ?? Self.batchDefault
    copies = input.copies ?? Self.copiesDefault
    create = input.create
    guard Self.batchRange.contains(batch), Self.copiesRange.contains(copies) else {
      throw .permanent(
        "\(Self.name): 'batch' or 'copies' is out of bounds",
        hint: "'batch' is \(Self.batchRange), 'copies' is \(Self.copiesRange).")
    }
  }

  package func plan() async throws(Failure) -> Planned<TableCopyPlan> {
    var planned = Planned(TableCopyPlan(pairs: []), changes: [])
    var items: Int? = 0
    var bytes: Int64? = 0
    for pair in pairs {
      // A transform changes the schema, so "like the source" must be asked for.
      let planner = TableCopyPlanner(
        site: site, pair: pair, existing: existing, create: create ?? (pair.transform == nil))
      let (part, changes) = try await planner.plan()
      planned.plan.pairs.append(part)
      planned.changes += changes
      items = items.flatMap { sum in part.source?.itemCount.map { sum + $0 } }
      bytes = bytes.flatMap { sum in part.source?.byteCount.map { sum + $0 } }
    }
    planned.estimate = Estimate(
      seconds: items.map { Double($0) / TableCopyPlanner.itemsPerSecond }, items: items,
      bytes: bytes)
    return planned
  }

  package func apply(
    _ plan: TableCopyPlan, from checkpoint: TableCopyCheckpoint?,
    progress: Progress<TableCopyCheckpoint>
  ) async throws(Failure) -> StepReport {
    let copiers = try await copiers(of: plan, pace: progress.pace)
    var state =
      checkpoint ?? TableCopyCheckpoint(pairs: plan.pairs.map { _ in .init() })
    for (index, copier) in copiers.enumerated() where state.pairs[index].isServerSide == nil {
      state.pairs[index].isServerSide = try await copier.canCopyServerSide()
      if state.pairs[index].isServerSide == true { try await progress.saveNow(state) }
    }
    let total = plan.pairs.reduce(0 as Int?) { sum, pair in
      sum.flatMap { sum in pair.source?.itemCount.map { sum + $0 } }
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
        archivePath: Archive.path(
          in: site.workFolder, of: pair.to, index: pairs.count > 1 ? index + 1 : nil),
        pace: pace)
      try await undo.run()
    }
  }

  private func transform(of pair: TablePair) throws(Failure) -> (any ItemTransform)? {
    try pair.transform.map { sql throws(Failure) in try site.outside.transforms.make(sql: sql) }
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
          pace: pace))
    }
    return copiers
  }
}

extension TablePageCopier {
  /// Only into an empty table: what a store does by itself about conflicts is its own affair.
  func canCopyServerSide() async throws(Failure) -> Bool {
    guard transform == nil, former.byKey.isEmpty,
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
