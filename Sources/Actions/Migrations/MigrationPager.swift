import Digests
import Resources
import Rollouts

/// Migrates one page after the other; each is durable at the targets when its step returns.
struct MigrationPager: Sendable {
  /// Rounds for items that somebody changes while they are migrated.
  private static let roundsMax = 5
  /// Keys named in a message.
  static let namedMax = 5

  let source: any TableStore
  let targets: [MigrationTable]
  let transform: any TableTransform
  let archive: MigrationArchive
  let batch: Int
  /// Whether each write looks at what is there; else nobody else writes, by the playbook's word.
  let isGuarded: Bool
  let subset: MigrationSubset
  let rejects: RejectAllowance
  let claims: MigrationClaims
  /// Whether nothing is written at all.
  let isDry: Bool
  /// Whether what was answered to each item is kept, to be asked again when all is verified.
  let keepsAnswers: Bool
  let pace: Pace

  private func resolver(of segment: Int) -> MigrationResolver {
    MigrationResolver(
      source: source, targets: targets, archive: archive, claims: isDry ? nil : claims,
      segment: segment)
  }

  private var urls: [ResourceURL] { targets.map(\.store.url) }

  /// Gives a segment the keys of a page that it stored and did not come to write.
  ///
  /// To be asked of all segments before the first step of any. Answers whether there is one.
  func reclaim(
    _ segment: MigrationCheckpoint.Segment, index: Int
  ) async throws(Failure) -> Bool {
    guard !isDry, let page = try await archive.unfinished(segment: index, at: segment.position)
    else { return false }
    await claims.hold(Set(page.entries.flatMap(\.writes).map(\.place)), for: index)
    return true
  }

  /// Migrates the next page of one segment; `read` is how much was read before.
  func step(
    _ segment: MigrationCheckpoint.Segment, index: Int, of count: Int, read: Int
  ) async throws(Failure) -> MigrationCheckpoint.Segment {
    do throws(Failure) {
      let moved = try await move(segment, index: index, of: count, read: read)
      await rejects.settle(index)
      await claims.release(index)
      return moved
    } catch {
      await claims.fail()
      throw error
    }
  }

  private func move(
    _ segment: MigrationCheckpoint.Segment, index: Int, of count: Int, read: Int
  ) async throws(Failure) -> MigrationCheckpoint.Segment {
    if !isDry, let page = try await archive.unfinished(segment: index, at: segment.position) {
      return try await finish(
        try await reconsidered(page, of: segment, index: index), of: segment, index: index)
    }
    let (items, next) = try await items(segment, index: index, of: count, read: read)
    var page = MigrationPage(start: segment.position, next: next, entries: [])
    let chosen = try await subset.choose(items, of: source)
    // A page that was refused for its rejects before is judged anew.
    if try await archive.hasRejects() {
      var keys: [String] = []
      for item in items { keys.append(try await source.key(of: item).text) }
      try await archive.pardon(keys)
    }
    let (entries, answers) = try await entries(of: chosen.items, segment: index)
    page.entries = entries
    page.entries += chosen.others.map {
      MigrationEntry(source: $0, outcome: .skip(MigrationSubset.reason))
    }
    try await checkRejects(page, of: index)
    if isDry { return try moved(page, from: segment) }
    try await archive.store(page, of: segment, index: index, urls: urls, answers)
    return try await finish(page, of: segment, index: index)
  }

  /// A stored page with more rejects than are allowed with these judged again: whoever retried has
  /// mended them meanwhile.
  private func reconsidered(
    _ page: MigrationPage, of segment: MigrationCheckpoint.Segment, index: Int
  ) async throws(Failure) -> MigrationPage {
    let places = page.entries.indices.filter {
      if case .rejected = page.entries[$0].outcome { true } else { false }
    }
    guard await rejects.excess(with: places.count, of: index) != nil else { return page }
    let (page, answers) = try await again(page, places, [], segment: index)
    try await archive.store(page, of: segment, index: index, urls: urls, answers)
    return page
  }

