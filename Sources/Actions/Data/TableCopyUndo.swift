import Resources
import Rollouts

/// Takes a copy back: keeps what others wrote since, then restores what was there before.
///
/// Nothing leaves the target before it is either known from the source or the plan, or durable in
/// the archive; so it may be interrupted and repeated anywhere.
struct TableCopyUndo {
  static let pageLimit = 1000

  let source: any TableStore
  let target: any TableStore
  let transform: (any ItemTransform)?
  let former: FormerItems
  let plan: TableCopyPlan.Pair
  let existing: ExistingPolicy
  let governor: WriteGovernor
  let archivePath: String
  let pace: Pace

  func run() async throws(Failure) {
    guard try await target.description() != nil else {
      try await restoreMissing()
      return
    }
    try await empty()
    // An undo that was interrupted before may have archived all there was.
    if let count = try Archive.count(at: archivePath) {
      try await pace.note(
        "\(count) items of \(target.url) that were not copied there are kept in \(archivePath)")
    }
    if plan.target == nil {
      try await target.delete()
    } else {
      try await putBack()
    }
  }

  private func restoreMissing() async throws(Failure) {
    guard let description = plan.target, !former.byKey.isEmpty else { return }
    try await target.create(like: description)
    try await putBack()
  }

  private func putBack() async throws(Failure) {
    _ = try await BatchWriter(pace: pace, governor: governor).write(
      former.items.map { .put($0) }, to: target)
  }

  /// Archives what the copy did not write and removes what was not there before, page by page.
  private func empty() async throws(Failure) {
    var pages = TablePages(target, limit: Self.pageLimit)
    var copied: Fingerprints?
    var archive: Archive?
    var removed = 0
    while let items = try await pages.next() {
      try pace.checkStop()
      guard !items.isEmpty else { continue }
      if copied == nil { copied = try await copiedItems() }
      var strange: [[UInt8]] = []
      var gone: [ItemChange] = []
      for item in items {
        let key = try await target.key(of: item)
        let canonical = try item.canonical(of: target.url)
        if former.byKey[key] == canonical { continue }
        gone.append(.delete(key))
        if copied?.contains(canonical) != true { strange.append(canonical) }
      }
      if !strange.isEmpty {
        let file: Archive
        if let archive { file = archive } else { file = try Archive(at: archivePath) }
        archive = file
        try file.add(strange)
      }
      // A table that goes as a whole need not be emptied first.
      if plan.target != nil {
        _ = try await BatchWriter(pace: pace, governor: governor).write(gone, to: target)
      }
      removed += gone.count
      pace.report(.init(done: removed, unit: "items taken back"))
    }
  }

  /// What the copy writes, by the source as it is now; nothing when there is no source any more.
  private func copiedItems() async throws(Failure) -> Fingerprints {
    var fingerprints = Fingerprints()
    guard try await source.description() != nil else { return fingerprints }
    var pages = TablePages(source, limit: Self.pageLimit)
    while let items = try await pages.next() {
      try pace.checkStop()
      guard let transform else {
        for item in items { fingerprints.insert(try item.canonical(of: source.url)) }
        continue
      }
      for case .changes(let changes) in items.isEmpty ? [] : try await transform.apply(items) {
        for case .put(let item) in changes {
          fingerprints.insert(try item.canonical(of: source.url))
        }
      }
    }
    fingerprints.seal()
    return fingerprints
  }
}
