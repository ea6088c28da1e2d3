import Resources
import Rollouts

extension BucketSync {
  private static let namedMax = 5
  /// How often an object that changes while it is read is begun anew.
  private static let readsMax = 3

  private enum Decision: Sendable {
    case write
    /// The former object is kept for undo first.
    case overwrite
    case present(ObjectEntry)
    case alreadyThere(ObjectEntry)
    case kept
    case conflict
  }

  private struct Work: Sendable {
    let entry: ObjectEntry
    let former: ObjectEntry?
    /// What the target's listing holds; asked for when there is no such listing.
    var now: ObjectEntry?
  }

  /// A range that is being worked off, with where each listing stands.
  private struct RangeWalk: RangedWalk {
    var range: BucketRange
    var source: BucketWalk
    var target: BucketWalk?
    var former: FormerCursor<ObjectEntry>
  }

  func run(
    _ plan: BucketSyncPlan, from start: BucketSyncCheckpoint,
    progress: Progress<BucketSyncCheckpoint>
  ) async throws(Failure) -> BucketSyncCheckpoint {
    try await begin(plan)
    var state = start
    if state.ranges == nil {
      state.ranges =
        start.position == nil && !start.isCopied
        ? ranges(plan, of: [source])
        : [BucketRange(position: start.position, isCopied: start.isCopied)]
    }
    state = try await copyRanges(plan, state, progress)
    if deletes { state.deleted = try await deleteOthers(progress.pace) }
    return state
  }

  /// Works off all ranges; what is counted is durable at the target.
  private func copyRanges(
    _ plan: BucketSyncPlan, _ start: BucketSyncCheckpoint,
    _ progress: Progress<BucketSyncCheckpoint>
  ) async throws(Failure) -> BucketSyncCheckpoint {
    var walks: [RangeWalk?] = []
    for range in start.ranges ?? [] { walks.append(range.isCopied ? nil : try open(range)) }
    return try await RangeRun(plan: plan, unit: "objects", progress: progress) {
      walk throws(Failure) in
      try await copyPage(walk)
    }.run(walks, from: start)
  }

  private func open(_ range: BucketRange) throws(Failure) -> RangeWalk {
    RangeWalk(
      range: range, source: walk(source, over: range), target: targetWalk(over: range),
      former: try listing.cursor(after: range.after))
  }

  /// Copies the next page of a range; all of it is durable when this returns.
  private func copyPage(
    _ walk: RangeWalk
  ) async throws(Failure) -> PageResult<RangeWalk> {
    var result = PageResult(walk: walk)
    if let entries = try await result.walk.source.nextPage() {
      var work: [Work] = []
      for entry in entries {
        work.append(
          Work(
            entry: entry, former: try result.walk.former.row(for: entry.key),
            now: try await result.walk.target?.row(for: entry.key)))
      }
      result.outcomes = try await copy(work, isListed: walk.target != nil)
      if let last = entries.last { result.walk.range.after = last.key }
      result.walk.range.position = result.walk.source.position
      result.walk.range.isCopied = result.walk.source.position == nil
    } else {
      result.walk.range.isCopied = true
    }
    return result
  }

  /// Writes down what the target holds, before the first change.
  private func begin(_ plan: BucketSyncPlan) async throws(Failure) {
    try former.makeFolder()
    if plan.createsTarget {
      if try !listing.isThere {
        guard try await target.description() == nil else { throw appeared() }
        try await WorkFiles.write(listing.path) { _ in }
      }
      try WorkFiles.synchronize(folder: folder)
      if kinds.contains(.locks), let target = target as? any VersionKeeping {
        try await target.createKeepingVersions(locks: true)
      } else {
        try await target.create()
      }
      return
    }
    if try !listing.isThere { try await checkEmpty() }
    try await listing.capture(walk(target))
    try WorkFiles.synchronize(folder: folder)
  }

  private func copy(
    _ work: [Work], isListed: Bool
  ) async throws(Failure) -> [ObjectOutcome] {
    let decisions = try await concurrentMap(work, atOnce: concurrency) { work throws(Failure) in
      (work.entry, try await decide(work, isListed: isListed))
    }
    var conflicts: [String] = []
    var hasKept = false
    for (entry, decision) in decisions {
      if case .conflict = decision { conflicts.append("'\(entry.key.text)'") }
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
      try await carryOut(pair.1, pair.0)
    }
    try await target.flush()
    return outcomes
  }

