package import Resources
package import Rollouts

/// Records migrations as applied, those that are not recorded yet; none is ever overwritten.
///
/// Undo takes out the records that this step put there, and only while they are as it wrote them: so
/// a run that is taken back leaves no record of a migration whose data is gone.
package struct MigrationsRecord: Action {
  package struct Own: Decodable, Sendable {
    var records: MigrationMarks
  }

  package typealias Input = Beside<ExpectedMigrations, Own>

  package struct Plan: Codable, Sendable {
    var names: [String]
    /// Those that were not recorded.
    var added: [String]
    var at: Timestamp
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "migrations.record"
  package static let summary = "Records migrations as applied where they are not recorded yet."
  package static let reversal = Reversal.exact
  package static let outputs = ["added"]
  package static let inputs: [InputField] = ExpectedMigrations.fields + [MigrationMarks.field]

  private static let namedMax = 20

  private let input: Input
  private let site: Site

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    input.records.rights(writes: true)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let names = try input.group.names(of: site.step)
    var added: [String] = []
    do throws(Failure) {
      added = try await input.records.missing(of: names, in: site)
    } catch {
      // The table may be one that an earlier step makes.
      if await site.isForeseeable || error.kind == .cancelled { throw error }
    }
    let lines = added.prefix(Self.namedMax).map { "record \($0) as applied" }
    let more = added.count - lines.count
    return Planned(
      Plan(names: names, added: added, at: site.clock.now()),
      changes: lines + (more > 0 ? ["and \(more) more"] : []))
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    var changes: [ItemChange] = []
    for name in plan.added { changes.append(.insert(try input.records.item(name, at: plan.at))) }
    let met = try await write(changes, progress.pace)
    var notes = ["\(plan.names.count) migrations are recorded, \(plan.added.count) of them newly"]
    if met > 0 { notes.append("\(met) were recorded by somebody else meanwhile, and are left so") }
    return StepReport(outputs: ["added": "\(plan.added.count - met)"], notes: notes)
  }

  /// Writes until all is taken; answers how many met another record.
  private func write(_ changes: [ItemChange], _ pace: Pace) async throws(Failure) -> Int {
    guard !changes.isEmpty else { return 0 }
    let store = try site.table(input.records.table)
    var left = changes
    var met = 0
    var patience = Patience(pace: pace)
    while true {
      try pace.checkStop()
      let outcome = try await store.write(left)
      met += outcome.conflicts.count
      guard !outcome.unprocessed.isEmpty else { return met }
      let isBetter = outcome.unprocessed.count < left.count
      left = outcome.unprocessed
      try await patience.rest(madeProgress: isBetter, "\(store.url) to take \(left.count) records")
    }
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let missing = try await input.records.missing(of: plan.names, in: site)
    return Verification(
      missing.isEmpty
        ? .passed("\(plan.names.count) records read back")
        : .failed("these are not recorded: \(missing.joined(separator: ", "))"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    var changes: [ItemChange] = []
    for name in plan.added {
      changes.append(.remove(former: try input.records.item(name, at: plan.at)))
    }
    let met = try await write(changes, pace)
    if met > 0 {
      try await pace.note(
        "\(input.records.table): \(met) records are left alone: they are not as they were written")
    }
  }
}
