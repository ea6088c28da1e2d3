package import Resources
package import Rollouts

/// Compares tables item by item and names what differs.
package struct TablesCompare: Action {
  package static let name = "tables.compare"
  package static let summary = "Compare tables item by item and name what differs."
  package static let reversal = Reversal.exact

  package static let inputs: [InputField] = [
    .optional(
      "pairs", .list(.object(TablePair.comparedInputs)),
      "The tables to compare, each with its other."
    ),
    .optional(
      "from", .resource(.table), "The one table, when there is one pair only.",
      uses: [.look, .read]),
    .optional(
      "to", .resource(.table), "The other table, when there is one pair only.",
      uses: [.look, .read]),
    .optional(
      "transform", .string, "A SQL statement that turns items of 'from' into those 'to' must hold."
    ),
    .optional(
      "name", .integer(namedRange), "How many differences are named.", default: "\(namedDefault)"),
  ]

  private static let namedRange = 0...100
  private static let namedDefault = 10

  package struct Input: Decodable, Sendable {
    package var pairs: [TablePair]?
    package var from: ResourceURL?
    package var to: ResourceURL?
    package var transform: String?
    package var name: Int?

    package init(pairs: [TablePair]) { self.pairs = pairs }
  }

  /// Nothing changes, so there is nothing to take back.
  package struct Plan: Codable, Sendable {
    package init() {}
  }

  private let site: Site
  private let pairs: [TablePair]
  private let namedMax: Int

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.site = site
    pairs = try TablePair.pairs(
      input.pairs, from: input.from, to: input.to, transform: input.transform, of: Self.name)
    namedMax = input.name ?? Self.namedDefault
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    for pair in pairs { _ = try transform(of: pair) }
    return Planned(Plan(), changes: [])
  }

  package func apply(
    _ plan: Plan, from checkpoint: NoCheckpoint?, progress: Progress<NoCheckpoint>
  ) async throws(Failure) -> StepReport {
    StepReport()
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    var verdicts: [Verdict] = []
    for pair in pairs {
      do throws(Failure) {
        verdicts.append(try await verdict(of: pair, pace))
      } catch {
        // What may go away is tried again by the step; what does not leaves the question open.
        guard case .refused = error.kind else { throw error }
        verdicts.append(.inconclusive("\(pair.from) and \(pair.to): \(error.summary)"))
      }
    }
    return Verification(.all(verdicts))
  }

  package func undo(
    _ plan: Plan, from checkpoint: NoCheckpoint?, pace: Pace
  ) async throws(Failure) {}

  private func verdict(of pair: TablePair, _ pace: Pace) async throws(Failure) -> Verdict {
    let left = try site.table(pair.from)
    let right = try site.table(pair.to)
    for table in [left, right] where try await table.description() == nil {
      return .failed("\(table.url) does not exist")
    }
    let comparison = TableComparison(
      left: left, right: right, transform: try transform(of: pair), allowed: FormerItems(),
      namedMax: namedMax, pace: pace)
    let findings = try await comparison.compare()
    if findings.isEqual {
      return .passed("\(pair.from) and \(pair.to) hold the same \(findings.rightCount) items")
    }
    // Tables that are being written to differ for a moment; what differs twice does differ.
    let again = try await comparison.compare()
    if again.isEqual {
      return .inconclusive("\(pair.from) and \(pair.to) changed while they were compared")
    }
    return .failed(
      "\(pair.from) and \(pair.to) differ (\(again.leftCount) and \(again.rightCount) items): "
        + again.text)
  }

  private func transform(of pair: TablePair) throws(Failure) -> (any ItemTransform)? {
    try pair.itemTransform(site.outside.transforms)
  }
}
