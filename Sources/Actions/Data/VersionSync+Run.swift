import Resources
import Rollouts

extension VersionSync {
  private static let attemptsMax = 6
  private static let firstWait: Duration = .seconds(1)

  private struct Work: Sendable {
    let source: ObjectHistory
    let former: [ObjectVersion]
    let now: [ObjectVersion]
  }

  /// A range that is being worked off, with where each listing stands.
  private struct HistoryWalk: RangedWalk {
    var range: BucketRange
    var source: VersionWalk
    var target: VersionWalk
    var former: FormerCursor<ObjectHistory>
  }

  func run(
    _ plan: BucketSyncPlan, from start: BucketSyncCheckpoint,
    progress: Progress<BucketSyncCheckpoint>
  ) async throws(Failure) -> BucketSyncCheckpoint {
    try await begin(plan)
    var state = start
    if state.ranges == nil { state.ranges = base.ranges(plan, of: [source]) }
    var walks: [HistoryWalk?] = []
    for range in state.ranges ?? [] {
      walks.append(
        range.isCopied
          ? nil
          : HistoryWalk(
            range: range, source: walk(source, over: range), target: walk(target, over: range),
            former: try listing.cursor(after: range.after)))
    }
    let pace = progress.pace
    return try await RangeRun(plan: plan, unit: "versions", progress: progress) {
      walk throws(Failure) in
      try await copyPage(walk, pace)
    }.run(walks, from: state)
  }

  /// Writes down what the target holds, before the first change.
  private func begin(_ plan: BucketSyncPlan) async throws(Failure) {
    try WorkFiles.makeFolder(base.folder)
    if plan.createsTarget {
      if try !listing.isThere {
        guard try await target.description() == nil else { throw base.appeared() }
        try await WorkFiles.write(listing.path) { _ in }
        try WorkFiles.synchronize(folder: base.folder)
      }
      try await target.createKeepingVersions(locks: base.kinds.contains(.locks))
      return
    }
    try await checkVersioning()
    if try !listing.isThere { try await checkEmpty() }
    try await listing.capture(walk(target))
    try WorkFiles.synchronize(folder: base.folder)
  }

  private func copyPage(
    _ walk: HistoryWalk, _ pace: Pace
  ) async throws(Failure) -> PageResult<HistoryWalk> {
    var result = PageResult(walk: walk)
    guard let histories = try await result.walk.source.nextPage() else {
      result.walk.range.isCopied = true
      return result
    }
    var work: [Work] = []
    for history in histories {
      work.append(
        Work(
          source: history,
          former: try result.walk.former.row(for: history.key)?.versions ?? [],
          now: try await result.walk.target.row(for: history.key)?.versions ?? []))
    }
    result.outcomes = try await concurrentMap(work, atOnce: base.concurrency) {
      work throws(Failure) in
      try await copy(work, pace)
    }.flatMap(\.self)
    if let last = histories.last { result.walk.range.after = last.key }
    result.walk.range.isCopied = result.walk.source.isAtEnd
    return result
  }

  private func copy(_ work: Work, _ pace: Pace) async throws(Failure) -> [ObjectOutcome] {
    let versions = work.source.versions
    let lines = versions.enumerated().map { $0.element.line($0.offset + 1) }
    guard case .add(let overlap) = try await course(work.former, versions) else {
      return lines.map { ObjectOutcome(fate: .kept, source: $0) }
    }
    let rest = versions.dropFirst(overlap)
    var added = Self.added(to: work.former, in: work.now)
    try await check(added, are: rest, of: work.source.key)
    for version in rest.dropFirst(added.count) {
      try pace.checkStop()
      added.append(try await add(version, to: work.former, added, pace))
    }
    let held = work.former.suffix(overlap) + added
    return zip(versions, held).enumerated().map { index, pair in
      ObjectOutcome(
        fate: index < overlap ? .alreadyThere : .written, size: pair.0.entry.size,
        source: lines[index], target: pair.1.line(index + 1))
    }
  }

  /// Refuses versions that came since and are not the source's next ones in order.
  private func check(
    _ added: [ObjectVersion], are rest: ArraySlice<ObjectVersion>, of key: ObjectKey
  ) async throws(Failure) {
    var areOurs = added.count <= rest.count
    for (one, other) in zip(added, rest) where areOurs { areOurs = try await isSame(one, other) }
    guard areOurs else {
      throw .refused(
        "\(target.url): '\(key.text)' has versions by now that were not copied there",
        hint: "Stop whoever writes there, remove them, then 'cutover retry'.")
    }
  }

  /// Puts a version on top, once: where nobody can tell whether it was, the target's list can.
  private func add(
    _ version: ObjectVersion, to former: [ObjectVersion], _ added: [ObjectVersion], _ pace: Pace
  ) async throws(Failure) -> ObjectVersion {
    let current = added.last ?? former.last
    var wait = Self.firstWait
    for attempt in 1... {
      do throws(Failure) {
        return try await base.turnstile.pass(1) { () async throws(Failure) in
          try await addOnce(version, over: current)
        }
      } catch {
        guard error.isTransient, attempt < Self.attemptsMax else { throw error }
        // Time for a request that is still on its way to take effect.
        try await pace.wait(until: pace.clock.now() + wait, for: error.summary)
        wait = wait * 2
      }
      let now = Self.added(
        to: former, in: Array(try await target.versions(of: version.key).reversed()))
      if now.count > added.count {
        try await check(now, are: (added + [version])[...], of: version.key)
        return now[added.count]
      }
    }
    preconditionFailure("the last attempt returns or throws")
  }

  private func addOnce(
    _ version: ObjectVersion, over current: ObjectVersion?
  ) async throws(Failure) -> ObjectVersion {
    if version.isDeletion { return try await target.markDeleted(version.key, over: current) }
    var version = version
    version.entry = try await base.protected(version.entry, version: version.id)
    return try await target.copy(version, from: source, over: current)
  }
}
