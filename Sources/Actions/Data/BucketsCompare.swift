package import Resources
package import Rollouts

/// Compares two buckets object by object and names what differs.
package struct BucketsCompare: Action {
  package static let name = "buckets.compare"
  package static let summary = "Compare buckets object by object and name what differs."
  package static let reversal = Reversal.exact

  package static let inputs: [InputField] = [
    .required("from", .resource(.bucket), "The one bucket.", uses: [.look, .read]),
    .required("to", .resource(.bucket), "The other bucket.", uses: [.look, .read]),
    .optional("prefix", .string, "Only objects whose keys begin so.", default: ""),
    .optional(
      "compare", .choice(ObjectComparison.allCases.map(\.rawValue)),
      "How objects count as alike: by SHA-256 of their content, or by size and time only.",
      default: ObjectComparison.digest.rawValue),
    .optional(
      "extra", .boolean, "Whether objects that only 'to' holds count as differences.",
      default: "true"),
    .optional(
      "concurrency", .integer(concurrencyRange), "Objects read at the same time.",
      default: "\(concurrencyDefault)"),
    .optional(
      "name", .integer(namedRange), "How many differences are named.", default: "\(namedDefault)"),
  ]

  private static let concurrencyRange = 1...256
  private static let concurrencyDefault = 16
  private static let namedRange = 0...100
  private static let namedDefault = 10

  package struct Input: Decodable, Sendable {
    package var from: ResourceURL
    package var to: ResourceURL
    package var prefix: String?
    package var compare: ObjectComparison?
    package var extra: Bool?
    package var concurrency: Int?
    package var name: Int?

    package init(from: ResourceURL, to: ResourceURL) {
      self.from = from
      self.to = to
    }
  }

  /// Nothing changes, so there is nothing to take back.
  package struct Plan: Codable, Sendable {
    package init() {}
  }

  private let left: any BucketStore
  private let right: any BucketStore
  private let prefix: ObjectKey
  private let identity: ObjectIdentity
  private let countsExtra: Bool
  private let concurrency: Int
  private let namedMax: Int

  package init(_ input: Input, in site: Site) throws(Failure) {
    left = try site.bucket(input.from)
    right = try site.bucket(input.to)
    prefix = ObjectKey(input.prefix ?? "")
    identity = ObjectIdentity(comparison: input.compare ?? .digest)
    countsExtra = input.extra ?? true
    concurrency = input.concurrency ?? Self.concurrencyDefault
    namedMax = input.name ?? Self.namedDefault
    guard Self.concurrencyRange.contains(concurrency) else {
      throw .permanent(
        "\(Self.name): 'concurrency' is out of bounds", hint: "It is \(Self.concurrencyRange).")
    }
  }

  package func plan() async throws(Failure) -> Planned<Plan> { Planned(Plan(), changes: []) }

  package func apply(
    _ plan: Plan, from checkpoint: NoCheckpoint?, progress: Progress<NoCheckpoint>
  ) async throws(Failure) -> StepReport {
    StepReport()
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    do throws(Failure) {
      for bucket in [left, right] where try await bucket.description() == nil {
        return Verification(.failed("\(bucket.url) does not exist"))
      }
      return Verification(try await verdict(pace))
    } catch {
      guard case .refused = error.kind else { throw error }
      return Verification(.inconclusive("\(left.url) and \(right.url): \(error.summary)"))
    }
  }

  package func undo(
    _ plan: Plan, from checkpoint: NoCheckpoint?, pace: Pace
  ) async throws(Failure) {}

  private func verdict(_ pace: Pace) async throws(Failure) -> Verdict {
    let first = try await findings(pace)
    if first.differences == 0 {
      return .passed("\(left.url) and \(right.url) hold the same \(first.alike) objects")
    }
    // Buckets that are being written to differ for a moment; what differs twice does differ.
    let again = try await findings(pace)
    if again.differences == 0 {
      return .inconclusive("\(left.url) and \(right.url) changed while they were compared")
    }
    let more = again.differences > again.named.count ? "; …" : ""
    return .failed(
      "\(left.url) and \(right.url) differ in \(again.differences) objects "
        + "(of \(again.leftCount) and \(again.rightCount)): " + again.named.joined(separator: "; ")
        + more)
  }

  private struct Findings: Sendable {
    var alike = 0
    var differences = 0
    var leftCount = 0
    var rightCount = 0
    var named: [String] = []
  }

  private func findings(_ pace: Pace) async throws(Failure) -> Findings {
    var findings = Findings()
    var rows = BucketMerge(
      source: BucketWalk(left, prefix: prefix), target: BucketWalk(right, prefix: prefix))
    while true {
      let page = try await rows.nextRows()
      if page.isEmpty { return findings }
      try pace.checkStop()
      findings.leftCount += page.count { $0.source != nil }
      findings.rightCount += page.count { $0.target != nil }
      let differences = try await concurrentMap(page, atOnce: concurrency) { row throws(Failure) in
        try await difference(row)
      }
      for difference in differences {
        guard let difference else {
          findings.alike += 1
          continue
        }
        findings.differences += 1
        if findings.named.count < namedMax { findings.named.append(difference) }
      }
      pace.report(.init(done: findings.alike + findings.differences, unit: "objects compared"))
    }
  }

  private func difference(_ row: BucketRow) async throws(Failure) -> String? {
    let name = "'\(row.key.text)'"
    guard let one = row.source else { return countsExtra ? "\(name) is there besides" : nil }
    guard let other = row.target else { return "\(name) is missing" }
    if one.size != other.size { return "\(name) has \(other.size) bytes instead of \(one.size)" }
    guard try await identity.isSameContent(one, in: left, other, in: right) else {
      switch identity.comparison {
      case .digest: return "\(name) has other content"
      case .sizeAndTime: return "\(name) is older"
      }
    }
    if try await identity.isSameMetadata(one, in: left, other, in: right) { return nil }
    return "\(name) has other metadata"
  }
}
