import Resources
import Rollouts

extension BucketDemolition {
  /// That the name was seen free, so that a bucket of that name is ours from then on.
  private var freePath: String { "\(site.workFolder)/free" }

  /// Makes the bucket again with its settings, and brings the backup back.
  func undo(_ plan: Plan, _ pace: Pace) async throws(Failure) {
    guard plan.wasThere, try hasBegun else { return }
    if removes { try await remake(plan, pace) }
    if let backup { try await restore(from: backup, pace) }
    // Last: a notification or a lifecycle rule must not work on what is just being put back.
    if removes, let settings = plan.settings, let bucket = bucket as? any BucketSettingsKeeping {
      try await bucket.apply(settings)
    }
  }

  private func remake(_ plan: Plan, _ pace: Pace) async throws(Failure) {
    let isOurs = try LineReader(freePath) != nil
    if try await bucket.description() != nil, !isOurs {
      if try await isUntouched() { return }
      guard input.replaces ?? false else {
        throw .refused(
          "\(input.bucket) was made anew by somebody else since this step deleted it",
          hint: "Delete it, or say 'replaces: true' so that undo does; then 'cutover retry'.")
      }
      _ = try await empty(pace)
      try await repeating(pace) { () async throws(Failure) in try await bucket.remove() }
    }
    try WorkFiles.mark(freePath)
    try await repeating(pace) { () async throws(Failure) in
      if let settings = plan.settings, let bucket = bucket as? any BucketSettingsKeeping {
        try await bucket.create(with: settings)
      } else {
        try await bucket.create()
      }
    }
  }

  /// Whether it is the very bucket, which the interrupted step did not delete yet.
  private func isUntouched() async throws(Failure) -> Bool {
    try LineReader(removedPath) == nil
  }

  /// AWS may hold a name for a while after its bucket is gone.
  private func repeating(
    _ pace: Pace, _ work: () async throws(Failure) -> Void
  ) async throws(Failure) {
    let until = pace.clock.now() + patienceLimit
    while true {
      do throws(Failure) {
        return try await work()
      } catch {
        guard error.isTransient, pace.clock.now() < until else { throw error }
        try await pace.wait(until: pace.clock.now() + Self.retryWait, for: error.summary)
      }
    }
  }

  /// Locks come back with the objects, where the bucket has them again.
  private func restoredKinds() async throws(Failure) -> Set<ProtectionKind> {
    guard let bucket = bucket as? any ProtectionKeeping else { return [] }
    return try await bucket.protection().kinds.intersection([.locks])
  }

  private func restore(from backup: any BucketStore, _ pace: Pace) async throws(Failure) {
    let copying = bucket as? any BucketServerSideCopying
    let sync = BucketSync(
      source: backup, target: bucket, prefix: ObjectKey(""), existing: .overwrite, deletes: false,
      identity: BucketSync.strict, concurrency: Self.restoresAtOnce, state: .frozen,
      folder: "\(site.workFolder)/restore",
      copiesInside: copying?.canCopy(from: backup) ?? false,
      turnstile: Turnstile(Self.restoresAtOnce), proof: MetadataProof(share: nil),
      clock: pace.clock, kinds: try await restoredKinds())
    let silent = Progress<BucketSyncCheckpoint>(
      pace: pace, save: { (_, _) throws(Failure) in }, cross: { () throws(Failure) in })
    let plan = BucketSyncPlan(createsTarget: false)
    let state = try await sync.run(plan, from: .init(), progress: silent)
    let ledger = state.ledger(from: backup.url, to: bucket.url)
    let (verdict, _) = try await sync.verify(plan, ledger, pace)
    guard verdict.isPassed else {
      throw .permanent(
        "\(bucket.url) was not brought back whole: \(verdict.detail)",
        hint: "Look at it beside \(backup.url), then 'cutover retry'.")
    }
    try await pace.note("brought \(state.read) objects back to \(bucket.url)")
  }
}
