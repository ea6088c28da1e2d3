import JSON
package import Resources
package import Rollouts

/// Has SQS move the messages of a dead-letter queue back, and waits until it has.
///
/// One task at a time moves the messages of a queue; one that is under way is waited for. A process
/// that died right after it began one finds it by its time, and begins no other.
package struct QueueRedrive: Action {
  package struct Own: Decodable, Sendable {
    var from: String
    var to: String?
    var messagesPerSecond: Int?
    var every: PlaybookDuration?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>
  package struct Plan: Codable, Sendable {}

  package struct Checkpoint: Codable, Sendable {
    var began: Timestamp
    /// When the newest task before ours began, as SQS tells it; 0 for none.
    var former: Int
  }

  package static let name = "sqs.redrive"
  package static let summary = "Moves the messages of a dead-letter queue back, and waits."
  package static let reversal = Reversal.compensating("messages that were moved stay moved")
  package static let outputs = ["moved"]
  package static let inputs: [InputField] =
    [
      .required("from", .string, "The dead-letter queue's URL or name."),
      .optional(
        "to", .string, "Where they go; by default to the queues from which they came."),
      .optional(
        "messagesPerSecond", .integer(1...500), "How many are moved in a second at most."),
      .optional("every", .duration, "The pause between two looks.", default: "5s"),
      .optional("within", .duration, "How long all of it may take.", default: "2h"),
    ] + CloudAccount.fields

  private static let everyDefault: Duration = .seconds(5)
  private static let withinDefault: Duration = .seconds(2 * 3600)

  /// What SQS tells of a task, the newest first.
  private struct Task {
    let status: String
    let started: Int
    let moved: Int
    let total: Int?
    let reason: String

    init(_ value: JSONValue) {
      func number(_ name: String) -> Int? {
        value[name].flatMap { Int(CommandOutputs.text($0)) }
      }
      status = value["Status"]?.string ?? ""
      started = number("StartedTimestamp") ?? 0
      moved = number("ApproximateNumberOfMessagesMoved") ?? 0
      total = number("ApproximateNumberOfMessagesToMove")
      reason = value["FailureReason"]?.string ?? ""
    }

    var isUnderWay: Bool { status == "RUNNING" || status == "CANCELLING" }
    var isCompleted: Bool { status == "COMPLETED" }
  }

  private let input: Input
  private let site: Site
  private let queues: Queues

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    queues = Queues(account: input.account, site: site)
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let place = input.account.place
    let from = Queues.arn(of: input.from, input.account)
    // Whoever has messages moved must be allowed to do so by hand.
    let to = input.to.map { Queues.arn(of: $0, input.account) } ?? input.account.name("sqs", "*")
    return ["GetQueueUrl", "GetQueueAttributes"].map {
      .look(CloudUse("sqs", $0, at: place, on: from))
    }
      + [
        "StartMessageMoveTask", "ListMessageMoveTasks", "ReceiveMessage", "DeleteMessage",
      ].map { .call(CloudUse("sqs", $0, at: place, on: from)) }
      + ["SendMessage", "GetQueueUrl", "GetQueueAttributes"].map {
        .call(CloudUse("sqs", $0, at: place, on: to))
      }
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    do throws(Failure) {
      let counts = try await queues.counts(of: input.from)
      return Planned(
        Plan(),
        changes: counts.total == 0 ? [] : ["move about \(counts.total) messages of \(input.from)"])
    } catch {
      if !site.isPreview || error.kind == .cancelled { throw error }
      return Planned(Plan(), changes: ["move the messages of \(input.from)"])
    }
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    let held = try await queues.counts(of: input.from)
    var newest = try await newest(held.arn)
    let reached = checkpoint ?? Checkpoint(began: pace.clock.now(), former: newest?.started ?? 0)
    if checkpoint == nil { try await progress.saveNow(reached) }
    let end = pace.limitBegin(reached.began) + (input.within?.duration ?? Self.withinDefault)
    var former = reached.former
    if newest?.isUnderWay == true {
      former = min(former, (newest?.started ?? 1) - 1)
    } else if (newest?.started ?? 0) <= former {
      if held.total == 0 {
        return StepReport(outputs: ["moved": "0"], notes: ["\(input.from) is empty"])
      }
      try await start(held.arn)
      newest = nil
    }
    while true {
      var text = "begun"
      if let task = newest, task.started > former {
        text = "\(task.moved) moved, \(task.status)"
        pace.report(Pace.Reading(done: task.moved, total: task.total, unit: "messages"))
        if !task.isUnderWay {
          if !task.isCompleted {
            // The next try must not find the same end again. Asked to stop, this fails all the same:
            // only a person has another begun.
            let next = Checkpoint(began: reached.began, former: task.started)
            do throws(Failure) {
              try await progress.saveNow(next)
            } catch {
              guard error.kind == .cancelled else { throw error }
            }
          }
          return try report(task)
        }
      }
      let next = pace.clock.now() + (input.every?.duration ?? Self.everyDefault)
      guard next <= end else {
        throw .permanent(
          "the messages of \(input.from) are not moved in time: \(text)",
          hint: "Look at the task there, then 'cutover retry \(site.step)'.")
      }
      try await pace.wait(until: next, for: "the messages of \(input.from) to be moved (\(text))")
      newest = try await self.newest(held.arn)
    }
  }

  private func report(_ task: Task) throws(Failure) -> StepReport {
    guard task.isCompleted else {
      throw .permanent(
        "moving the messages of \(input.from) ended \(task.status) after \(task.moved): "
          + task.reason, hint: "Mend the cause, then 'cutover retry \(site.step)'.")
    }
    return StepReport(
      outputs: ["moved": "\(task.moved)"], notes: ["\(task.moved) messages were moved"])
  }

  private func newest(_ arn: String) async throws(Failure) -> Task? {
    let answer = try await queues.ask(
      "ListMessageMoveTasks", ["SourceArn": .string(arn), "MaxResults": 10], input.from)
    return (answer["Results"]?.elements ?? []).map { Task($0) }.max { $0.started < $1.started }
  }

  private func start(_ arn: String) async throws(Failure) {
    var question: JSONValue = ["SourceArn": .string(arn)]
    if let to = input.to {
      let target = to.hasPrefix("arn:") ? to : try await queues.counts(of: to).arn
      question["DestinationArn"] = .string(target)
    }
    if let most = input.messagesPerSecond {
      question["MaxNumberOfMessagesPerSecond"] = JSONValue(most)
    }
    let answer = try await queues.service.call(
      "StartMessageMoveTask", question, about: input.from)
    guard case .error(_, let failure) = answer else { return }
    // Somebody was faster, or this very call was sent twice.
    guard try await newest(arn)?.isUnderWay == true else { throw failure }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
