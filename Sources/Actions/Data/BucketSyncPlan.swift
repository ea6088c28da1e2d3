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
}

/// How far `buckets.sync` has come; everything that it counts is durable at the target.
package struct BucketSyncCheckpoint: Codable, Sendable {
  package var position: PagePosition?
  package var isCopied = false
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

/// What happened to one object of the source.
enum ObjectOutcome: Sendable {
  case written(content: String)
  case alreadyThere(content: String)
  case kept(content: String)
  /// Deleted at a source that may change.
  case vanished
}

extension BucketSyncCheckpoint {
  static let keptReason = "the target's own is kept"
  static let vanishedReason = "deleted at the source meanwhile"

  mutating func count(_ entry: ObjectEntry, _ outcome: ObjectOutcome) {
    read += 1
    switch outcome {
    case .vanished: skipped[Self.vanishedReason, default: 0] += 1
    case .kept(let content):
      source.add(ObjectIdentity.line(entry, content: content))
      skipped[Self.keptReason, default: 0] += 1
    case .written(let content):
      written += 1
      bytes += entry.size
      add(entry, content)
    case .alreadyThere(let content):
      written += 1
      alreadyThere += 1
      add(entry, content)
    }
  }

  private mutating func add(_ entry: ObjectEntry, _ content: String) {
    let line = ObjectIdentity.line(entry, content: content)
    source.add(line)
    expected.add(line)
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
