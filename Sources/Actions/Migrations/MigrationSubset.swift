import Digests
import Resources

/// Which items of the source a trial takes; all of them unless the playbook says otherwise.
struct MigrationSubset: Sendable {
  static let reason = "not in the sample"

  /// The most items to read; nil for all.
  var limit: Int?
  /// Of a hundred keys, how many are taken; nil for all.
  var percent: Int?

  var isAll: Bool { limit == nil && percent == nil }

  /// Takes items by the digest of their keys, so that it is the same ones each time.
  func choose(
    _ items: [Item], of source: any TableStore
  ) async throws(Failure) -> (items: [Item], others: [Item]) {
    guard let percent else { return (items, []) }
    var chosen: [Item] = []
    var others: [Item] = []
    for item in items {
      let digest = Digest.sha256(try await source.key(of: item).bytes)
      let number = (Int(digest[0]) << 8 | Int(digest[1])) % 100
      if number < percent { chosen.append(item) } else { others.append(item) }
    }
    return (chosen, others)
  }
}