  private func items(
    _ segment: MigrationCheckpoint.Segment, index: Int, of count: Int, read: Int
  ) async throws(Failure) -> ([Item], PagePosition?) {
    let limit = min(batch, subset.limit.map { max(1, $0 - read) } ?? batch)
    let page: Page<Item>
    if count > 1, let source = source as? any TableSegmentScanning {
      page = try await source.page(
        of: TableSegment(index: index, count: count), after: segment.position, limit: limit)
    } else {
      page = try await source.page(after: segment.position, limit: limit)
    }
    try TablePages.checkMoved(from: segment.position, to: page.next, in: source.url)
    var items = page.elements
    var next = page.next
    if let most = subset.limit, read + items.count >= most {
      items = Array(items.prefix(most - read))
      next = nil
    }
    return (try await withoutOwn(items), next)
  }

  /// Leaves out what the migration itself put into its source: it is no source item.
  private func withoutOwn(_ items: [Item]) async throws(Failure) -> [Item] {
    guard let index = targets.firstIndex(where: \.isSource), !isDry else { return items }
    var keys: [ItemKey] = []
    for item in items { keys.append(try await source.key(of: item)) }
    let changes = try await archive.changes(keys, of: index)
    var kept: [Item] = []
    for (item, change) in zip(items, changes) {
      if let change, change.new == Digest.sha256(try item.canonical(of: source.url)) { continue }
      kept.append(item)
    }
    return kept
  }

  private func entries(
    of items: [Item], segment: Int, written: [MigrationConflict: Item?]? = nil
  ) async throws(Failure) -> ([MigrationEntry], [MigrationAnswer]) {
    guard !items.isEmpty else { return ([], []) }
    let outcomes = try await transform.apply(items)
    guard outcomes.count == items.count else {
      throw .permanent(
        "the transform of \(source.url) answered \(outcomes.count) times for \(items.count) items",
        hint: "Report this bug.")
    }
    var answers: [MigrationAnswer] = []
    if keepsAnswers, !isDry {
      for (item, outcome) in zip(items, outcomes) {
        answers.append(MigrationAnswer(try await source.key(of: item), item, outcome))
      }
    }
    let entries = try await resolver(of: segment).resolve(items, outcomes, written: written)
    return (entries, answers)
  }

  /// A page with more rejects than the playbook allows is not written at all.
  private func checkRejects(_ page: MigrationPage, of index: Int) async throws(Failure) {
    var rejected: [(key: String, reason: String)] = []
    for entry in page.entries {
      guard case .rejected(let reason) = entry.outcome else { continue }
      rejected.append((try await source.key(of: entry.source).text, reason))
    }
    try await archive.reject(rejected)
    guard let count = await rejects.excess(with: rejected.count, of: index) else { return }
    let named = rejected.prefix(Self.namedMax).map { "\($0.key): \($0.reason)" }
      .joined(separator: "; ")
    throw .permanent(
      "\(source.url): \(count) items cannot be migrated, and \(rejects.most ?? 0) are allowed: "
        + "\(named)\(rejected.count > Self.namedMax ? " …" : "")",
      hint: "Mend the items or the transform, or say 'rejects'; 'cutover retry' goes on at this "
        + "page and judges them again; none of them was written. All are in the table 'reject' of "
        + "\(archive.path).")
  }

  /// Writes a stored page, and looks again at items that somebody changed meanwhile.
  private func finish(
    _ stored: MigrationPage, of segment: MigrationCheckpoint.Segment, index: Int
  ) async throws(Failure) -> MigrationCheckpoint.Segment {
    var page = stored
    for _ in 0..<Self.roundsMax {
      // Also what was rejected only when it was judged again.
      try await checkRejects(page, of: index)
      let conflicts = try await write(page)
      guard !conflicts.isEmpty else {
        let moved = try moved(page, from: segment)
        if moved.isDone { try await archive.complete(moved, index: index) }
        return moved
      }
      try pace.checkStop()
      let answers: [MigrationAnswer]
      let places = page.entries.indices.filter { place in
        page.entries[place].writes.contains {
          conflicts.contains($0.place)
        }
      }
      (page, answers) = try await again(page, places, conflicts, segment: index)
      try await archive.store(page, of: segment, index: index, urls: urls, answers)
    }
    throw .transient(
      "items of \(source.url) or its targets are changed again and again while they are migrated",
      hint: "Stop whoever writes there; the step is tried again by itself.")
  }

