import Resources
import Rollouts

/// Asks a filter program once more about every source item, and holds its answers against those
/// that it gave when the migration ran.
///
/// Items are asked about as they were then: what was changed in place is taken from the archive.
struct MigrationReasking {
  private static let pageLimit = 500

  let source: any TableStore
  /// The number of the target that is the source itself; nil if there is none.
  let sourceNumber: Int?
  let archive: MigrationArchive
  let transform: any TableTransform
  let pace: Pace

  func verify() async throws(Failure) -> Verdict {
    var (asked, gone, different) = (0, 0, 0)
    var named: [String] = []
    var last: ItemKey?
    while true {
      try pace.checkStop()
      let answers = try await archive.answers(after: last, limit: Self.pageLimit)
      guard !answers.isEmpty else { break }
      last = answers.last?.key
      let items = try await former(answers)
      let known = zip(answers, items).filter { answer, item in
        item.map { MigrationAnswer.digest(of: $0) == answer.source } ?? false
      }
      gone += answers.count - known.count
      let outcomes = try await transform.apply(known.compactMap(\.1))
      for ((answer, item), outcome) in zip(known, outcomes) {
        guard let item else { continue }
        asked += 1
        guard MigrationAnswer(answer.key, item, outcome) != answer else { continue }
        different += 1
        if named.count < MigrationPager.namedMax { named.append(answer.key.text) }
      }
      pace.report(.init(done: asked, unit: "items asked about again"))
    }
    guard different == 0 else {
      return .failed(
        "the filter answers differently than when it ran, for \(different) of \(asked) items: "
          + named.joined(separator: ", ") + "; equal items must give equal answers")
    }
    let rest = gone == 0 ? "" : "; \(gone) were changed by others since, and not asked about"
    return .passed("the filter gives the same answers to \(asked) items\(rest)")
  }

  /// The items as they were when they were asked about, as far as that is known.
  private func former(_ answers: [MigrationAnswer]) async throws(Failure) -> [Item?] {
    let keys = answers.map(\.key)
    var found = try await source.items(for: keys)
    guard let sourceNumber else { return found }
    let changes = try await archive.changes(keys, of: sourceNumber)
    for (place, change) in changes.enumerated() {
      if let change { found[place] = change.former }
    }
    return found
  }
}
