package import Resources
package import Rollouts

/// What `buckets.empty` and `buckets.delete` share: what is looked at before anything is deleted,
/// the deleting, and the way back.
package struct BucketDemolition: Sendable {
  package struct Input: Decodable, Sendable {
    package var bucket: ResourceURL
    package var name: String
    package var backup: ResourceURL?
    package var manifest: String?
    package var side: Side?
    package var replaces: Bool?
    package var waive: [Waivable]?
    package var reason: String?
    package var patience: PlaybookDuration?

    package init(bucket: ResourceURL, name: String) {
      self.bucket = bucket
      self.name = name
    }
  }

  /// Whose bucket it is.
  package enum Side: String, Codable, Sendable, CaseIterable {
    case from
    case to
  }

  package enum Waivable: String, Codable, Sendable, CaseIterable {
    /// What DNS shows.
    case dns
    /// That all is saved.
    case backup
    /// That locks found by the plan will have ended by the time of the step.
    case locks
  }

  /// All that the way back needs.
  package struct Plan: Codable, Sendable {
    package var wasThere: Bool
    /// In the provider's own words; nil for a store without settings.
    package var settings: [String: String]?
    package var objects: Int
  }

  static let inputs: [InputField] = [
    .required(
      "bucket", .resource(.bucket), "The bucket whose content goes.",
      uses: [.look, .read, .write]),
    .required("name", .string, "The bucket's name again, so that no slip kills."),
    .optional(
      "backup", .resource(.bucket),
      "Where its content was saved; without it there is no way back for a bucket that holds any.",
      uses: [.look, .read]),
    .optional("manifest", .string, "The file that 'buckets.backup' wrote for that backup."),
    .optional(
      "side", .choice(Side.allCases.map(\.rawValue)),
      "Whose bucket it is: that side must not be live.", default: Side.from.rawValue),
    .optional(
      "replaces", .boolean,
      "Whether undo deletes a bucket of the same name that was made since.", default: "false"),
    .optional(
      "waive", .list(.choice(Waivable.allCases.map(\.rawValue))),
      "What to do without; needs a reason."),
    .optional("reason", .string, "Why something is waived; it is written to the journal."),
    .optional(
      "patience", .duration, "How long a name that AWS still holds is waited for.",
      default: "3h"),
  ]

  static let countedMax = 100_000
  static let restoresAtOnce = 32
  static let patienceDefault: Duration = .seconds(3 * 3600)

  let input: Input
  let site: Site
  let bucket: any BucketStore
  let backup: (any BucketStore)?
  let removes: Bool

  /// What is looked at while planning, deleted, and put back by undo.
  static func rights(_ input: Input, removes: Bool) -> [StepRight] {
    let bucket = input.bucket
    return [.special(bucket, .survey), .special(bucket, .clear)]
      + (removes ? [.use(bucket, .destroy), .special(bucket, .remake)] : [])
  }

  init(_ input: Input, in site: Site, removes: Bool) throws(Failure) {
    self.input = input
    self.site = site
    self.removes = removes
    bucket = try site.bucket(input.bucket)
    backup = try input.backup.map { (url) throws(Failure) in try site.bucket(url) }
    let last = StackDestroy.lastPart(of: input.bucket)
    guard last.utf8.elementsEqual(input.name.utf8) else {
      throw .permanent(
        "step \(site.step) names '\(input.name)' for deletion, but the URL \(input.bucket) ends in "
          + "'\(last)'", hint: "Make 'name' and the last part of 'bucket' agree.")
    }
    guard
      input.waive?.isEmpty ?? true || input.reason?.contains(where: { !$0.isWhitespace }) == true
    else {
      throw .permanent(
        "step \(site.step) waives \(input.waive?.map(\.rawValue).joined(separator: ", ") ?? "") "
          + "without a reason", hint: "Write 'reason', for those who will ask.")
    }
  }

  func plan() async throws(Failure) -> Planned<Plan> {
    guard try await bucket.description() != nil else {
      return Planned(Plan(wasThere: false, settings: nil, objects: 0), changes: [])
    }
    let count = try await count()
    let settings = try await (bucket as? any BucketSettingsKeeping)?.settings()
    let plan = Plan(wasThere: true, settings: settings, objects: count)
    let locked = try await lockedVersions()
    if let locked, input.waive?.contains(.locks) != true { throw refusal(locked) }
    let more = count >= Self.countedMax ? "at least " : ""
    var changes = ["delete \(more)\(count) objects, versions and delete markers of \(bucket.url)"]
    if removes {
      changes.append("delete \(bucket.url)")
      let names = (settings ?? [:]).keys.sorted().joined(separator: ", ")
      if !names.isEmpty { changes.append("  its settings are kept for the way back: \(names)") }
    }
    if let locked { changes.append("  \(locked.text): the step stops if that is still so then") }
    let isReversible = backup != nil || count == 0
    return Planned(
      plan, changes: changes,
      reversal: isReversible ? nil : .none(because: "what \(bucket.url) held is saved nowhere"))
  }

  func apply(
    _ plan: Plan, _ progress: Progress<NoCheckpoint>
  ) async throws(Failure) -> StepReport {
    guard try await bucket.description() != nil else {
      if removes, plan.wasThere, try hasBegun { try WorkFiles.mark(removedPath) }
      return StepReport(notes: ["\(input.bucket) was gone already"])
    }
    guard plan.wasThere else {
      throw .refused(
        "\(input.bucket) was not there when its deletion was planned, and now it is",
        hint: "Find out who made it; 'cutover skip \(site.step) --reason …' leaves it alone.")
    }
    if let waived = input.waive, !waived.isEmpty {
      try await progress.pace.note(
        "waived for \(input.bucket): \(waived.map(\.rawValue).joined(separator: ", ")): "
          + (input.reason ?? ""))
    }
    try await checkNotLive()
    if let locked = try await lockedVersions() { throw refusal(locked) }
    if try !hasBegun { try await checkSaved(progress.pace) }
    if backup == nil, try await count() > 0 {
      guard plan.objects > 0 else {
        throw .refused(
          "\(input.bucket) was empty when its deletion was planned, and now it holds objects",
          hint: "Save them, or find out who wrote them, then 'cutover retry \(site.step)'.")
      }
      try await progress.crossPointOfNoReturn()
    }
    try noteBegun()
    let deleted = try await empty(progress.pace)
    if removes {
      try await remove(progress.pace)
      try WorkFiles.mark(removedPath)
    }
    return StepReport(
      notes: ["deleted \(deleted) objects and versions of \(input.bucket)"]
        + (removes ? ["deleted \(input.bucket)"] : []))
  }

  func verdict() async throws(Failure) -> Verdict {
    guard try await bucket.description() != nil else {
      return removes ? .passed("\(input.bucket) is gone") : .failed("\(input.bucket) is gone")
    }
    if removes { return .failed("\(input.bucket) is still there") }
    let left = try await count()
    return left == 0
      ? .passed("\(input.bucket) is empty") : .failed("\(input.bucket) still holds \(left) objects")
  }

  /// That the bucket was deleted: one of its name is another one from then on.
  var removedPath: String { "\(site.workFolder)/removed" }

  private func count() async throws(Failure) -> Int {
    if let bucket = bucket as? any BucketVersionEmptying {
      return try await bucket.countVersions(atMost: Self.countedMax)
    }
    var walk = BucketWalk(bucket, prefix: ObjectKey(""))
    var count = 0
    while count < Self.countedMax, let page = try await walk.nextPage() { count += page.count }
    return count
  }

  /// Deletes until nothing is left; safe to repeat.
  func empty(_ pace: Pace) async throws(Failure) -> Int {
    var deleted = 0
    var patience = Patience(pace: pace)
    while true {
      try pace.checkStop()
      let (count, isEmpty) = try await emptyPage()
      if isEmpty { return deleted }
      deleted += count
      pace.report(.init(done: deleted, unit: "objects and versions deleted"))
      if count > 0 {
        patience = Patience(pace: pace)
      } else {
        try await patience.rest(madeProgress: false, "\(bucket.url) to be emptied")
      }
    }
  }

  private func emptyPage() async throws(Failure) -> (deleted: Int, isEmpty: Bool) {
    if let bucket = bucket as? any BucketVersionEmptying { return try await bucket.emptyPage() }
    guard try await bucket.description() != nil else { return (0, true) }
    let page = try await bucket.page(after: nil, limit: BucketWalk.pageLimit)
    guard !page.elements.isEmpty else { return (0, true) }
    let left = try await bucket.delete(page.elements.map(\.key))
    try await bucket.flush()
    return (page.elements.count - left.count, false)
  }

  /// Removes the empty bucket; what others wrote meanwhile is deleted too, as the plan says.
  private func remove(_ pace: Pace) async throws(Failure) {
    let until = site.outside.context.clock.now() + patienceLimit
    while true {
      do throws(Failure) {
        return try await bucket.remove()
      } catch {
        guard error.isTransient, pace.clock.now() < until else { throw error }
        try await pace.wait(until: pace.clock.now() + Self.retryWait, for: error.summary)
      }
    }
  }

  static let retryWait: Duration = .seconds(20)

  var patienceLimit: Duration { input.patience?.duration ?? Self.patienceDefault }
}
