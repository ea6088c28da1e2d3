package import Digests
package import Resources

/// What `tables.copy` found before it changed anything.
package struct TableCopyPlan: Codable, Sendable {
  package struct Pair: Codable, Sendable {
    package var from: ResourceURL
    package var to: ResourceURL
    /// Nil only in a preview in which an earlier step makes the table.
    package var source: TableDescription?
    /// Nil when there was no table: `apply` makes it and `undo` removes it.
    package var target: TableDescription?
    /// The items that the target held, as canonical DynamoDB JSON.
    package var former: [String]
  }

  package var pairs: [Pair]
}

/// How far `tables.copy` has come; everything that it counts is durable at the targets.
package struct TableCopyCheckpoint: Codable, Sendable {
  package struct Pair: Codable, Sendable {
    package var position: PagePosition?
    package var isDone = false
    /// Whether the store copies by itself; decided once, since the account depends on it.
    package var isServerSide: Bool?
    package var read = 0
    package var written = 0
    package var alreadyThere = 0
    package var skipped: [String: Int] = [:]
    package var bytes: Int64 = 0
    /// The source items as they were read.
    package var source = DigestSum()
    /// What was written, less what it replaced.
    package var expected = DigestSum()
  }

  package var pairs: [Pair]
}

extension TableCopyCheckpoint.Pair {
  /// Skip reasons kept apart in a ledger; further ones are counted together.
  static let reasonsMax = 100

  mutating func skip(_ reason: String) {
    let isRoom = skipped.count < Self.reasonsMax || skipped[reason] != nil
    skipped[isRoom ? reason : "other reasons", default: 0] += 1
  }

  /// The account so far; `former` is what the target held before.
  func ledger(of plan: TableCopyPlan.Pair, former: DigestSum) -> Ledger {
    var ledger = Ledger(from: plan.from, to: plan.to)
    ledger.read = read
    ledger.written = written
    ledger.alreadyThere = alreadyThere
    ledger.skipped = skipped
    ledger.bytes = bytes
    guard isServerSide != true else { return ledger }
    var sum = former
    sum += expected
    ledger.readDigest = source.description
    ledger.expectedDigest = sum.description
    return ledger
  }
}
