package import Resources
package import Rollouts

/// Makes a bucket hold what another one holds, proves it, and can take it back.
///
/// The source is only read. What the target held is kept in the step's work folder before it is
/// overwritten or deleted, and undo puts it back.
package struct BucketsSync: Action {
  package static let name = "buckets.sync"
  package static let summary = "Copy the objects of a bucket that the target does not have alike."
  package static let reversal = Reversal.exact

  package static let inputs: [InputField] = [
    .required(
      "from", .resource(.bucket), "The source; it is only read.",
      uses: [.look, .read]),
    .required(
      "to", .resource(.bucket), "The target; it is made when it is missing.",
      uses: [.look, .read, .write, .create]),
    .optional("prefix", .string, "Only objects whose keys begin so.", default: ""),
    .optional(
      "existing", .choice(ExistingPolicy.allCases.map(\.rawValue)),
      "What to do when the target holds objects: refuse to begin, keep them, or overwrite them.",
      default: ExistingPolicy.refuse.rawValue),
    .optional(
      "delete", .boolean,
      "Whether objects that only the target held are deleted; needs existing: \"overwrite\".",
      default: "false"),
    .optional(
      "compare", .choice(ObjectComparison.allCases.map(\.rawValue)),
      "How objects count as alike: by SHA-256 of their content, or by size and time only.",
      default: ObjectComparison.digest.rawValue),
    .optional(
      "concurrency", .integer(concurrencyRange),
      "Objects moved at the same time; by default \(concurrencyDefault), and "
        + "\(remoteConcurrencyDefault) with a store behind a network."),
    .optional(
      "source", .choice(SourceState.allCases.map(\.rawValue)),
      "Whether a source that changes meanwhile fails the verification (frozen) or not (moving).",
      default: SourceState.frozen.rawValue),
    .optional(
      "versions", .choice(CopiedVersions.allCases.map(\.rawValue)),
      "Whether the current objects are copied, or their histories with all versions and delete "
        + "markers; ids and times of versions are the target's own.",
      default: CopiedVersions.latest.rawValue),
    keepInput,
    .optional(
      "verify", .choice(VerifiedPart.allCases.map(\.rawValue)),
      "Whether contents are proven only, or type, headers, metadata, tags and storage class too.",
      default: VerifiedPart.content.rawValue),
    .optional(
      "verifyShare", .integer(MetadataProof.shares),
      "The share of all objects, in percent, whose metadata is compared.",
      default: "\(MetadataProof.shares.upperBound)"),
  ]

  static let keepInput = InputField.optional(
    "keep", .list(.choice(ProtectionKind.allCases.map(\.rawValue))),
    "What protects an object and goes along: 'locks' are retention and legal holds, 'acls' are "
      + "access lists, which take a request for each object.",
    default: "[\"locks\"]")
  static let keepDefault: [ProtectionKind] = [.locks]

  private static let concurrencyRange = 1...256
  private static let concurrencyDefault = 16
  private static let remoteConcurrencyDefault = 96
  /// Parts that are listed at the same time, and the objects that make one more worth while.
  private static let partsMax = 8
  private static let partObjectsMin = 2000
  /// What an estimate reckons with where nothing was measured.
  private static let objectsPerSecond = 2000.0
  private static let bytesPerSecond = 50_000_000.0
  /// Objects counted for a plan; more make it wait too long.
  private static let countedMax = 200_000

  package struct Input: Decodable, Sendable {
    package var from: ResourceURL
    package var to: ResourceURL
    package var prefix: String?
    package var existing: ExistingPolicy?
    package var delete: Bool?
    package var compare: ObjectComparison?
    package var concurrency: Int?
    package var source: SourceState?
    package var versions: CopiedVersions?
    package var keep: [ProtectionKind]?
    package var verify: VerifiedPart?
    package var verifyShare: Int?

    package init(from: ResourceURL, to: ResourceURL) {
      self.from = from
      self.to = to
    }
  }

  private let site: Site
  private let keep: Set<ProtectionKind>
  private let versions: CopiedVersions
  let sync: BucketSync

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.site = site
    keep = Set(input.keep ?? Self.keepDefault)
    versions = input.versions ?? .latest
    let existing = input.existing ?? .refuse
    let deletes = input.delete ?? false
    guard input.from != input.to else {
      throw .permanent(
        "\(Self.name): \(input.from) is source and target", hint: "Name two buckets.")
    }
    guard !deletes || existing == .overwrite else {
      throw .permanent(
        "\(Self.name): 'delete' would delete what existing: \"\(existing.rawValue)\" protects",
        hint: "Say existing: \"overwrite\" too; what is deleted is kept for undo.")
    }
    let (source, target) = (try site.bucket(input.from), try site.bucket(input.to))
    let isRemote = source is any KeyRangeListing || target is any KeyRangeListing
    let concurrency =
      input.concurrency ?? (isRemote ? Self.remoteConcurrencyDefault : Self.concurrencyDefault)
    guard Self.concurrencyRange.contains(concurrency) else {
      throw .permanent(
        "\(Self.name): 'concurrency' is out of bounds", hint: "It is \(Self.concurrencyRange).")
    }
    let share = input.verifyShare ?? MetadataProof.shares.upperBound
    guard MetadataProof.shares.contains(share) else {
      throw .permanent(
        "\(Self.name): 'verifyShare' is out of bounds", hint: "It is \(MetadataProof.shares).")
    }
    let copying = target as? any BucketServerSideCopying
    sync = BucketSync(
      source: source, target: target,
      prefix: ObjectKey(input.prefix ?? ""), existing: existing, deletes: deletes,
      identity: ObjectIdentity(comparison: input.compare ?? .digest), concurrency: concurrency,
      state: input.source ?? .frozen, folder: site.workFolder,
      copiesInside: copying?.canCopy(from: source) ?? false, turnstile: Turnstile(concurrency),
      proof: MetadataProof(share: input.verify == .metadata ? share : nil), clock: site.clock)
    guard versions == .all else { return }
    guard VersionSync(sync) != nil else {
      throw .permanent(
        "\(Self.name): versions cannot be copied from \(input.from) to \(input.to)",
        hint: "Name two buckets of S3 that one profile or role can reach, or copy the latest only.")
    }
    guard !deletes, input.compare ?? .digest == .digest else {
      throw .permanent(
        "\(Self.name): 'versions: \"all\"' goes neither with 'delete' nor with 'size-and-time'",
        hint: "Drop them; a deleted object's history ends with its delete marker.")
    }
  }

  /// The sync of histories; nil where the current objects are copied.
  private func histories(_ plan: BucketSyncPlan) -> VersionSync? {
    versions == .all ? VersionSync(sync.keeping(plan)) : nil
  }

  package func plan() async throws(Failure) -> Planned<BucketSyncPlan> {
    let (from, to) = (sync.source.url, sync.target.url)
    guard try await sync.source.description() != nil else {
      guard site.isPreview else {
        throw .permanent("\(from) does not exist", hint: "Name a bucket that is there.")
      }
      return Planned(
        BucketSyncPlan(createsTarget: false),
        changes: ["copy \(from), which an earlier step makes, to \(to)"])
    }
    var plan = BucketSyncPlan(createsTarget: try await sync.target.description() == nil)
    var changes: [String] = []
    if plan.createsTarget {
      changes.append(site.isPreview ? "create \(to) unless an earlier step does" : "create \(to)")
    } else if let histories = histories(plan) {
      try await histories.checkVersioning()
      try await histories.checkEmpty()
    } else {
      try await sync.checkEmpty()
    }
    let (kinds, notes) = try await sync.protections(
      keep: keep, createsTarget: plan.createsTarget, isPreview: site.isPreview)
    plan.protections = kinds.sorted { $0.rawValue < $1.rawValue }
    let count = try await count(plan)
    plan.objectCount = count.isAll ? count.objects : nil
    plan.byteCount = count.isAll ? count.bytes : nil
    plan.cuts = count.cuts
    let what = versions == .all ? "versions and delete markers" : "objects"
    changes.append(
      "copy \(count.isAll ? "" : "more than ")\(count.objects) \(what) (\(count.bytes) bytes) from "
        + "\(from) to \(to)")
    if versions == .all {
      changes.append("  oldest first; \(to) gives them version ids and times of its own")
    }
    if sync.deletes { changes.append("delete the objects of \(to) that \(from) does not have") }
    let locks = kinds.contains(.locks)
    return Planned(
      plan, changes: changes + notes,
      estimate: Estimate(
        seconds: Double(count.objects) / Self.objectsPerSecond
          + Double(count.bytes) / Self.bytesPerSecond,
        items: plan.objectCount, bytes: plan.byteCount),
      reversal: locks ? .compensating("copies that are locked stay until their locks end") : nil)
  }

  private typealias SourceCount = (objects: Int, bytes: Int64, isAll: Bool, cuts: [ObjectKey])

  /// Counts the source, and finds where it may be cut so that parts are of about one size.
  private func count(_ plan: BucketSyncPlan) async throws(Failure) -> SourceCount {
    if let histories = histories(plan) {
      return try await count(histories.walk(histories.source)) { history in
        let bytes = history.versions.reduce(0) { $0 + $1.entry.size }
        return (history.versions.count, bytes)
      }
    }
    return try await count(sync.walk(sync.source)) { (1, $0.size) }
  }

  private func count<Walk: KeyedWalk>(
    _ walk: Walk, _ weight: (Walk.Row) -> (Int, Int64)
  ) async throws(Failure) -> SourceCount {
    var walk = walk
    var objects = 0
    var bytes: Int64 = 0
    var marks: [ObjectKey] = []
    while let page = try await walk.nextPage() {
      for row in page {
        let (count, size) = weight(row)
        objects += count
        bytes += size
      }
      if let last = page.last { marks.append(last.key) }
      guard objects > Self.countedMax else { continue }
      let cuts = try await (sync.source as? any KeyRangeListing)?.cuts(
        below: sync.prefix, into: Self.partsMax)
      return (objects, bytes, false, cuts ?? [])
    }
    let parts = min(Self.partsMax, objects / Self.partObjectsMin, marks.count)
    guard parts > 1 else { return (objects, bytes, true, []) }
    return (objects, bytes, true, (1..<parts).map { marks[$0 * marks.count / parts] })
  }

  package func apply(
    _ plan: BucketSyncPlan, from checkpoint: BucketSyncCheckpoint?,
    progress: Progress<BucketSyncCheckpoint>
  ) async throws(Failure) -> StepReport {
    let start = checkpoint ?? .init()
    let state =
      if let histories = histories(plan) {
        try await histories.run(plan, from: start, progress: progress)
      } else {
        try await sync.keeping(plan).run(plan, from: start, progress: progress)
      }
    return StepReport(
      ledgers: [state.ledger(from: sync.source.url, to: sync.target.url)],
      notes: state.deleted > 0 ? ["deleted \(state.deleted) objects of \(sync.target.url)"] : [])
  }

  package func verify(
    _ plan: BucketSyncPlan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let ledger = report.ledgers.first else {
      return Verification(.inconclusive("the copy has left no account"))
    }
    let (verdict, completed) =
      if let histories = histories(plan) {
        try await histories.verify(plan, ledger, pace)
      } else {
        try await sync.keeping(plan).verify(plan, ledger, pace)
      }
    return Verification(verdict, ledgers: [completed])
  }

  package func undo(
    _ plan: BucketSyncPlan, from checkpoint: BucketSyncCheckpoint?, pace: Pace
  ) async throws(Failure) {
    if let histories = histories(plan) { return try await histories.undo(plan, pace) }
    try await sync.keeping(plan).undo(plan, pace)
  }
}
