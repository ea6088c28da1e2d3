package import Resources
package import Rollouts

/// How much of an object's history is copied.
package enum CopiedVersions: String, Codable, Sendable, CaseIterable {
  case latest
  /// Every version and delete marker, the oldest first.
  case all
}

extension BucketsSync {
  /// What histories and protections take beyond the objects themselves.
  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    var rights: [StepRight] = []
    if input.versions == .all {
      rights += [input.from, input.to].map { .special($0, .lookBack) }
      rights += [.special(input.from, .readHistory), .special(input.to, .writeHistory)]
    }
    let kept = Set(input.keep ?? keepDefault)
    if !kept.isEmpty { rights += [input.from, input.to].map { .special($0, .regard) } }
    for kind in kept {
      let (read, write): (SpecialUse, SpecialUse) =
        switch kind {
        case .locks: (.readLocks, .writeLocks)
        case .acls: (.readLists, .writeLists)
        }
      rights += [input.from, input.to].map { .special($0, read) }
      rights.append(.special(input.to, write))
    }
    return rights
  }
}
