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
    .optional(
      "index", .path,
      "A file that keeps what was read: an interrupted comparison goes on, and the next one "
        + "transforms only what changed since, and counts it."),
  ]

  private static let namedRange = 0...100
  private static let namedDefault = 10

  package struct Input: Decodable, Sendable {
    package var pairs: [TablePair]?
    package var from: ResourceURL?
    package var to: ResourceURL?
    package var transform: String?
    package var name: Int?
    package var index: String?

    package init(pairs: [TablePair]) { self.pairs = pairs }
  }

  /// Nothing changes, so there is nothing to take back.
  package struct Plan: Codable, Sendable {
    package init() {}
  }

  private let site: Site
  private let pairs: [TablePair]
  private let namedMax: Int
  private let index: String?

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.site = site
    pairs = try TablePair.pairs(
      input.pairs, from: input.from, to: input.to, transform: input.transform, of: Self.name)
    namedMax = input.name ?? Self.namedDefault
    index = input.index
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
    let index = try index.map { path throws(Failure) in try ComparisonIndex(at: path) }
    for pair in pairs {
      do throws(Failure) {
        verdicts.append(try await verdict(of: pair, index, pace))
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

  private func verdict(
    of pair: TablePair, _ index: ComparisonIndex?, _ pace: Pace
  ) async throws(Failure) -> Verdict {
    let left = try site.table(pair.from)
    let right = try site.table(pair.to)
    for table in [left, right] where try await table.description() == nil {
      return .failed("\(table.url) does not exist")
    }
    if let index {
      return try await verdict(of: pair, left, right, index, pace)
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

  private func verdict(
    of pair: TablePair, _ left: any TableStore, _ right: any TableStore, _ index: ComparisonIndex,
    _ pace: Pace
  ) async throws(Failure) -> Verdict {
    let round = try await index.begin(
      pair, token: "\(site.rollout)/\(site.step)", at: pace.clock.now())
    let answer = try await IndexedComparison(
      left: left, right: right, transform: try transform(of: pair), namedMax: namedMax,
      index: index, round: round, pace: pace
    ).compare()
    let findings = answer.findings
    let since = round.since.map {
      "; \(answer.changed) items changed since \($0)"
    }
    if !findings.isEqual {
      return .failed(
        "\(pair.from) and \(pair.to) differ (\(findings.leftCount) and \(findings.rightCount) "
          + "items): \(findings.text)\(since ?? "")")
    }
    if answer.vanished > 0 {
      return .inconclusive(
        "\(pair.from) and \(pair.to) changed while they were compared\(since ?? "")")
    }
    return .passed(
      "\(pair.from) and \(pair.to) hold the same \(findings.rightCount) items\(since ?? "")")
  }

  private func transform(of pair: TablePair) throws(Failure) -> (any ItemTransform)? {
    try pair.itemTransform(site.outside.transforms)
  }
}
