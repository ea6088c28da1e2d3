import JSON
package import Resources
package import Rollouts

/// Waits until an SQS queue has run dry and stays so.
///
/// The counts of a queue are approximate and lag behind, so they must all stay at zero for a while:
/// what waits, what is being worked on and what is delayed. A dead-letter queue that has grown since
/// the plan was made, or since an earlier step counted it, fails the step: what went there was not
/// worked off. So does too high an error rate of the function that works it off; a rate that cannot
/// be read is never taken for a good one.
package struct QueueWait: Action {
  package struct Own: Decodable, Sendable {
    var queue: String
    var deadLetter: String?
    var deadLetterMayGrow: Bool?
    var deadLettersBefore: String?
    var deadLetters: [String]?
    var errors: QueueWatch.ErrorRate?
    var returns: Int?
    var stable: PlaybookDuration?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// What the dead-letter queue held; nil without one, or where growth does not matter.
    var deadLetters: Int?
  }

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
    /// The most that was seen in work at the same time.
    var inFlight: Int?
  }

  package static let name = "sqs.wait-empty"
  package static let summary = "Waits until an SQS queue has run dry and stays so."
  package static let reversal = Reversal.exact
  package static let outputs = ["deadLetters"]
  package static let inputs: [InputField] =
    [
      .required("queue", .string, "The queue's URL or name."),
      .optional(
        "deadLetter", .string,
        "The URL or name of its dead-letter queue; by default the one of its redrive policy."),
      .optional(
        "deadLetterMayGrow", .boolean, "Whether messages may end there meanwhile.",
        default: "false"),
      .optional(
        "deadLettersBefore", .string,
        "How many messages it held before any could end there, as the output 'deadLetters' of an "
          + "earlier step says; by default when this step is planned."),
    ] + QueueWatch.fields + [
      .optional("stable", .duration, "How long it must stay empty.", default: "1m"),
      .optional("every", .duration, "The pause between two looks.", default: "10s"),
      .optional("within", .duration, "How long all of it may take.", default: "1h"),
    ] + CloudAccount.fields

  private static let stableDefault: Duration = .seconds(60)
  private static let everyDefault: Duration = .seconds(10)
  private static let withinDefault: Duration = .seconds(3600)

  private let input: Input
  private let site: Site
  private let queues: Queues
  private let watch: QueueWatch

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    queues = Queues(account: input.account, site: site)
    watch = QueueWatch(
      queue: input.queue, deadLetters: input.deadLetters ?? [], errors: input.errors,
      returns: input.returns, account: input.account, site: site)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    Queues.looks(at: input.queue, deadLetter: input.deadLetter, input.account)
      + QueueWatch.rights(
        deadLetters: input.deadLetters, errors: input.errors, returns: input.returns,
        input.account)
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(deadLetters: nil)
    do throws(Failure) {
      plan.deadLetters = try await deadLetters()
    } catch {
      // The queue may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    return Planned(plan, changes: [])
  }

  private func deadLetters() async throws(Failure) -> Int? {
    if input.deadLetterMayGrow == true { return nil }
    let counts = try await queues.counts(of: input.queue)
    guard let name = input.deadLetter ?? counts.deadLetter else { return nil }
    // Nothing is said where there was no such queue to count.
    guard let before = input.deadLettersBefore, !before.isEmpty else {
      return try await queues.counts(of: name).total
    }
    guard let count = Int(before), count >= 0 else {
      throw .permanent(
        "step \(site.step): 'deadLettersBefore' is no count: \(before)",
        hint: "Give it the output 'deadLetters' of a step 'sqs.count'.")
    }
    return count
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    var reached = checkpoint ?? Checkpoint(began: pace.clock.now())
    if checkpoint == nil { try await progress.saveNow(reached) }
    let wait = SettledWait(
      stable: input.stable?.duration ?? Self.stableDefault,
      every: input.every?.duration ?? Self.everyDefault,
      within: input.within?.duration ?? Self.withinDefault,
      coming: "\(input.queue) to run dry", staying: "\(input.queue) to stay empty")
    var dead: Int?
    let since = try await wait.wait(since: pace.limitBegin(reached.began), pace, late: late) {
      () async throws(Failure) in
      let look = try await look(plan, &reached)
      try await progress.save(reached)
      dead = look.dead
      pace.report(Pace.Reading(done: 0, total: look.counts?.total, unit: "messages"))
      return SettledWait.Look(
        holds: look.counts?.total == 0, text: look.counts?.text ?? "", doubt: look.doubt)
    }
    return StepReport(
      outputs: ["deadLetters": dead.map { "\($0)" } ?? ""],
      notes: ["\(input.queue) was empty from \(since) on"])
  }

  private func late(_ text: String) -> Failure {
    .permanent(
      "\(input.queue) has not run dry in time: \(text)",
      hint: "See whether its consumers run, then 'cutover retry \(site.step)'.")
  }

  /// One look at the queue and around it; what cannot be told is a doubt, never a good sign.
  private func look(
    _ plan: Plan, _ reached: inout Checkpoint
  ) async throws(Failure) -> (counts: Queues.Counts?, dead: Int?, doubt: String?) {
    do throws(Failure) {
      let counts = try await queues.counts(of: input.queue)
      let dead = try await grown(plan, counts)
      reached.inFlight = max(reached.inFlight ?? 0, counts.inFlight)
      let doubt = try await watch.look(
        since: reached.began, now: site.clock.now(), inFlight: reached.inFlight ?? 0)
      return (counts, dead, doubt)
    } catch {
      guard error.isTransient else { throw error }
      return (nil, nil, error.summary)
    }
  }

  /// What the dead-letter queue holds; throws when that is more than it was.
  private func grown(_ plan: Plan, _ counts: Queues.Counts) async throws(Failure) -> Int? {
    guard let before = plan.deadLetters, let name = input.deadLetter ?? counts.deadLetter else {
      return nil
    }
    let now = try await queues.counts(of: name).total
    guard now <= before else {
      throw .permanent(
        "\(now - before) messages of \(input.queue) ended in \(name): they were not worked off",
        hint: "Look at them there and have them worked off ('sqs.redrive') or take them away, then "
          + "'cutover retry \(site.step)'; or 'cutover rollback'.")
    }
    return now
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    let counts = try await queues.counts(of: input.queue)
    return Verification(counts.total == 0 ? .passed(counts.text) : .failed(counts.text))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
