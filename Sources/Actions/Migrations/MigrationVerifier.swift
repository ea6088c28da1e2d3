import Digests
import Resources
import Rollouts

/// Reads targets back and compares with what the migration wrote.
///
/// Where nobody else writes, everything that a table holds is held against the digest that the
/// transform's own answers add up to. Otherwise each key that was changed must hold what was
/// written.
struct MigrationVerifier {
  private static let pageLimit = 500

  let target: any TableStore
  let number: Int
  let archive: MigrationArchive
  /// What the table should hold; nil where others write, or only a part was migrated.
  let expected: DigestSum?
  let pace: Pace

  func verify(_ ledger: Ledger) async throws(Failure) -> (Verdict, Ledger) {
    guard try await target.description() != nil else {
      return (.failed("\(target.url) does not exist"), ledger)
    }
    var ledger = ledger
    if let expected {
      let count = SharedCount()
      let found = try await TableDigest.of(target) { [pace] (more) throws(Failure) in
        pace.report(.init(done: count.add(more), unit: "items read back"))
        try pace.checkStop()
      }
      ledger.foundDigest = found.description
      ledger.expectedDigest = expected.description
      if found == expected {
        return (.passed("\(target.url) holds the \(found.count) items that it should"), ledger)
      }
      let (checked, wrong, named) = try await compare()
      let what =
        wrong == 0
        ? "all \(checked) keys that were changed hold what was written, so somebody else has "
          + "written there"
        : "\(wrong) of the \(checked) keys that were changed hold something else: "
          + named.joined(separator: ", ")
      return (
        .failed(
          "\(target.url) holds \(found.count) items where \(expected.count) are expected; \(what)"),
        ledger
      )
    }
    let (checked, wrong, named) = try await compare()
    ledger.expectedDigest = "\(checked) keys as written"
    ledger.foundDigest = "\(checked - wrong) keys as written"
    guard wrong == 0 else {
      return (
        .failed(
          "\(wrong) of the \(checked) keys that were changed in \(target.url) hold something else: "
            + named.joined(separator: ", ")), ledger
      )
    }
    return (.passed("\(checked) changed keys of \(target.url) hold what was written"), ledger)
  }

  /// Holds every key that was changed against what was written there.
  private func compare() async throws(Failure) -> (checked: Int, wrong: Int, named: [String]) {
    var (checked, wrong) = (0, 0)
    var named: [String] = []
    var last: ItemKey?
    while true {
      try pace.checkStop()
      let changes = try await archive.changes(of: number, after: last, limit: Self.pageLimit)
      guard !changes.isEmpty else { return (checked, wrong, named) }
      last = changes.last?.key
      let found = try await target.items(for: changes.map(\.key))
      for (change, item) in zip(changes, found) {
        checked += 1
        let digest = try item.map { (item) throws(Failure) in
          Digest.sha256(try item.canonical(of: target.url))
        }
        if digest == change.new { continue }
        wrong += 1
        if named.count < MigrationPager.namedMax { named.append(change.key.text) }
      }
      pace.report(.init(done: checked, unit: "keys read back"))
    }
  }
}
