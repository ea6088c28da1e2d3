import JSON
package import Resources
package import Rollouts

/// Fills a queue with one message for each segment of a table, none of them lost.
///
/// A lost message is a slice of the data that nobody copies, so every entry is acknowledged or sent
/// again. After a crash a batch may be sent twice, never not at all: working a segment off twice
/// must do no harm. The order is shuffled by a seed that the plan records.
package struct QueueSegments: Action {
  package struct Own: Decodable, Sendable {
    var queue: String
    var table: ResourceURL?
    var segmentSize: Int?
    var segments: Int?
    var emptyIsFine: Bool?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    var segments: Int
    var seed: Int
    /// What the queue held before.
    var held: Int
  }

  package struct Checkpoint: Codable, Sendable {
    /// How many batches, in the order of the seed, are acknowledged.
    var batches: Int
  }

  package static let name = "sqs.fill-segments"
  package static let summary = "Fills a queue with a message for each segment of a table."
  package static let reversal = Reversal.compensating(
    "the queue is purged where it holds nothing else")
  package static let outputs = ["segments"]
  package static let inputs: [InputField] =
    [
      .required("queue", .string, "The queue's URL or name."),
      .optional("table", .resource(.table), "The table whose items are counted."),
      .optional(
        "segmentSize", .integer(1...1_000_000), "How many items a segment has.", default: "200"),
      .optional(
        "segments", .integer(1...Self.segmentsMax),
        "How many segments, in place of counting the table's items."),
      .optional(
        "emptyIsFine", .boolean, "Whether a table without items gives no segments.",
        default: "false"),
    ] + CloudAccount.fields

  /// The most that a parallel scan of DynamoDB has.
  private static let segmentsMax = 1_000_000
  private static let segmentSizeDefault = 200
  /// The most that one SendMessageBatch takes.
  private static let batchMax = 10
  private static let batchesAtOnce = 8
  private static let triesMax = 8
  private static let firstWait: Duration = .milliseconds(500)

  private let input: Input
  private let site: Site
  private let queues: Queues

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    queues = Queues(account: input.account, site: site)
    guard input.table != nil || input.segments != nil else {
      throw .permanent(
        "step \(site.step) does not say how many segments there are",
        hint: "Give it 'table' or 'segments'.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let arn = Queues.arn(of: input.queue, input.account)
    let place = input.account.place
    return ["GetQueueUrl", "GetQueueAttributes"].map {
      .look(CloudUse("sqs", $0, at: place, on: arn))
    } + ["SendMessage", "PurgeQueue"].map { .call(CloudUse("sqs", $0, at: place, on: arn)) }
      + (input.segments == nil ? input.table.map { [.planned($0, .read)] } ?? [] : [])
  }

  // MARK: How many

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(
      segments: 0, seed: Int(truncatingIfNeeded: site.clock.now().milliseconds), held: 0)
    do throws(Failure) {
      plan.held = try await queues.counts(of: input.queue).total
      plan.segments = try await segments()
    } catch {
      // The queue or the table may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
      return Planned(plan, changes: ["fill \(input.queue) with segments"])
    }
    var changes = ["send \(plan.segments) segments to \(input.queue)"]
    if plan.held > 0 { changes.append("  it holds \(plan.held) messages already") }
    return Planned(
      plan, changes: plan.segments == 0 ? [] : changes, estimate: Estimate(items: plan.segments))
  }

  private func segments() async throws(Failure) -> Int {
    if let segments = input.segments { return segments }
    guard let url = input.table else { return 0 }
    let table = try site.table(url)
    guard let count = try await table.description()?.anyItemCount else {
      throw .permanent(
        "\(url) does not exist, or does not say how many items it holds",
        hint: "Correct its name, or say how many 'segments'.")
    }
    if count == 0 { try await checkEmpty(table) }
    let size = input.segmentSize ?? Self.segmentSizeDefault
    let segments = (count + size - 1) / size
    guard segments <= Self.segmentsMax else {
      throw .permanent(
        "\(url) would have \(segments) segments; a scan has \(Self.segmentsMax) at most",
        hint: "Give it a larger 'segmentSize'.")
    }
    return segments
  }

  /// The count that a store tells may be hours old, and no segments would be an empty copy.
  private func checkEmpty(_ table: any TableStore) async throws(Failure) {
    guard try await table.page(after: nil, limit: 1).elements.isEmpty else {
      throw .refused(
        "\(table.url) says that it has no items, but it has: its count is hours old",
        hint: "Say how many 'segments', or wait until the count is right.")
    }
    guard input.emptyIsFine == true else {
      throw .refused(
        "\(table.url) has no items, so there would be no segments and an empty copy",
        hint: "Say emptyIsFine: true if it is meant to be empty.")
    }
  }

  // MARK: Sending

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    let batches = Self.batches(plan)
    var next = checkpoint?.batches ?? 0
    let url = plan.segments == 0 ? "" : try await queues.url(of: input.queue)
    while next < batches.count {
      let wave = Array(batches[next..<min(next + Self.batchesAtOnce, batches.count)])
      _ = try await concurrentMap(wave, atOnce: Self.batchesAtOnce) {
        [self] (batch) async throws(Failure) -> Bool in
        try await send(batch, of: plan.segments, to: url, pace)
        return true
      }
      next += wave.count
      pace.report(
        Pace.Reading(
          done: min(next * Self.batchMax, plan.segments), total: plan.segments, unit: "segments"))
      try await progress.save(Checkpoint(batches: next))
    }
    try await progress.saveNow(Checkpoint(batches: batches.count))
    return StepReport(
      outputs: ["segments": "\(plan.segments)"],
      notes: ["every one of \(plan.segments) segments was acknowledged by \(input.queue)"])
  }

  static func batches(_ plan: Plan) -> [[Int]] {
    var random = SplitMix(state: UInt64(bitPattern: Int64(plan.seed)))
    let order = Array(0..<plan.segments).shuffled(using: &random)
    return stride(from: 0, to: order.count, by: batchMax).map {
      Array(order[$0..<min($0 + batchMax, order.count)])
    }
  }

  /// Returns once every entry is acknowledged.
  private func send(
    _ batch: [Int], of total: Int, to url: String, _ pace: Pace
  ) async throws(Failure) {
    var left = batch
    for attempt in 0..<Self.triesMax {
      let answer = try await queues.ask(
        "SendMessageBatch",
        ["QueueUrl": .string(url), "Entries": .array(left.map { entry($0, of: total) })],
        input.queue)
      for failed in answer["Failed"]?.elements ?? [] where failed["SenderFault"]?.bool == true {
        throw .permanent(
          "\(input.queue) refused a segment: \(failed["Code"]?.string ?? "?") "
            + (failed["Message"]?.string ?? ""), hint: "Mend the queue, then 'cutover retry'.")
      }
      let taken = Set((answer["Successful"]?.elements ?? []).compactMap { $0["Id"]?.string })
      left = left.filter { !taken.contains(Self.id($0)) }
      if left.isEmpty { return }
      try await pace.wait(
        until: pace.clock.now() + Self.firstWait * (1 << attempt),
        for: "\(input.queue) to take \(left.count) more segments")
    }
    throw .transient(
      "\(input.queue) did not acknowledge \(left.count) segments in \(Self.triesMax) tries",
      hint: "Look at it, then carry on with 'cutover resume' or 'cutover retry \(site.step)'.")
  }

  private static func id(_ segment: Int) -> String { "segment-\(segment)" }

  private func entry(_ segment: Int, of total: Int) -> JSONValue {
    let body: JSONValue = ["segment": JSONValue(segment), "totalSegments": JSONValue(total)]
    var entry: JSONValue = ["Id": .string(Self.id(segment)), "MessageBody": .string(body.text)]
    if input.queue.hasSuffix(".fifo") {
      // Each by itself, so that they are worked off side by side.
      entry["MessageGroupId"] = .string(Self.id(segment))
      entry["MessageDeduplicationId"] = .string("\(site.rollout)-\(site.step)-\(segment)")
    }
    return entry
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let told = report.outputs["segments"] ?? "none"
    return Verification(
      told == "\(plan.segments)"
        ? .passed("\(told) segments were acknowledged")
        : .failed("\(told) of \(plan.segments) segments were acknowledged"))
  }

  // MARK: The way back

  /// A purge takes up to a minute, and counts lag behind.
  private static let purgeMax: Duration = .seconds(300)
  private static let purgeLook: Duration = .seconds(10)

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    if plan.segments == 0 { return }
    let there = try await queues.counts(of: input.queue).total
    if there == 0 { return }
    guard plan.held == 0, there <= plan.segments else {
      try await pace.note(
        "\(input.queue) holds \(there) messages, not all of them of this step, and is not purged")
      return
    }
    let end = pace.clock.now() + Self.purgeMax
    let url = try await queues.url(of: input.queue)
    try await purge(url, pace)
    while true {
      let counts = try await queues.counts(of: input.queue)
      if counts.total == 0 { return }
      let next = pace.clock.now() + Self.purgeLook
      guard next <= end else {
        throw .transient(
          "\(input.queue) was purged but still holds messages: \(counts.text)",
          hint: "Something may still send to it; stop that, then try again.")
      }
      try await pace.wait(until: next, for: "\(input.queue) to be purged (\(counts.text))")
    }
  }

  private func purge(_ url: String, _ pace: Pace) async throws(Failure) {
    let answer = try await queues.service.call(
      "PurgeQueue", ["QueueUrl": .string(url)], about: input.queue)
    switch answer {
    case .answer: return
    case .error(let code, let failure):
      // Purged a moment ago, maybe by this step before it was killed; looked at by its counts.
      guard code.hasSuffix("PurgeQueueInProgress") else { throw failure }
    }
  }
}
