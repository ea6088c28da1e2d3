import Resources
import Rollouts

extension BucketSync {
  /// Reads both sides again, range by range, and compares with what was copied.
  func verify(
    _ plan: BucketSyncPlan, _ ledger: Ledger, _ pace: Pace
  ) async throws(Failure) -> (Verdict, Ledger) {
    guard try await target.description() != nil else {
      return (.failed("\(target.url) does not exist"), ledger)
    }
    let found = try await ReadBack.read(
      ranges(plan, of: [source, target]), unit: "objects", atOnce: concurrency, pace
    ) { range throws(Failure) in
      BucketMerge(
        source: walk(source, over: range), target: walk(target, over: range),
        former: try listing.cursor(after: range.after), through: range.through)
    } look: { row throws(Failure) in
      try await finding(row)
    }
    return found.verdict(ledger, unit: "objects", isFrozen: state == .frozen)
  }

  private func finding(_ row: BucketRow) async throws(Failure) -> RowFinding {
    var finding = RowFinding()
    if let entry = row.source, state == .frozen {
      finding.source = [try await identity.line(entry, in: source)]
    }
    if let entry = row.target { finding.found = [try await identity.line(entry, in: target)] }
    if row.former != nil, !former.has(row.key), let entry = row.target {
      // The target's own: it counts where the source has the same, and is left alone elsewhere.
      var isAlike = false
      if let other = row.source {
        isAlike = try await identity.isSame(other, in: source, entry, in: target)
      }
      if !isAlike { finding.found = [] }
      return finding
    }
    switch (row.source, row.target) {
    case (nil, nil): break
    case (_?, nil): finding.difference = "'\(row.key.text)' is missing"
    case (nil, _?): finding.difference = "'\(row.key.text)' is there besides"
    case (let one?, let other?):
      // Lines of two kinds of store are not alike even where the objects are.
      if source.listsMetadata == target.listsMetadata, !finding.source.isEmpty,
        finding.source != finding.found
      {
        finding.difference = "'\(row.key.text)' differs"
      }
      try await prove(other, like: one, &finding)
    }
    return finding
  }

  /// Compares what stands beside the content, where it is asked for.
  private func prove(
    _ one: ObjectEntry, like other: ObjectEntry, _ finding: inout RowFinding
  ) async throws(Failure) {
    let name = "'\(other.key.text)'"
    // What was changed at a source since is not like its copy, and need not be.
    if state == .moving, one.modified < other.modified { return }
    if proof.includes(other.key) {
      guard let left = try await source.entry(other.key),
        let right = try await target.entry(one.key)
      else {
        finding.otherwise = "\(name) is gone"
        return
      }
      finding.described += 1
      let differences = MetadataProof.differences(left.metadata, right.metadata)
      if !differences.isEmpty {
        finding.otherwise = "\(name): \(differences.joined(separator: ", "))"
      }
    }
    if try await !isProtectedAlike(other, nil, one, nil) {
      finding.otherwise = "\(name): locks or access lists"
    }
  }
}
