package import Digests
import Resources

/// What a migration has read, written and left out; tallies of parts add up to that of the whole.
package struct MigrationTally: Codable, Sendable {
  /// The account of one target.
  package struct Target: Codable, Sendable {
    /// Source items that led to at least one item in this target.
    package var written = 0
    /// Of those, the ones that changed nothing.
    package var alreadyThere = 0
    package var puts = 0
    package var deletes = 0
    /// What was written, less what it replaced.
    package var expected = DigestSum()

    static func += (whole: inout Self, part: Self) {
      whole.written += part.written
      whole.alreadyThere += part.alreadyThere
      whole.puts += part.puts
      whole.deletes += part.deletes
      whole.expected += part.expected
    }
  }

  package var read = 0
  /// Source items of which something was written, or was there already.
  package var migrated = 0
  package var bytes: Int64 = 0
  package var skipped: [String: Int] = [:]
  package var rejected = 0
  /// The source items as they were read.
  package var source = DigestSum()
  package var targets: [Target]

  /// Skip reasons kept apart in a ledger; further ones are counted together.
  private static let reasonsMax = 100
  private static let keptReason = "the target's own is kept"

  init(targets: Int) {
    self.targets = Array(repeating: Target(), count: targets)
  }

  mutating func skip(_ reason: String, count: Int = 1) {
    let isRoom = skipped.count < Self.reasonsMax || skipped[reason] != nil
    skipped[isRoom ? reason : "other reasons", default: 0] += count
  }

  static func += (whole: inout Self, part: Self) {
    whole.read += part.read
    whole.migrated += part.migrated
    whole.bytes += part.bytes
    for (reason, count) in part.skipped { whole.skip(reason, count: count) }
    whole.rejected += part.rejected
    whole.source += part.source
    for index in whole.targets.indices where part.targets.indices.contains(index) {
      whole.targets[index] += part.targets[index]
    }
  }

  /// Counts what becomes of one source item.
  mutating func count(_ entry: MigrationEntry, of urls: [ResourceURL]) throws(Failure) {
    switch entry.outcome {
    case .skip(let reason): skip(reason)
    case .rejected: rejected += 1
    case .writes(let writes):
      for index in targets.indices {
        let mine = writes.filter { $0.target == index && $0.kind != .kept }
        guard !mine.isEmpty else { continue }
        targets[index].written += 1
        if mine.allSatisfy({ $0.kind == .alike }) { targets[index].alreadyThere += 1 }
        for write in mine where write.kind == .change {
          if let new = write.new {
            targets[index].puts += 1
            targets[index].expected.add(try new.canonical(of: urls[index]))
          } else {
            targets[index].deletes += 1
          }
          if let former = write.former {
            let canonical = try former.canonical(of: urls[index])
            targets[index].expected.remove(digest: Digest.sha256(canonical))
          }
        }
      }
      if writes.allSatisfy({ $0.kind == .kept }) {
        skip(Self.keptReason)
      } else {
        migrated += 1
      }
    }
  }
}

extension MigrationTally {
  /// The account of one target, without what it is found to hold.
  func ledger(from: ResourceURL, to: ResourceURL, of target: Int) -> Ledger {
    var ledger = Ledger(from: from, to: to)
    ledger.read = read
    ledger.written = targets[target].written
    ledger.alreadyThere = targets[target].alreadyThere
    ledger.skipped = skipped
    if rejected > 0 { ledger.skipped["rejected", default: 0] += rejected }
    let elsewhere = migrated - targets[target].written
    if elsewhere > 0 { ledger.skipped["nothing for this table", default: 0] += elsewhere }
    ledger.bytes = bytes
    ledger.readDigest = source.description
    return ledger
  }
}
