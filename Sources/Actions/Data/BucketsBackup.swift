package import Resources
package import Rollouts

/// Copies a bucket to another one, or to a folder, and writes a manifest with checksums last.
package struct BucketsBackup: Action {
  package static let name = "buckets.backup"
  package static let summary =
    "Copy a bucket and write a manifest with the checksum of each object."
  package static let reversal = Reversal.exact
  package static let outputs = ["manifest", "objects"]

  package static let inputs: [InputField] = [
    .required(
      "from", .resource(.bucket), "The bucket to save; it is only read.",
      uses: [.look, .read]),
    .required(
      "to", .resource(.bucket), "Where it is saved; it is made when it is missing.",
      uses: [.look, .read, .write, .create]),
    .required("manifest", .string, "The file that says what was saved; written last."),
    .optional("prefix", .string, "Only objects whose keys begin so.", default: ""),
    .optional(
      "existing", .choice(ExistingPolicy.allCases.map(\.rawValue)),
      "What to do when the target holds objects: refuse to begin, keep them, or overwrite them.",
      default: ExistingPolicy.refuse.rawValue),
    .optional(
      "source", .choice(SourceState.allCases.map(\.rawValue)),
      "Whether a source that changes meanwhile fails the verification (frozen) or not (moving).",
      default: SourceState.frozen.rawValue),
    BucketsSync.keepInput,
  ]

  package struct Input: Decodable, Sendable {
    package var from: ResourceURL
    package var to: ResourceURL
    package var manifest: String
    package var prefix: String?
    package var existing: ExistingPolicy?
    package var source: SourceState?
    package var keep: [ProtectionKind]?

    package init(from: ResourceURL, to: ResourceURL, manifest: String) {
      self.from = from
      self.to = to
      self.manifest = manifest
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    var sync = BucketsSync.Input(from: input.from, to: input.to)
    sync.keep = input.keep
    return try BucketsSync.rights(sync)
  }

  private static let namedMax = 5

  private let copying: BucketsSync
  private let manifest: BucketManifest
  private let prefix: ObjectKey

  package init(_ input: Input, in site: Site) throws(Failure) {
    var sync = BucketsSync.Input(from: input.from, to: input.to)
    sync.prefix = input.prefix
    sync.keep = input.keep
    sync.existing = input.existing
    sync.source = input.source
    copying = try BucketsSync(sync, in: site)
    manifest = BucketManifest(path: input.manifest)
    prefix = ObjectKey(input.prefix ?? "")
  }

  package func plan() async throws(Failure) -> Planned<BucketSyncPlan> {
    var planned = try await copying.plan()
    planned.changes.append("write the manifest \(manifest.path)")
    return planned
  }

  package func apply(
    _ plan: BucketSyncPlan, from checkpoint: BucketSyncCheckpoint?,
    progress: Progress<BucketSyncCheckpoint>
  ) async throws(Failure) -> StepReport {
    var report = try await copying.apply(plan, from: checkpoint, progress: progress)
    let (objects, bytes) = try await manifest.write(
      copying.sync.target, prefix: prefix, atOnce: copying.sync.concurrency, progress.pace)
    report.outputs = ["manifest": manifest.path, "objects": "\(objects)"]
    report.notes.append("\(manifest.path) names \(objects) objects (\(bytes) bytes)")
    return report
  }

  package func verify(
    _ plan: BucketSyncPlan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let copied = try await copying.verify(plan, report: report, pace: pace)
    guard copied.verdict.isPassed else { return copied }
    let (objects, problems) = try await manifest.check(
      copying.sync.target, atOnce: copying.sync.concurrency, namedMax: Self.namedMax, pace)
    guard problems.isEmpty else {
      return Verification(
        .failed("\(copying.sync.target.url): " + problems.joined(separator: "; ")),
        ledgers: copied.ledgers)
    }
    return Verification(
      .passed("\(copied.verdict.detail), and the \(objects) of \(manifest.path)"),
      ledgers: copied.ledgers)
  }

  package func undo(
    _ plan: BucketSyncPlan, from checkpoint: BucketSyncCheckpoint?, pace: Pace
  ) async throws(Failure) {
    try WorkFiles.remove(manifest.path)
    try await copying.undo(plan, from: checkpoint, pace: pace)
  }
}
