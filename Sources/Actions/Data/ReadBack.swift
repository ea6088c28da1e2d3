import Digests
import Resources
import Rollouts
import Synchronization

/// What one key means for the account.
struct RowFinding: Sendable {
  /// What the source holds now.
  var source: [[UInt8]] = []
  /// What the target holds of what was copied; nothing of what was there before and is left alone.
  var found: [[UInt8]] = []
  var difference: String?
  /// How many were compared in what stands beside the content, and what differs there.
  var described = 0
  var otherwise: String?
}

/// What both sides were found to hold when they were read again.
struct ReadBack: Sendable {
  static let namedMax = 5

  private(set) var found = DigestSum()
  private(set) var now = DigestSum()
  private(set) var named: [String] = []
  private(set) var described = 0
  private(set) var otherwise: [String] = []

  /// Reads range by range, several at once.
  static func read<Walk: KeyedWalk>(
    _ ranges: [BucketRange], unit: String, atOnce: Int, _ pace: Pace,
    open: @escaping @Sendable (BucketRange) throws(Failure) -> KeyMerge<Walk>,
    look: @escaping @Sendable (KeyMatch<Walk.Row>) async throws(Failure) -> RowFinding
  ) async throws(Failure) -> ReadBack {
    let counted = Mutex(0)
    let parts = try await concurrentMap(ranges, atOnce: ranges.count) { range throws(Failure) in
      var part = ReadBack()
      var rows = try open(range)
      while true {
        let page = try await rows.nextRows()
        if page.isEmpty { return part }
        try pace.checkStop()
        let findings = try await concurrentMap(page, atOnce: atOnce) { row throws(Failure) in
          try await look(row)
        }
        for finding in findings { part.add(finding) }
        let done = counted.withLock { counted in
          counted += findings.count
          return counted
        }
        pace.report(.init(done: done, unit: "\(unit) read back"))
      }
    }
    return parts.reduce(into: ReadBack()) { $0.add($1) }
  }

  private mutating func add(_ finding: RowFinding) {
    for line in finding.source { now.add(line) }
    for line in finding.found { found.add(line) }
    if let text = finding.difference, named.count < Self.namedMax { named.append(text) }
    described += finding.described
    if let text = finding.otherwise, otherwise.count < Self.namedMax { otherwise.append(text) }
  }

  private mutating func add(_ other: ReadBack) {
    found += other.found
    now += other.now
    named = Array((named + other.named).prefix(Self.namedMax))
    described += other.described
    otherwise = Array((otherwise + other.otherwise).prefix(Self.namedMax))
  }

  /// The verdict over a copy, and its ledger with what was found.
  func verdict(
    _ ledger: Ledger, unit: String, isFrozen: Bool
  ) -> (Verdict, Ledger) {
    var ledger = ledger
    ledger.foundDigest = found.description
    let names = named.isEmpty ? "" : ": " + named.joined(separator: "; ")
    if ledger.foundDigest != ledger.expectedDigest {
      let wanted = DigestSum(ledger.expectedDigest)?.count ?? 0
      return (
        .failed("\(ledger.to) holds \(found.count) \(unit) where \(wanted) were copied\(names)"),
        ledger
      )
    }
    if isFrozen, now.description != ledger.readDigest {
      return (
        .failed(
          "somebody still writes to \(ledger.from): \(ledger.read) \(unit) were read, now there "
            + "are \(now.count)\(names)"), ledger
      )
    }
    guard otherwise.isEmpty else {
      return (
        .failed(
          "\(ledger.to) holds the same contents, but not what stands beside them: "
            + otherwise.joined(separator: "; ")), ledger
      )
    }
    if described > 0 { ledger.described = described }
    let more = described > 0 ? ", \(described) of them compared with their metadata" : ""
    return (
      .passed("\(ledger.to) holds the \(found.count) \(unit) that were copied to it\(more)"),
      ledger
    )
  }
}
