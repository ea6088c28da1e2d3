package import Resources
package import Rollouts

/// Says whether a migration is needed: whether any that is expected is not recorded as applied.
///
/// There are three answers. Needed and not needed are outputs; that it cannot be told, for whatever
/// reason, fails the step and is neither.
package struct MigrationsCheck: Action {
  package struct Own: Decodable, Sendable {
    var records: MigrationMarks
    var force: Bool?
  }

  package typealias Input = Beside<ExpectedMigrations, Own>

  package struct Plan: Codable, Sendable {}
  package typealias Checkpoint = NoCheckpoint

  package static let name = "migrations.check"
  package static let summary = "Says whether an expected migration is not recorded as applied."
  package static let reversal = Reversal.exact
  package static let outputs = ["answer", "missing", "missingCount"]
  package static let inputs: [InputField] =
    ExpectedMigrations.fields + [
      MigrationMarks.field,
      .optional(
        "force", .boolean, "Whether it is needed whatever is recorded.", default: "false"),
    ]

  static let needed = "needed"
  static let notNeeded = "not-needed"
  private static let namedMax = 20

  private let input: Input
  private let site: Site

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    input.records.rights(writes: false)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    // Applying looks anyway; beforehand it is told what would stop it as things are.
    if site.isPreview, await site.isForeseeable { _ = try await missing() }
    return Planned(Plan(), changes: [])
  }

  private func missing() async throws(Failure) -> [String] {
    try await input.records.missing(of: try input.group.names(of: site.step), in: site)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    try progress.pace.checkStop()
    let missing = try await missing()
    let isForced = missing.isEmpty && input.force == true
    let named = missing.prefix(Self.namedMax).joined(separator: ", ")
    let note =
      if isForced {
        "all are recorded; a migration is forced all the same"
      } else if missing.isEmpty {
        "all are recorded: no migration is needed"
      } else {
        "\(missing.count) are not recorded: \(named)"
          + (missing.count > Self.namedMax ? " and more" : "")
      }
    return StepReport(
      outputs: [
        "answer": missing.isEmpty && !isForced ? Self.notNeeded : Self.needed,
        "missing": missing.joined(separator: ","), "missingCount": "\(missing.count)",
      ], notes: ["\(input.records.table): \(note)"])
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let now = try await missing().joined(separator: ",")
    return Verification(
      now.utf8.elementsEqual((report.outputs["missing"] ?? "").utf8)
        ? .passed(report.outputs["answer"] ?? "")
        : .failed("somebody changes the records of \(input.records.table)"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