  /// What is to be done with an object; the same after a crash, since what was overwritten is known
  /// by what was kept of it.
  private func decide(_ work: Work, isListed: Bool) async throws(Failure) -> Decision {
    let key = work.entry.key
    let now = isListed ? work.now : try await target.entry(key)
    var isAlike = false
    if let now {
      isAlike = try await identity.isSame(work.entry, in: source, now, in: target)
      if isAlike { isAlike = try await isProtectedAlike(work.entry, nil, now, nil) }
    }
    guard work.former != nil else {
      guard let now else { return .write }
      return isAlike ? .present(now) : .conflict
    }
    if former.has(key) {
      if isAlike, let now { return .present(now) }
      return .write
    }
    guard let now else { return .write }
    if isAlike { return .alreadyThere(now) }
    if existing == .keep { return .kept }
    try await keepFormer(now)
    return .overwrite
  }

  private func keepFormer(_ now: ObjectEntry) async throws(Failure) {
    var now = now
    if !kinds.isEmpty, let target = target as? any ProtectionKeeping {
      now.metadata.protection = try await target.protection(of: now.key, version: nil, kinds)
    }
    try await former.keep(now, of: target)
  }

  private func carryOut(
    _ decision: Decision, _ entry: ObjectEntry
  ) async throws(Failure) -> ObjectOutcome {
    var outcome = ObjectOutcome(fate: .written, size: entry.size)
    switch decision {
    case .write: return try await write(entry)
    case .overwrite: return try await write(entry)
    case .present(let now): outcome.target = try await identity.line(now, in: target)
    case .alreadyThere(let now):
      outcome.fate = .alreadyThere
      outcome.target = try await identity.line(now, in: target)
    case .kept: outcome.fate = .kept
    case .conflict: preconditionFailure("conflicts are refused before anything is written")
    }
    outcome.source = try await identity.line(entry, in: source)
    return outcome
  }

  private func write(_ listed: ObjectEntry) async throws(Failure) -> ObjectOutcome {
    var listed = listed
    for _ in 1..<Self.readsMax {
      do throws(Failure) {
        return try await writeOnce(listed)
      } catch {
        // An object that is changed or deleted while it is read is no fault of a moving source.
        guard state == .moving else { throw error }
        guard let now = try await source.entry(listed.key) else {
          return ObjectOutcome(fate: .vanished)
        }
        guard error.isTransient else { throw error }
        listed = now
      }
    }
    return try await writeOnce(listed)
  }

  private func writeOnce(_ listed: ObjectEntry) async throws(Failure) -> ObjectOutcome {
    if copiesInside, let target = target as? any BucketServerSideCopying {
      let stored = try await turnstile.pass(1) { () async throws(Failure) in
        try await target.copy(try await protected(listed), from: source)
      }
      let line = try await identity.line(listed, in: source)
      let isAlike = stored.digest == nil && source.listsMetadata
      return ObjectOutcome(
        fate: .written, size: listed.size, source: line,
        target: isAlike ? line : try await identity.line(stored, in: target))
    }
    let weight = Int(min(listed.size, Self.pieceBytesMax)) + Self.overheadBytes
    return try await memory.pass(weight) { () async throws(Failure) in
      try await carry(listed)
    }
  }

  /// Lets the content pass through here.
  private func carry(_ listed: ObjectEntry) async throws(Failure) -> ObjectOutcome {
    let opened = try await source.read(listed.key)
    let entry = try await protected(try await described(listed, by: opened))
    let reader = HashingReader(opened)
    var stored = try await target.write(entry, from: reader)
    let sum = "sha256:" + reader.sha256
    // A store that says nothing of the content holds what was read.
    if stored.digest == nil { stored.digest = sum }
    var read = entry
    if read.digest == nil { read.digest = sum }
    return ObjectOutcome(
      fate: .written, size: entry.size, source: try await identity.line(read, in: source),
      target: try await identity.line(stored, in: target))
  }

  /// What a body of this object takes on its way: a part to be sent, and what waits before it.
  private static let pieceBytesMax: Int64 = 24 << 20
  private static let overheadBytes = 1 << 18

  /// The entry with its metadata, if possible as the opened object itself told it.
  private func described(
    _ listed: ObjectEntry, by reader: any ObjectReader
  ) async throws(Failure) -> ObjectEntry {
    if let reader = reader as? any DescribedReader { return reader.entry }
    guard let entry = try await ObjectIdentity.described(listed, in: source) else {
      throw .transient(
        "\(source.url): '\(listed.key.text)' was deleted while it was read", hint: "Read again.")
    }
    return entry
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
        if let now = try await target.entry(entry.key) { try await keepFormer(now) }
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
