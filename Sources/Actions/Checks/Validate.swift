package import Resources
package import Rollouts

/// Checks that all is well, and waits a while for it to become so.
///
/// A round that does not pass is repeated until `within` is over; the last one then is the verdict.
/// A check that cannot tell is inconclusive, which is for a person: it never passes.
package struct Validate: Action {
  package struct Input: Decodable, Sendable {
    var checks: [CheckSet.Input]
    var passes: Int?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
    var unreachable: Unreachable?
  }

  package struct Plan: Codable, Sendable {}
  package typealias Checkpoint = NoCheckpoint

  package static let name = "validate"
  package static let summary = "Checks services, ledgers, stacks and names before going on."
  package static let reversal = Reversal.exact
  package static let inputs =
    CheckSet.field(unreachable: .inconclusive) + [
      .optional(
        "passes", .integer(1...1000), "How many rounds must pass in a row.", default: "1"),
      .optional("every", .duration, "The pause between two rounds.", default: "5s"),
      .optional(
        "within", .duration, "How long rounds that do not pass are repeated.", default: "1m"),
    ]

  private static let everyDefault: Duration = .seconds(5)
  private static let withinDefault: Duration = .seconds(60)

  private let input: Input
  private let checks: CheckSet

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    checks = try CheckSet(
      input.checks, in: site, unreachable: input.unreachable ?? .inconclusive)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    CheckSet.rights(input.checks)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    Planned(Plan(), changes: [], estimate: Estimate(items: input.checks.count))
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    StepReport()
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let wanted = input.passes ?? 1
    let end = pace.clock.now() + (input.within?.duration ?? Self.withinDefault)
    var passes = 0
    while true {
      let verdict = try await checks.look(pace)
      passes = verdict.isPassed ? passes + 1 : 0
      if passes >= wanted {
        let times = wanted == 1 ? "" : "\(wanted) times in a row: "
        return Verification(.passed(times + verdict.detail))
      }
      let next = pace.clock.now() + (input.every?.duration ?? Self.everyDefault)
      // A row that has begun may be finished; it is as long as it was asked to be.
      if passes == 0, next > end { return Verification(verdict) }
      let reason = passes > 0 ? "passed \(passes) of \(wanted) times" : verdict.detail
      try await pace.wait(until: next, for: "the next round of checks (\(reason))")
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
