package import Resources

/// A range of a bucket's keys, how far it has been worked off, and what to do it with.
package struct BucketRange: Codable, Sendable, Hashable {
  /// The greatest key that belongs to it; nil for all that follow.
  package var through: ObjectKey?
  /// Where its next page begins; nil at its own beginning, which `after` tells.
  package var position: PagePosition?
  /// The greatest key that lies before what is left of it; nil at the front of the bucket.
  package var after: ObjectKey?
  package var isCopied = false

  /// The whole bucket, cut into ranges.
  static func all(cutAt cuts: [ObjectKey]) -> [BucketRange] {
    var ranges: [BucketRange] = []
    var last: ObjectKey?
    for cut in cuts {
      ranges.append(BucketRange(through: cut, after: last))
      last = cut
    }
    return ranges + [BucketRange(after: last)]
  }
}

extension BucketSync {
  /// Ranges that several listings can go through at once, where both stores can begin anywhere.
  func ranges(_ plan: BucketSyncPlan, of stores: [any BucketStore]) -> [BucketRange] {
    let canCut = stores.allSatisfy { $0 is any KeyRangeListing }
    return BucketRange.all(cutAt: canCut ? plan.cuts ?? [] : [])
  }

  func walk(_ bucket: any BucketStore, over range: BucketRange) -> BucketWalk {
    var position = range.position
    if position == nil, let after = range.after, let bucket = bucket as? any KeyRangeListing {
      position = bucket.position(after: after)
    }
    return BucketWalk(bucket, prefix: prefix, after: position, through: range.through)
  }

  /// The target's own listing beside a range of the source; nil where single objects are asked for.
  func targetWalk(over range: BucketRange) -> BucketWalk? {
    guard let bucket = target as? any KeyRangeListing else { return nil }
    return BucketWalk(
      bucket, prefix: prefix, after: range.after.map { bucket.position(after: $0) },
      through: range.through)
  }
}
