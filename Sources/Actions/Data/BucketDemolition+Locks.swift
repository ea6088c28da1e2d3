import Resources
import Rollouts

extension BucketDemolition {
  /// Versions that are asked for their locks; the store tells about the rest when it refuses.
  private static let lockedLookedMax = 10_000
  private static let lockedNamedMax = 3

  /// Versions that cannot be deleted now.
  struct LockedVersions: Sendable {
    var count = 0
    var named: [String] = []
    var isPartial = false

    var text: String {
      let more = count > named.count ? "; …" : ""
      let least = isPartial ? "at least " : ""
      return "\(least)\(count) versions are locked: \(named.joined(separator: "; "))\(more)"
    }
  }

  /// Looks for locks where the bucket has them; nil when nothing is locked now.
  func lockedVersions() async throws(Failure) -> LockedVersions? {
    guard let keeper = bucket as? any ProtectionKeeping,
      let versions = bucket as? any VersionKeeping,
      try await keeper.protection().kinds.contains(.locks)
    else { return nil }
    let now = site.clock.now()
    var found = LockedVersions()
    var looked = 0
    var walk = VersionWalk(versions, prefix: ObjectKey(""))
    while let page = try await walk.nextPage() {
      let some = page.flatMap(\.versions).filter { !$0.isDeletion }
      let locks = try await concurrentMap(some, atOnce: Self.restoresAtOnce) {
        version throws(Failure) -> String? in
        let found = try await keeper.protection(of: version.key, version: version.id, [.locks])
        guard found.isLocked(at: now) else { return nil }
        return "'\(version.key.text)' \(Self.text(found))"
      }.compactMap(\.self)
      found.count += locks.count
      found.named += locks.prefix(Self.lockedNamedMax - found.named.count)
      looked += some.count
      if looked >= Self.lockedLookedMax {
        found.isPartial = true
        break
      }
    }
    return found.count > 0 ? found : nil
  }

  private static func text(_ protection: ObjectProtection) -> String {
    if protection.hasLegalHold { return "by a legal hold" }
    return protection.retention.map { "in \($0.mode) mode until \($0.until)" } ?? ""
  }

  func refusal(_ locked: LockedVersions) -> Failure {
    .refused(
      "\(bucket.url) cannot be emptied: \(locked.text)",
      hint: "Wait, release legal holds, or have someone who may bypass governance mode lift it: "
        + "this program never does. waive: [\"locks\"] plans the step all the same.")
  }
}
