package import Resources
package import Rollouts

/// Brings a saved bucket back, whole or only what the target lacks.
package struct BucketsRestore: Action {
  package static let name = "buckets.restore"
  package static let summary = "Bring the objects of a backup back, all or only the missing ones."
  package static let reversal = Reversal.exact

  package static let inputs: [InputField] = [
    .required("from", .resource(.bucket), "The backup; it is only read.", uses: [.look, .read]),
    .required(
      "to", .resource(.bucket), "The bucket to fill; it is made when it is missing.",
      uses: [.look, .read, .write, .create]),
    .optional(
      "manifest", .string,
      "The file that 'buckets.backup' wrote; the backup is compared with it first."),
    .optional("prefix", .string, "Only objects whose keys begin so.", default: ""),
    .optional(
      "onlyMissing", .boolean,
      "Whether what the target holds stays; otherwise the backup's objects replace it.",
      default: "true"),
    BucketsSync.keepInput,
  ]

  package struct Input: Decodable, Sendable {
    package var from: ResourceURL
    package var to: ResourceURL
    package var manifest: String?
    package var prefix: String?
    package var onlyMissing: Bool?
    package var keep: [ProtectionKind]?

    package init(from: ResourceURL, to: ResourceURL) {
      self.from = from
      self.to = to
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    var sync = BucketsSync.Input(from: input.from, to: input.to)
    sync.keep = input.keep
    return try BucketsSync.rights(sync)
  }

  private static let namedMax = 5

  private let copying: BucketsSync
  private let manifest: BucketManifest?

  package init(_ input: Input, in site: Site) throws(Failure) {
    var sync = BucketsSync.Input(from: input.from, to: input.to)
    sync.prefix = input.prefix
    sync.keep = input.keep
    sync.existing = input.onlyMissing ?? true ? .keep : .overwrite
    copying = try BucketsSync(sync, in: site)
    manifest = input.manifest.map { BucketManifest(path: $0) }
  }

  package func plan() async throws(Failure) -> Planned<BucketSyncPlan> {
    try await copying.plan()
  }

  package func apply(
    _ plan: BucketSyncPlan, from checkpoint: BucketSyncCheckpoint?,
    progress: Progress<BucketSyncCheckpoint>
  ) async throws(Failure) -> StepReport {
    if checkpoint == nil, let manifest {
      let (_, problems) = try await manifest.check(
        copying.sync.source, atOnce: copying.sync.concurrency, namedMax: Self.namedMax,
        progress.pace)
      guard problems.isEmpty else {
        throw .refused(
          "\(copying.sync.source.url) is not what \(manifest.path) says: "
            + problems.joined(separator: "; "), hint: "Find another backup; nothing was restored.")
      }
    }
    return try await copying.apply(plan, from: checkpoint, progress: progress)
  }

  package func verify(
    _ plan: BucketSyncPlan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    try await copying.verify(plan, report: report, pace: pace)
  }

  package func undo(
    _ plan: BucketSyncPlan, from checkpoint: BucketSyncCheckpoint?, pace: Pace
  ) async throws(Failure) {
    try await copying.undo(plan, from: checkpoint, pace: pace)
  }
}
