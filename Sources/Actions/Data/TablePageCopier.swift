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

  func step(
    _ progress: TableCopyCheckpoint.Pair
  ) async throws(Failure) -> TableCopyCheckpoint.Pair {
    if progress.isServerSide == true { return try await serverSideStep(progress) }
    var progress = progress
    let page = try await source.page(after: progress.position, limit: batch)
    try TablePages.checkMoved(from: progress.position, to: page.next, in: source.url)
    var sheet = Sheet()
    for (item, outcome) in try await outcomes(of: page.elements) {
      progress.read += 1
      progress.bytes += Int64(item.bytes.count)
      progress.source.add(try item.canonical(of: source.url))
      switch outcome {
      case .skip(let reason): progress.skip(reason)
      case .failed(let reason): sheet.failed.append("\(await name(of: item)): \(reason)")
      case .changes(let changes):
        try await account(changes, of: item, in: &progress, on: &sheet)
      }
    }
    // A bad item stops the copy here, but not the good ones beside it.
    let conflicts = try await BatchWriter(pace: pace).write(sheet.writes, to: target)
    try refuse(conflicts: conflicts, failed: sheet.failed)
    progress.position = page.next
    progress.isDone = page.next == nil
    return progress
  }

  /// What is to be written for a page, and what cannot be.
  private struct Sheet {
    var writes: [ItemChange] = []
    var keys: Set<ItemKey> = []
    var failed: [String] = []
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
    _ changes: [ItemChange], of item: Item, in progress: inout TableCopyCheckpoint.Pair,
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
        progress.expected.add(canonical)
        sheet.writes.append(existing == .overwrite ? .put(new) : .insert(new))
        continue
      }
      if former == canonical {
        alike += 1
      } else if existing == .keep {
        kept += 1
      } else {
        progress.expected.add(canonical)
        progress.expected.remove(digest: Digest.sha256(former))
        sheet.writes.append(.put(new))
      }
    }
    if kept == changes.count {
      progress.skip("the target's own is kept")
    } else {
      progress.written += 1
      if alike + kept == changes.count { progress.alreadyThere += 1 }
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
    _ progress: TableCopyCheckpoint.Pair
  ) async throws(Failure) -> TableCopyCheckpoint.Pair {
    guard let target = target as? any TableServerSideCopying else {
      throw .permanent(
        "\(target.url) cannot copy by itself any more",
        hint: "The rollout was begun by another version; carry on with that one.")
    }
    var progress = progress
    let outcome = try await target.copyPage(
      from: source, after: progress.position, limit: max(batch, Self.serverSideBatchMin))
    try TablePages.checkMoved(from: progress.position, to: outcome.next, in: source.url)
    progress.read += outcome.copied
    progress.written += outcome.copied
    progress.position = outcome.next
    progress.isDone = outcome.next == nil
    return progress
  }
}
