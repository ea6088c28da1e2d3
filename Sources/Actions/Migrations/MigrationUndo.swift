import Digests
import Resources
import Rollouts

/// Puts back, byte for byte, what a migration changed in one target.
///
/// What others wrote under the same keys since is kept in an archive before it is replaced. Each
/// write is conditional, so that it may be interrupted and repeated anywhere.
struct MigrationUndo {
  private static let pageLimit = 500
  private static let roundsMax = 5

  let target: any TableStore
  let number: Int
  let archive: MigrationArchive
  /// Where what others wrote is kept.
  let strangersPath: String
  let governor: WriteGovernor
  let pace: Pace

  func run() async throws(Failure) {
    guard try await target.description() != nil else {
      throw .refused(
        "\(target.url) does not exist any more, so nothing can be put back into it",
        hint: "Restore the table from a backup, then 'cutover retry'.")
    }
    var last: ItemKey?
    var done = 0
    while true {
      try pace.checkStop()
      let changes = try await archive.changes(of: number, after: last, limit: Self.pageLimit)
      guard !changes.isEmpty else { break }
      last = changes.last?.key
      try await putBack(changes)
      done += changes.count
      pace.report(.init(done: done, unit: "keys put back"))
    }
    // An undo that was interrupted before may have kept all there was.
    if let count = try Archive.count(at: strangersPath) {
      try await pace.note(
        "\(count) items that others wrote to \(target.url) since are kept in \(strangersPath)")
    }
  }

  private func putBack(_ changes: [MigrationArchive.Change]) async throws(Failure) {
    var pending = changes
    for _ in 0..<Self.roundsMax {
      let found = try await target.items(for: pending.map(\.key))
      var writes: [ItemChange] = []
      var strangers: [[UInt8]] = []
      for (change, item) in zip(pending, found) {
        let canonical = try item?.canonical(of: target.url)
        let former = try change.former?.canonical(of: target.url)
        guard canonical != former else { continue }
        if let canonical, Digest.sha256(canonical) != change.new { strangers.append(canonical) }
        switch (item, change.former) {
        case (nil, nil): break
        case (let item?, nil): writes.append(.remove(former: item))
        case (nil, let former?): writes.append(.insert(former))
        case (let item?, let former?): writes.append(.replace(former: item, with: former))
        }
      }
      if !strangers.isEmpty { try Archive(at: strangersPath).add(strangers) }
      let conflicts = try await BatchWriter(pace: pace, governor: governor)
        .write(writes, to: target)
      guard !conflicts.isEmpty else { return }
      pending = pending.filter { conflicts.contains($0.key) }
    }
    throw .transient(
      "items of \(target.url) are changed again and again while they are put back",
      hint: "Stop whoever writes there; the undo is tried again by itself.")
  }
}
