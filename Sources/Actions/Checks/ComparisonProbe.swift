import Resources
import Rollouts

/// Whether two sides hold the same: item by item, object by object, or as many of them.
struct ComparisonProbe: Probe {
  struct Input: Decodable, Sendable {
    var tables: TablesCompare.Input?
    var buckets: BucketsCompare.Input?
    var counts: CountComparison.Input?
  }

  static let fields: [InputField] = [
    .optional(
      "tables", .object(TablesCompare.inputs),
      "Tables that must hold the same, as tables.compare."),
    .optional(
      "buckets", .object(BucketsCompare.inputs),
      "Buckets that must hold the same, as buckets.compare."),
    .optional(
      "counts", .object(CountComparison.fields), "Sides that must hold as many; only counts."),
  ]

  let title: String
  private let compare: @Sendable (Pace) async throws(Failure) -> Verdict

  init(_ input: Input, title: String?, in site: Site) throws(Failure) {
    switch (input.tables, input.buckets, input.counts) {
    case (let tables?, nil, nil):
      self.title = title ?? "tables"
      let action = try TablesCompare(tables, in: site)
      compare = { (pace) async throws(Failure) in
        try await action.verify(.init(), report: StepReport(), pace: pace).verdict
      }
    case (nil, let buckets?, nil):
      self.title = title ?? "buckets"
      let action = try BucketsCompare(buckets, in: site)
      compare = { (pace) async throws(Failure) in
        try await action.verify(.init(), report: StepReport(), pace: pace).verdict
      }
    case (nil, nil, let counts?):
      self.title = title ?? "counts"
      let comparison = try CountComparison(counts, in: site)
      compare = { (pace) async throws(Failure) in try await comparison.look(pace) }
    case _:
      throw .permanent(
        "step \(site.step): a comparison needs one of 'tables', 'buckets' and 'counts'",
        hint: "Write several checks to compare several kinds.")
    }
  }

  func look(_ pace: Pace) async throws(Failure) -> Verdict {
    do throws(Failure) {
      return try await compare(pace)
    } catch {
      if error.kind == .cancelled { throw error }
      return .inconclusive(error.summary)
    }
  }
}
