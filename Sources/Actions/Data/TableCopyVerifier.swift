import Digests
import Resources
import Rollouts

/// Reads a target back completely, and its source once more, and compares with what was copied.
struct TableCopyVerifier {
  private static let namedMax = 5

  let source: any TableStore
  let target: any TableStore
  let transform: (any ItemTransform)?
  let former: [String]
  let state: SourceState
  let pace: Pace

  func verify(_ ledger: Ledger) async throws(Failure) -> (Verdict, Ledger) {
    guard try await target.description() != nil else {
      return (.failed("\(target.url) does not exist"), ledger)
    }
    var ledger = ledger
    let found = try await digest(of: target, after: 0)
    ledger.foundDigest = found.description
    let isServerSide = ledger.readDigest == nil
    var now: DigestSum?
    if isServerSide || state == .frozen {
      guard try await source.description() != nil else {
        return (.failed("\(source.url) does not exist any more"), ledger)
      }
      now = try await digest(of: source, after: Int(found.count))
    }
    if isServerSide, let now {
      // Nothing passed through here, so the source is asked what the target should hold.
      ledger.read = Int(now.count)
      ledger.written = Int(now.count)
      ledger.expectedDigest = now.description
    }
    if found.description != ledger.expectedDigest {
      let wanted = DigestSum(ledger.expectedDigest)?.count ?? 0
      return (
        .failed(
          "\(target.url) holds \(found.count) items where \(wanted) were copied; "
            + (try await findings().text)), ledger
      )
    }
    if state == .frozen, !isServerSide, let now, now.description != ledger.readDigest {
      return (.failed(try await moved(from: ledger, to: now)), ledger)
    }
    return (
      .passed("\(target.url) holds the \(found.count) items that were copied to it"), ledger
    )
  }

  private func moved(from ledger: Ledger, to now: DigestSum) async throws(Failure) -> String {
    let findings = try await findings()
    return "somebody still writes to \(source.url): \(ledger.read) items were read, now there are "
      + "\(now.count); \(findings.differenceCount) differ from what was copied"
      + (findings.isEqual ? "" : " (\(findings.text))")
  }

  private func digest(of table: any TableStore, after done: Int) async throws(Failure) -> DigestSum
  {
    let count = SharedCount(done)
    return try await TableDigest.of(table) { [pace] (more) throws(Failure) in
      pace.report(.init(done: count.add(more), unit: "items read back"))
      try pace.checkStop()
    }
  }

  private func findings() async throws(Failure) -> TableFindings {
    let comparison = TableComparison(
      left: source, right: target, transform: transform,
      allowed: try await FormerItems(former, of: target), namedMax: Self.namedMax, pace: pace)
    return try await comparison.compare()
  }
}