  /// Writes every target's changes; gives back the keys that held something else.
  private func write(_ page: MigrationPage) async throws(Failure) -> Set<MigrationConflict> {
    var conflicts: Set<MigrationConflict> = []
    // Targets before the source: what a source item became is there before it goes.
    let order = targets.indices.sorted { !targets[$0].isSource && targets[$1].isSource }
    for index in order {
      let changes = page.entries.flatMap(\.writes).filter { $0.target == index }
        .compactMap { $0.change(isGuarded: isGuarded) }
      guard !changes.isEmpty else { continue }
      let keys = try await BatchWriter(pace: pace, governor: targets[index].governor)
        .write(changes, to: targets[index].store)
      conflicts.formUnion(keys.map { MigrationConflict(target: index, key: $0) })
      // An item is not changed in place while what it became elsewhere is still in doubt.
      if !conflicts.isEmpty { break }
    }
    return conflicts
  }

  /// The page with the entries at these places judged anew, by what is there now.
  private func again(
    _ page: MigrationPage, _ places: [Int], _ conflicts: Set<MigrationConflict>, segment: Int
  ) async throws(Failure) -> (MigrationPage, [MigrationAnswer]) {
    var page = page
    var keys: [ItemKey] = []
    var written: [MigrationConflict: Item?] = [:]
    var former: [MigrationConflict: MigrationWrite] = [:]
    for place in places {
      keys.append(try await source.key(of: page.entries[place].source))
      for write in page.entries[place].writes where write.kind == .change {
        guard !conflicts.contains(write.place) else { continue }
        written[write.place] = .some(write.former)
        former[write.place] = write
      }
    }
    try await archive.forget(conflicts.map { ($0.target, $0.key) })
    try await archive.pardon(keys.map(\.text))
    let found = try await source.items(for: keys)
    var items: [Item] = []
    var live: [Int] = []
    for (place, item) in zip(places, found) {
      guard let item else {
        page.entries[place].outcome = .skip("deleted while it was migrated")
        continue
      }
      items.append(item)
      live.append(place)
    }
    let (entries, answers) = try await entries(of: items, segment: segment, written: written)
    for (place, entry) in zip(live, entries) { page.entries[place] = entry }
    for entry in places.map({ page.entries[$0] }) {
      for write in entry.writes { former[write.place] = nil }
    }
    try await takeBack(Array(former.values))
    return (page, answers)
  }

  /// Takes back what the item as it was had led to, and as it is now does not.
  ///
  /// What others have made of it since stays, and stays recorded, so that it is told when all is
  /// verified and kept in an archive when the step is undone.
  private func takeBack(_ writes: [MigrationWrite]) async throws(Failure) {
    for write in writes {
      let back = MigrationWrite(
        target: write.target, key: write.key, former: write.new, new: write.former, kind: .change)
      guard let change = back.change(isGuarded: true) else { continue }
      let target = targets[write.target]
      let conflicts = try await BatchWriter(pace: pace, governor: target.governor)
        .write([change], to: target.store)
      if !conflicts.isEmpty {
        let url = target.store.url
        let found = try await target.store.items(for: [write.key]).first ?? nil
        // A write that never got there has left nothing of ours.
        guard try found?.canonical(of: url) == write.former?.canonical(of: url) else {
          try await pace.note(
            "\(url): what became of an item that was changed meanwhile was changed there too, and "
              + "stays: \(write.key.text)")
          continue
        }
      }
      try await archive.forget([(write.target, write.key)])
    }
  }

  private func moved(
    _ page: MigrationPage, from segment: MigrationCheckpoint.Segment
  ) throws(Failure) -> MigrationCheckpoint.Segment {
    var moved = segment
    moved.position = page.next
    moved.isDone = page.next == nil
    var stream = DigestStream(.sha256)
    for entry in page.entries {
      moved.tally.read += 1
      moved.tally.bytes += Int64(entry.source.bytes.count)
      moved.tally.source.add(try entry.source.canonical(of: source.url), using: &stream)
      try moved.tally.count(entry, of: urls)
    }
    return moved
  }
}

/// A key of a target that held something else than was read.
struct MigrationConflict: Hashable, Sendable {
  let target: Int
  let key: ItemKey
}
