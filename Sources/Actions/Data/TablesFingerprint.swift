import Digests
package import Resources
package import Rollouts

/// Records what tables hold, so that a later copy can tell what was there right after a deploy.
///
/// A new stack fills its tables with rows of its own. What they hold is recorded right after the
/// deploy; `tables.copy` with this as its `baseline` then refuses a target that anybody else wrote to.
package struct TablesFingerprint: Action {
  package static let name = "tables.fingerprint"
  package static let summary = "Record what tables hold, as a baseline for a copy into them."
  package static let reversal = Reversal.exact
  package static let outputs = ["fingerprint"]
  package static let inputs: [InputField] = [
    .required(
      "tables", .list(.resource(.table)), "The tables to look at; they are only read.",
      uses: [.look, .read])
  ]

  package struct Input: Decodable, Sendable {
    package var tables: [ResourceURL]

    package init(tables: [ResourceURL]) { self.tables = tables }
  }

  /// Nothing changes, so there is nothing to take back.
  package struct Plan: Codable, Sendable {
    package init() {}
  }

  private let site: Site
  private let tables: [ResourceURL]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.site = site
    tables = input.tables
    guard !tables.isEmpty else {
      throw .permanent("\(Self.name): no tables are named", hint: "List them in 'tables'.")
    }
  }

  package func plan() async throws(Failure) -> Planned<Plan> { Planned(Plan(), changes: []) }

  package func apply(
    _ plan: Plan, from checkpoint: NoCheckpoint?, progress: Progress<NoCheckpoint>
  ) async throws(Failure) -> StepReport {
    let sums = try await sums(progress.pace)
    return StepReport(
      outputs: ["fingerprint": TableBaseline.text(sums)],
      notes: sums.map { "\($0.0) holds \($0.1.count) items" })
  }

  /// Passes when the tables still hold the same: somebody who writes already spoils the baseline.
  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let text = report.outputs["fingerprint"] else {
      return Verification(.inconclusive("no fingerprint was recorded"))
    }
    for (url, now) in try await sums(pace) where try TableBaseline(text, of: url).sum != now {
      return Verification(.failed("\(url) changed while it was looked at: somebody writes to it"))
    }
    return Verification(.passed("\(tables.count) tables hold what was recorded"))
  }

  package func undo(
    _ plan: Plan, from checkpoint: NoCheckpoint?, pace: Pace
  ) async throws(Failure) {}

  private func sums(_ pace: Pace) async throws(Failure) -> [(ResourceURL, DigestSum)] {
    var sums: [(ResourceURL, DigestSum)] = []
    let count = SharedCount()
    for url in tables {
      let table = try site.table(url)
      guard try await table.description() != nil else {
        throw .permanent("\(url) does not exist", hint: "Name tables that the deploy has made.")
      }
      let sum = try await TableDigest.of(table) { (more) throws(Failure) in
        pace.report(.init(done: count.add(more), unit: "items"))
        try pace.checkStop()
      }
      sums.append((url, sum))
    }
    return sums
  }
}
