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
    /// How many parts the source is read in; one for stores that cannot be read in parts.
    package var segments = 1
  }

  package var pairs: [Pair]
}

/// How far `tables.copy` has come; everything that it counts is durable at the targets.
package struct TableCopyCheckpoint: Codable, Sendable {
  package struct Pair: Codable, Sendable {
    /// One position for each segment of the source.
    package var segments: [Segment]
    /// Whether the store copies by itself; decided once, since the account depends on it.
    package var isServerSide: Bool?
    /// Whether the target held only what the plan says when the copy began.
    package var isQuiet: Bool?
    package var tally = TableCopyTally()

    package var isDone: Bool { segments.allSatisfy(\.isDone) }
  }

  package struct Segment: Codable, Sendable {
    package var position: PagePosition?
    package var isDone = false
  }

  package var pairs: [Pair]

  init(_ plan: TableCopyPlan) {
    pairs = plan.pairs.map { pair in
      Pair(segments: Array(repeating: Segment(), count: pair.segments))
    }
  }
}

/// What was read and written; tallies of parts add up to that of the whole.
package struct TableCopyTally: Codable, Sendable {
  package var read = 0
  package var written = 0
  package var alreadyThere = 0
  package var skipped: [String: Int] = [:]
  package var bytes: Int64 = 0
  /// The source items as they were read.
  package var source = DigestSum()
  /// What was written, less what it replaced.
  package var expected = DigestSum()

  /// Skip reasons kept apart in a ledger; further ones are counted together.
  static let reasonsMax = 100

  mutating func skip(_ reason: String, count: Int = 1) {
    let isRoom = skipped.count < Self.reasonsMax || skipped[reason] != nil
    skipped[isRoom ? reason : "other reasons", default: 0] += count
  }

  static func += (whole: inout Self, part: Self) {
    whole.read += part.read
    whole.written += part.written
    whole.alreadyThere += part.alreadyThere
    for (reason, count) in part.skipped { whole.skip(reason, count: count) }
    whole.bytes += part.bytes
    whole.source += part.source
    whole.expected += part.expected
  }
}

extension TableCopyCheckpoint.Pair {
  /// The account so far; `former` is what the target held before.
  func ledger(of plan: TableCopyPlan.Pair, former: DigestSum) -> Ledger {
    var ledger = Ledger(from: plan.from, to: plan.to)
    ledger.read = tally.read
    ledger.written = tally.written
    ledger.alreadyThere = tally.alreadyThere
    ledger.skipped = tally.skipped
    ledger.bytes = tally.bytes
    guard isServerSide != true else { return ledger }
    var sum = former
    sum += tally.expected
    ledger.readDigest = tally.source.description
    ledger.expectedDigest = sum.description
    return ledger
  }
}
