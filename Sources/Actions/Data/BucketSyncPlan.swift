package import Digests
package import Resources

/// What `buckets.sync` found before it changed anything.
///
/// The objects that the target held stand in a file of the work folder: there may be too many for
/// a plan.
package struct BucketSyncPlan: Codable, Sendable {
  /// Whether there was no bucket: `apply` makes it and `undo` removes it.
  package var createsTarget: Bool
  /// Objects of the source when it was planned; nil when they were not counted.
  package var objectCount: Int?
  package var byteCount: Int64?
  /// Keys that cut the source into parts to be listed at the same time.
  package var cuts: [ObjectKey]?
  /// The kinds of protection that copies get; nil for none.
  package var protections: [ProtectionKind]?
}

/// How far `buckets.sync` has come; everything that it counts is durable at the target.
package struct BucketSyncCheckpoint: Codable, Sendable {
  /// Of a checkpoint that an older version made, before there were ranges.
  package var position: PagePosition?
  package var isCopied = false
  /// Each with a position of its own; nil before the first.
  package var ranges: [BucketRange]?
  package var read = 0
  package var written = 0
  package var alreadyThere = 0
  package var skipped: [String: Int] = [:]
  package var bytes: Int64 = 0
  package var deleted = 0
  /// The source's objects as they were read.
  package var source = DigestSum()
  /// The objects that the target should hold of them.
  package var expected = DigestSum()
}

/// What happened to one object of the source; lines are what a ledger counts of it.
struct ObjectOutcome: Sendable {
  enum Fate: Sendable {
    case written
    case alreadyThere
    case kept
    /// Deleted at a source that may change.
    case vanished
  }

  var fate: Fate
  var size: Int64 = 0
  var source: [UInt8] = []
  var target: [UInt8] = []
}

extension BucketSyncCheckpoint {
  static let keptReason = "the target's own is kept"
  static let vanishedReason = "deleted at the source meanwhile"

  /// Adds what happened to a page.
  mutating func count(_ outcomes: [ObjectOutcome]) {
    var stream = DigestStream(.sha256)
    for outcome in outcomes {
      read += 1
      switch outcome.fate {
      case .vanished:
        skipped[Self.vanishedReason, default: 0] += 1
        continue
      case .kept: skipped[Self.keptReason, default: 0] += 1
      case .written:
        written += 1
        bytes += outcome.size
        expected.add(outcome.target, using: &stream)
      case .alreadyThere:
        written += 1
        alreadyThere += 1
        expected.add(outcome.target, using: &stream)
      }
      source.add(outcome.source, using: &stream)
    }
  }

  func ledger(from: ResourceURL, to: ResourceURL) -> Ledger {
    var ledger = Ledger(from: from, to: to)
    ledger.read = read
    ledger.written = written
    ledger.alreadyThere = alreadyThere
    ledger.skipped = skipped
    ledger.bytes = bytes
    ledger.readDigest = source.description
    ledger.expectedDigest = expected.description
    return ledger
  }
}
