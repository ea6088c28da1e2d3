import Digests
import Resources
import Rollouts

/// Copies one table page by page; each step is durable when it returns.
///
/// What it counts follows from the source, the transform and the plan alone, never from what the
/// target holds by now, so that a page that is repeated after a crash counts the same.
struct TablePageCopier: Sendable {
  /// Keys named in a message.
  private static let namedMax = 5
  /// A store that copies by itself moves more at a time than what passes through here.
  private static let serverSideBatchMin = 20_000

  let source: any TableStore
  let target: any TableStore
  let transform: (any ItemTransform)?
  let former: FormerItems
  let existing: ExistingPolicy
  let batch: Int
  let pace: Pace
  let governor: WriteGovernor

  /// What one step achieved.
  struct Move: Sendable {
    var segment: TableCopyCheckpoint.Segment
    var tally = TableCopyTally()
  }

  /// Copies the next page of one segment.
  func step(
    _ pair: TableCopyCheckpoint.Pair, segment index: Int
  ) async throws(Failure) -> Move {
    let segment = pair.segments[index]
    if pair.isServerSide == true { return try await serverSideStep(segment) }
    let page = try await page(
      of: pair.segments.count > 1 ? TableSegment(index: index, count: pair.segments.count) : nil,
      after: segment.position)
    try TablePages.checkMoved(from: segment.position, to: page.next, in: source.url)
    var move = Move(
      segment: .init(position: page.next, isDone: page.next == nil))
    // Where nobody else writes, a put is an insert, and shares its request with others.
    let isPutting =
      existing == .overwrite || pair.isQuiet == true && target.writesConditionsOneByOne
    var sheet = Sheet(isPutting: isPutting)
    if transform == nil, former.byKey.isEmpty {
      try copyAll(page.elements, in: &move.tally, on: &sheet)
    } else {
      for (item, outcome) in try await outcomes(of: page.elements) {
        move.tally.read += 1
        move.tally.bytes += Int64(item.bytes.count)
        move.tally.source.add(try item.canonical(of: source.url))
        switch outcome {
        case .skip(let reason): move.tally.skip(reason)
        case .failed(let reason): sheet.failed.append("\(await name(of: item)): \(reason)")
        case .changes(let changes):
          try await account(changes, of: item, in: &move.tally, on: &sheet)
        }
      }
    }
    // A bad item stops the copy here, but not the good ones beside it.
    let conflicts = try await BatchWriter(pace: pace, governor: governor)
      .write(sheet.writes, to: target)
    try refuse(conflicts: conflicts, failed: sheet.failed)
    return move
  }

  private func page(
    of segment: TableSegment?, after position: PagePosition?
  ) async throws(Failure) -> Page<Item> {
    guard let segment else { return try await source.page(after: position, limit: batch) }
    guard let source = source as? any TableSegmentScanning else {
      throw .permanent(
        "\(source.url) cannot be read in segments any more",
        hint: "The rollout was begun by another version; carry on with that one.")
    }
    return try await source.page(of: segment, after: position, limit: batch)
  }

  /// Every item is written as it is: there is nothing to look up and no key to compare.
  private func copyAll(
    _ items: [Item], in tally: inout TableCopyTally, on sheet: inout Sheet
  ) throws(Failure) {
    var stream = DigestStream(.sha256)
    sheet.writes.reserveCapacity(items.count)
    for item in items {
      tally.bytes += Int64(item.bytes.count)
      tally.source.add(try item.canonical(of: source.url), using: &stream)
      sheet.writes.append(sheet.isPutting ? .put(item) : .insert(item))
    }
    tally.read += items.count
    tally.written += items.count
    tally.expected += tally.source
  }

  /// What is to be written for a page, and what cannot be.
  private struct Sheet {
    let isPutting: Bool
    var writes: [ItemChange] = []
    var keys: Set<ItemKey> = []
    var failed: [String] = []

    init(isPutting: Bool) { self.isPutting = isPutting }
  }

  private func outcomes(
    of items: [Item]
  ) async throws(Failure) -> [(Item, TransformOutcome)] {
    guard let transform else { return items.map { ($0, .changes([.put($0)])) } }
    guard !items.isEmpty else { return [] }
    let outcomes = try await transform.apply(items)
    guard outcomes.count == items.count else {
      throw .permanent(
        "the transform of \(source.url) answered \(outcomes.count) times for \(items.count) items",
        hint: "Report this bug.")
    }
    return Array(zip(items, outcomes))
  }

  private func account(
    _ changes: [ItemChange], of item: Item, in tally: inout TableCopyTally,
    on sheet: inout Sheet
  ) async throws(Failure) {
    guard !changes.isEmpty else {
      sheet.failed.append("\(await name(of: item)): the transform yields nothing for it")
      return
    }
    var kept = 0
    var alike = 0
    for change in changes {
      guard case .put(let new) = change else {
        sheet.failed.append("\(await name(of: item)): a copy neither deletes nor inserts")
        return
      }
      let key = try await target.key(of: new)
      guard sheet.keys.insert(key).inserted else {
        sheet.failed.append("\(await name(of: item)): another item has the key \(key.text) too")
        return
      }
      let canonical = try new.canonical(of: source.url)
      guard let former = former.byKey[key] else {
        tally.expected.add(canonical)
        sheet.writes.append(sheet.isPutting ? .put(new) : .insert(new))
        continue
      }
      if former == canonical {
        alike += 1
      } else if existing == .keep {
        kept += 1
      } else {
        tally.expected.add(canonical)
        tally.expected.remove(digest: Digest.sha256(former))
        sheet.writes.append(.put(new))
      }
    }
    if kept == changes.count {
      tally.skip("the target's own is kept")
    } else {
      tally.written += 1
      if alike + kept == changes.count { tally.alreadyThere += 1 }
    }
  }

  private func refuse(conflicts: [ItemKey], failed: [String]) throws(Failure) {
    if !failed.isEmpty {
      throw .permanent(
        "\(source.url): \(failed.count) items cannot be copied: "
          + Self.sample(failed, separator: "; "),
        hint: "Mend the items or the transform; 'cutover retry' goes on at this page.")
    }
    if !conflicts.isEmpty {
      throw .refused(
        "\(target.url) holds other items under \(conflicts.count) keys that were free when the "
          + "copy was planned: " + Self.sample(conflicts.map(\.text), separator: ", "),
        hint: "Stop whoever writes there, or look whether the transform gives two items one key; "
          + "then 'cutover retry'.")
    }
  }

  private func name(of item: Item) async -> String {
    do throws(Failure) {
      return try await source.key(of: item).text
    } catch {
      return String(decoding: item.bytes.prefix(80), as: UTF8.self)
    }
  }

  private static func sample(_ texts: [String], separator: String) -> String {
    texts.prefix(namedMax).joined(separator: separator) + (texts.count > namedMax ? " …" : "")
  }

  private func serverSideStep(
    _ segment: TableCopyCheckpoint.Segment
  ) async throws(Failure) -> Move {
    guard let target = target as? any TableServerSideCopying else {
      throw .permanent(
        "\(target.url) cannot copy by itself any more",
        hint: "The rollout was begun by another version; carry on with that one.")
    }
    let outcome = try await target.copyPage(
      from: source, after: segment.position, limit: max(batch, Self.serverSideBatchMin))
    try TablePages.checkMoved(from: segment.position, to: outcome.next, in: source.url)
    var move = Move(segment: .init(position: outcome.next, isDone: outcome.next == nil))
    move.tally.read = outcome.copied
    move.tally.written = outcome.copied
    return move
  }
}
