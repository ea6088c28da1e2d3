import Resources
import Rollouts

extension BucketSync {
  private static let namedMax = 5
  /// How often an object that changes while it is read is begun anew.
  private static let readsMax = 3

  private enum Decision: Sendable {
    case write
    /// The former object is kept for undo first.
    case overwrite(ObjectEntry)
    case present
    case alreadyThere
    case kept
    case conflict
  }

  private struct Work: Sendable {
    let entry: ObjectEntry
    let former: ObjectEntry?
  }

  func run(
    _ plan: BucketSyncPlan, from start: BucketSyncCheckpoint,
    progress: Progress<BucketSyncCheckpoint>
  ) async throws(Failure) -> BucketSyncCheckpoint {
    try await begin(plan)
    var state = start
    var cursor = try listing.cursor()
    var pages = walk(source, after: state.position)
    while !state.isCopied {
      guard let entries = try await pages.nextPage() else { break }
      var work: [Work] = []
      for entry in entries {
        work.append(Work(entry: entry, former: try cursor.entry(for: entry.key)))
      }
      for (entry, outcome) in try await copy(work, progress.pace) { state.count(entry, outcome) }
      state.position = pages.position
      state.isCopied = pages.position == nil
      try await progress.save(state)
      progress.pace.report(
        .init(
          done: state.read, total: plan.objectCount, bytes: state.bytes,
          bytesTotal: plan.byteCount, unit: "objects"))
    }
    if deletes { state.deleted = try await deleteOthers(progress.pace) }
    return state
  }

  /// Writes down what the target holds, before the first change.
  private func begin(_ plan: BucketSyncPlan) async throws(Failure) {
    try former.makeFolder()
    if plan.createsTarget {
      if try !listing.isThere {
        guard try await target.description() == nil else {
          throw .refused(
            "\(target.url) has appeared since the sync was planned",
            hint: "Find out who made it; roll back, and begin again.")
        }
        try await WorkFiles.write(listing.path) { _ in }
      }
      try WorkFiles.synchronize(folder: folder)
      try await target.create()
      return
    }
    if try !listing.isThere { try await checkEmpty() }
    try await listing.capture(walk(target))
    try WorkFiles.synchronize(folder: folder)
  }

  /// Copies one page; all of it is durable when this returns.
  private func copy(
    _ work: [Work], _ pace: Pace
  ) async throws(Failure) -> [(ObjectEntry, ObjectOutcome)] {
    let decisions = try await concurrentMap(work, atOnce: concurrency) { work throws(Failure) in
      (work, try await decide(work))
    }
    var conflicts: [String] = []
    var hasKept = false
    for (work, decision) in decisions {
      if case .conflict = decision { conflicts.append("'\(work.entry.key.text)'") }
      if case .overwrite = decision { hasKept = true }
    }
    if hasKept { try former.flush() }
    guard conflicts.isEmpty else {
      throw .refused(
        "\(target.url) holds other objects under \(conflicts.count) keys that were free before: "
          + conflicts.prefix(Self.namedMax).joined(separator: ", "),
        hint: "Stop whoever writes there, remove them, then 'cutover retry'.")
    }
    let outcomes = try await concurrentMap(decisions, atOnce: concurrency) {
      pair throws(Failure) in
      (pair.0.entry, try await carryOut(pair.1, pair.0.entry))
    }
    try await target.flush()
    return outcomes
  }

  /// What is to be done with an object; the same after a crash, since what was overwritten is known
  /// by what was kept of it.
  private func decide(_ work: Work) async throws(Failure) -> Decision {
    let key = work.entry.key
    let now = try await target.entry(key)
    var isAlike = false
    if let now {
      isAlike = try await identity.isSame(work.entry, in: source, now, in: target)
    }
    guard work.former != nil else {
      if isAlike { return .present }
      return now == nil ? .write : .conflict
    }
    if former.has(key) { return isAlike ? .present : .write }
    if isAlike { return .alreadyThere }
    guard let now else { return .write }
    if existing == .keep { return .kept }
    try await former.keep(now, of: target)
    return .overwrite(now)
  }

  private func carryOut(
    _ decision: Decision, _ entry: ObjectEntry
  ) async throws(Failure) -> ObjectOutcome {
    switch decision {
    case .write: return try await write(entry)
    case .overwrite: return try await write(entry)
    case .present: return .written(content: try await identity.content(of: entry, in: source))
    case .alreadyThere:
      return .alreadyThere(content: try await identity.content(of: entry, in: source))
    case .kept: return .kept(content: try await identity.content(of: entry, in: source))
    case .conflict: preconditionFailure("conflicts are refused before anything is written")
    }
  }

  private func write(_ listed: ObjectEntry) async throws(Failure) -> ObjectOutcome {
    for _ in 1..<Self.readsMax {
      do throws(Failure) {
        return try await writeOnce(listed)
      } catch {
        // An object that is changed or deleted while it is read is no fault of a moving source.
        guard state == .moving else { throw error }
        if try await source.entry(listed.key) == nil { return .vanished }
        guard error.isTransient else { throw error }
      }
    }
    return try await writeOnce(listed)
  }

  private func writeOnce(_ listed: ObjectEntry) async throws(Failure) -> ObjectOutcome {
    if let target = target as? any BucketServerSideCopying, target.canCopy(from: source) {
      _ = try await target.copy(listed, from: source)
      return .written(content: try await identity.content(of: listed, in: source))
    }
    let reader = HashingReader(try await source.read(listed.key))
    _ = try await target.write(listed, from: reader)
    switch identity.comparison {
    case .digest: return .written(content: reader.sha256)
    case .sizeAndTime: return .written(content: "")
    }
  }

  /// Deletes what the target held before and the source does not have; never what came since.
  private func deleteOthers(_ pace: Pace) async throws(Failure) -> Int {
    var deleted = 0
    var rows = BucketMerge(source: walk(source), target: nil, former: try listing.cursor())
    while true {
      let page = try await rows.nextRows()
      if page.isEmpty { return deleted }
      try pace.checkStop()
      let lonely = page.compactMap { $0.source == nil ? $0.former : nil }
      _ = try await concurrentMap(lonely, atOnce: concurrency) { entry throws(Failure) in
        if let now = try await target.entry(entry.key) { try await former.keep(now, of: target) }
      }
      if !lonely.isEmpty {
        try former.flush()
        try await delete(lonely.map(\.key), pace)
        try await target.flush()
      }
      deleted += lonely.count
    }
  }
}
