import Resources
import Rollouts

/// Copies histories of objects, oldest version first.
///
/// What of a history was copied already is told by the target's own list of versions, which is
/// compared with the source's in order: nothing else can say it after a crash. The target gives
/// every version an id and a time of its own.
struct VersionSync: Sendable {
  /// Folder, rules and what else does not depend on versions.
  let base: BucketSync
  let source: any VersionKeeping
  let target: any VersionKeeping

  /// Nil where one of the stores keeps no versions, or the two cannot copy between them.
  init?(_ base: BucketSync) {
    guard let source = base.source as? any VersionKeeping,
      let target = base.target as? any VersionKeeping, base.copiesInside
    else { return nil }
    self.base = base
    self.source = source
    self.target = target
  }

  /// What the target held before the first change.
  var listing: FormerListing<ObjectHistory> {
    FormerListing(path: "\(base.folder)/former-versions.jsonl")
  }

  func walk(
    _ bucket: any VersionKeeping, over range: BucketRange = BucketRange()
  ) -> VersionWalk {
    VersionWalk(bucket, prefix: base.prefix, after: range.after, through: range.through)
  }

  /// Refuses a target that would not keep what is overwritten.
  func checkVersioning() async throws(Failure) {
    let state = try await target.versioning()
    guard state != .on else { return }
    throw .refused(
      "\(target.url) keeps no former versions: versioning is \(state.rawValue)",
      hint: "Turn its versioning on, or say 'versions: \"latest\"'.")
  }

  /// Refuses a target that holds anything, where the playbook does not say what becomes of it.
  func checkEmpty() async throws(Failure) {
    guard base.existing == .refuse else { return }
    var walk = walk(target)
    guard let history = try await walk.peek() else { return }
    throw .refused(
      "\(target.url) is not empty: it holds versions of '\(history.key.text)'",
      hint: "Empty it, or say 'existing: \"keep\"' or 'existing: \"overwrite\"'.")
  }

  /// What is to be done with one history.
  enum Course: Sendable, Equatable {
    /// The target's own is left alone.
    case keep
    /// The target's newest versions are the source's oldest, so many; the rest goes on top.
    case add(overlap: Int)
  }

  /// Decided by what was there before the first change, so that it is the same after a crash.
  func course(
    _ former: [ObjectVersion], _ versions: [ObjectVersion]
  ) async throws(Failure) -> Course {
    var overlap = min(former.count, versions.count)
    while overlap > 0 {
      if try await isSame(former.suffix(overlap), versions.prefix(overlap)) { break }
      overlap -= 1
    }
    switch base.existing {
    case .refuse: return .add(overlap: overlap)
    case .overwrite: return .add(overlap: overlap)
    case .keep: return overlap == former.count ? .add(overlap: overlap) : .keep
    }
  }

  private func isSame(
    _ mine: ArraySlice<ObjectVersion>, _ others: ArraySlice<ObjectVersion>
  ) async throws(Failure) -> Bool {
    for (one, other) in zip(mine, others) where !Self.canBeSame(one, other) { return false }
    for (one, other) in zip(mine, others) {
      guard try await isSame(one, other) else { return false }
    }
    return true
  }

  static func canBeSame(_ one: ObjectVersion, _ other: ObjectVersion) -> Bool {
    one.isDeletion == other.isDeletion && one.entry.size == other.entry.size
  }

  /// Whether the target's version holds what the source's holds.
  func isSame(_ mine: ObjectVersion, _ other: ObjectVersion) async throws(Failure) -> Bool {
    guard Self.canBeSame(mine, other) else { return false }
    return try await target.isSameContent(mine, as: other, in: source)
  }

  /// The target's versions that were not there before the first change.
  static func added(to former: [ObjectVersion], in now: [ObjectVersion]) -> [ObjectVersion] {
    if former.isEmpty { return now }
    let ids = Set(former.map(\.id))
    return now.filter { !ids.contains($0.id) }
  }
}
