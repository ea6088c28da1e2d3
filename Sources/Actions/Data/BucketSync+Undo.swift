import Resources
import Rollouts

extension BucketSync {
  /// Puts the target back to what it held, after keeping what others wrote there since.
  func undo(_ plan: BucketSyncPlan, _ pace: Pace) async throws(Failure) {
    // Without a listing nothing was changed.
    guard try listing.isThere else { return }
    if try await target.description() == nil {
      if plan.createsTarget || former.count == 0 { return }
      try await target.create()
    }
    let hasSource = try await source.description() != nil
    var rows = BucketMerge(
      source: hasSource ? walk(source) : nil, target: walk(target), former: try listing.cursor())
    var done = 0
    while true {
      let page = try await rows.nextRows()
      if page.isEmpty { break }
      try pace.checkStop()
      try await takeBack(page, pace)
      done += page.count
      pace.report(.init(done: done, unit: "objects looked at"))
    }
    let count = since.count
    if count > 0 {
      try await pace.note(
        "\(count) objects of \(target.url) that were not copied there are kept in \(since.folder)")
    }
    if plan.createsTarget { try await target.remove() }
  }

  private enum Return: Sendable {
    case leave
    /// Came since: goes.
    case remove
    /// Was overwritten or deleted: comes back as it was.
    case restore(ObjectEntry)
  }

  private func takeBack(_ page: [BucketRow], _ pace: Pace) async throws(Failure) {
    try since.makeFolder()
    let decisions = try await concurrentMap(page, atOnce: concurrency) { row throws(Failure) in
      (row.key, try await decide(row))
    }
    try since.flush()
    var gone: [ObjectKey] = []
    var back: [ObjectEntry] = []
    for (key, decision) in decisions {
      switch decision {
      case .leave: continue
      case .remove: gone.append(key)
      case .restore(let entry): back.append(entry)
      }
    }
    try await delete(gone, pace)
    _ = try await concurrentMap(back, atOnce: concurrency) { entry throws(Failure) in
      _ = try await target.write(entry, from: try former.read(entry.key))
    }
    try await target.flush()
  }

  private func decide(_ row: BucketRow) async throws(Failure) -> Return {
    let kept = row.former == nil ? nil : try former.entry(row.key)
    guard let now = row.target else { return kept.map { .restore($0) } ?? .leave }
    if row.former != nil, kept == nil { return .leave }
    if let kept, try await isStill(kept, now) { return .leave }
    var isOurs = false
    if let entry = row.source {
      isOurs = try await Self.strict.isSame(entry, in: source, now, in: target)
    }
    if !isOurs { try await since.keep(now, of: target) }
    return kept.map { .restore($0) } ?? .remove
  }

  /// Whether the target holds what was kept of it, because an undo before this one restored it.
  private func isStill(_ kept: ObjectEntry, _ now: ObjectEntry) async throws(Failure) -> Bool {
    guard kept.size == now.size, let full = try await ObjectIdentity.described(now, in: target),
      ObjectIdentity.isSame(kept.metadata, full.metadata)
    else { return false }
    if let digest = kept.digest, digest == now.digest { return true }
    let reader = HashingReader(try former.read(kept.key))
    while try await reader.next() != nil {}
    return try await ObjectIdentity.sha256(of: now, in: target) == reader.sha256
  }
}
