import Digests
import Resources
import Rollouts
import Synchronization

extension BucketSync {
  private static let namedMax = 5

  /// What one row means for the account.
  private struct RowFinding: Sendable {
    var source: [UInt8]?
    /// What the target holds of what was copied; nil for what was there before and is left alone.
    var found: [UInt8]?
    var difference: String?
  }

  /// Reads both sides again and compares with what was copied.
  func verify(
    _ plan: BucketSyncPlan, _ ledger: Ledger, _ pace: Pace
  ) async throws(Failure) -> (Verdict, Ledger) {
    guard try await target.description() != nil else {
      return (.failed("\(target.url) does not exist"), ledger)
    }
    var ledger = ledger
    let (found, now, named) = try await findings(plan, pace)
    ledger.foundDigest = found.description
    let names = named.isEmpty ? "" : ": " + named.joined(separator: "; ")
    if ledger.foundDigest != ledger.expectedDigest {
      let wanted = DigestSum(ledger.expectedDigest)?.count ?? 0
      return (
        .failed("\(target.url) holds \(found.count) objects where \(wanted) were copied\(names)"),
        ledger
      )
    }
    if state == .frozen, now.description != ledger.readDigest {
      return (
        .failed(
          "somebody still writes to \(source.url): \(ledger.read) objects were read, now there are "
            + "\(now.count)\(names)"), ledger
      )
    }
    return (
      .passed("\(target.url) holds the \(found.count) objects that were copied to it"), ledger
    )
  }

  /// Reads both sides range by range, several at once.
  private func findings(
    _ plan: BucketSyncPlan, _ pace: Pace
  ) async throws(Failure) -> (found: DigestSum, now: DigestSum, named: [String]) {
    let ranges = ranges(plan, of: [source, target])
    let counted = Mutex(0)
    let parts = try await concurrentMap(ranges, atOnce: ranges.count) { range throws(Failure) in
      var part = (found: DigestSum(), now: DigestSum(), named: [String]())
      var rows = BucketMerge(
        source: walk(source, over: range), target: walk(target, over: range),
        former: try listing.cursor(after: range.after), through: range.through)
      while true {
        let page = try await rows.nextRows()
        if page.isEmpty { return part }
        try pace.checkStop()
        let findings = try await concurrentMap(page, atOnce: concurrency) { row throws(Failure) in
          try await finding(row)
        }
        for finding in findings {
          if let line = finding.source { part.now.add(line) }
          if let line = finding.found { part.found.add(line) }
          if let text = finding.difference, part.named.count < Self.namedMax {
            part.named.append(text)
          }
        }
        let done = counted.withLock { counted in
          counted += findings.count
          return counted
        }
        pace.report(.init(done: done, unit: "objects read back"))
      }
    }
    return parts.reduce(into: (DigestSum(), DigestSum(), [])) { all, part in
      all.0 += part.found
      all.1 += part.now
      all.2 = Array((all.2 + part.named).prefix(Self.namedMax))
    }
  }

  private func finding(_ row: BucketRow) async throws(Failure) -> RowFinding {
    var finding = RowFinding()
    if let entry = row.source, state == .frozen {
      finding.source = try await identity.line(entry, in: source)
    }
    if let entry = row.target { finding.found = try await identity.line(entry, in: target) }
    if row.former != nil, !former.has(row.key), let entry = row.target {
      // The target's own: it counts where the source has the same, and is left alone elsewhere.
      var isAlike = false
      if let other = row.source {
        isAlike = try await identity.isSame(other, in: source, entry, in: target)
      }
      if !isAlike { finding.found = nil }
      return finding
    }
    switch (row.source, row.target) {
    case (nil, nil): break
    case (_?, nil): finding.difference = "'\(row.key.text)' is missing"
    case (nil, _?): finding.difference = "'\(row.key.text)' is there besides"
    case (_?, _?):
      // Lines of two kinds of store are not alike even where the objects are.
      if source.listsMetadata == target.listsMetadata, finding.source != nil,
        finding.source != finding.found
      {
        finding.difference = "'\(row.key.text)' differs"
      }
    }
    return finding
  }
}
