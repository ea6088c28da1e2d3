import JSON
package import Resources
package import Rollouts

/// Looks at the messages of a queue and leaves them there, naming what their bodies say they are.
///
/// A look counts as a receive. In a queue with a dead-letter queue of its own that brings messages
/// nearer to it, so it is refused there unless the playbook takes that on itself.
package struct QueuePeek: Action {
  package struct Own: Decodable, Sendable {
    var queue: String
    var most: Int?
    var keys: [String]?
    var mayCount: Bool?
  }

  package typealias Input = Beside<CloudAccount, Own>
  package struct Plan: Codable, Sendable {}
  package typealias Checkpoint = NoCheckpoint

  package static let name = "sqs.peek"
  package static let summary = "Names messages of a queue by their keys; they stay there."
  package static let reversal = Reversal.exact
  package static let outputs = ["count", "seen"]
  package static let inputs: [InputField] =
    [
      .required("queue", .string, "The queue's URL or name."),
      .optional("most", .integer(1...1000), "How many are looked at.", default: "10"),
      .optional("keys", .list(.string), "Paths into the body by which a message is named."),
      .optional(
        "mayCount", .boolean,
        "Whether it looks also where each look brings messages nearer to a dead-letter queue.",
        default: "false"),
    ] + CloudAccount.fields

  private static let mostDefault = 10
  /// The most that one ReceiveMessage or ChangeMessageVisibilityBatch takes.
  private static let batchMax = 10
  /// Long enough for all of the looking, short if this process dies.
  private static let hiddenSeconds = 60
  private static let emptyAnswersMax = 3
  private static let shownMax = 120

  private struct Message {
    let handle: String
    let text: String
  }

  private let input: Input
  private let site: Site
  private let queues: Queues
  private let keys: [JSONPath]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    queues = Queues(account: input.account, site: site)
    keys = try (input.keys ?? []).map { (path) throws(Failure) in
      try JSONPath.read(path, of: site.step)
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let arn = Queues.arn(of: input.queue, input.account)
    return ["GetQueueUrl", "GetQueueAttributes", "ReceiveMessage", "ChangeMessageVisibility"].map {
      .call(CloudUse("sqs", $0, at: input.account.place, on: arn))
    }
  }

  package func plan() async throws(Failure) -> Planned<Plan> { Planned(Plan(), changes: []) }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let counts = try await queues.counts(of: input.queue)
    if counts.deadLetter != nil, input.mayCount != true {
      throw .refused(
        "looking into \(input.queue) would bring its messages nearer to its dead-letter queue",
        hint: "Look into the dead-letter queue, or say mayCount: true.")
    }
    let url = try await queues.url(of: input.queue)
    var messages: [Message] = []
    var notes: [String] = []
    do throws(Failure) {
      try await receive(url, &messages, progress.pace)
    } catch {
      await show(messages, url, &notes)
      throw error
    }
    await show(messages, url, &notes)
    return StepReport(
      outputs: ["count": "\(counts.total)", "seen": "\(messages.count)"],
      notes: messages.map(\.text) + notes)
  }

  private func receive(
    _ url: String, _ messages: inout [Message], _ pace: Pace
  ) async throws(Failure) {
    let most = input.most ?? Self.mostDefault
    var empty = 0
    while messages.count < most, empty < Self.emptyAnswersMax {
      try pace.checkStop()
      let answer = try await queues.ask(
        "ReceiveMessage",
        [
          "QueueUrl": .string(url),
          "MaxNumberOfMessages": JSONValue(min(Self.batchMax, most - messages.count)),
          "VisibilityTimeout": JSONValue(Self.hiddenSeconds), "WaitTimeSeconds": 1,
          "AttributeNames": ["ApproximateReceiveCount"],
        ], input.queue)
      let found = answer["Messages"]?.elements ?? []
      empty = found.isEmpty ? empty + 1 : 0
      for message in found {
        guard let handle = message["ReceiptHandle"]?.string else { continue }
        messages.append(Message(handle: handle, text: text(of: message)))
      }
    }
  }

  private func text(of message: JSONValue) -> String {
    let id = message["MessageId"]?.string ?? "?"
    let count = message["Attributes"]?["ApproximateReceiveCount"]?.string ?? "?"
    let body = JSONValue.string(message["Body"]?.string ?? "")
    let named = keys.map { path in
      let value = path.value(in: body).map(CommandOutputs.text) ?? "missing"
      return "\(path.text) \(site.secrets.excerpt(value, atMost: Self.shownMax))"
    }
    return "message \(id), received \(count) times"
      + (named.isEmpty ? "" : ": " + named.joined(separator: ", "))
  }

  /// Shows the messages to others again at once; what fails comes back by itself soon.
  private func show(
    _ messages: [Message], _ url: String, _ notes: inout [String]
  ) async {
    for start in stride(from: 0, to: messages.count, by: Self.batchMax) {
      let batch = messages[start..<min(start + Self.batchMax, messages.count)]
      let entries = batch.enumerated().map { index, message -> JSONValue in
        [
          "Id": .string("m\(index)"), "ReceiptHandle": .string(message.handle),
          "VisibilityTimeout": 0,
        ]
      }
      let answer = try? await queues.ask(
        "ChangeMessageVisibilityBatch",
        ["QueueUrl": .string(url), "Entries": .array(entries)], input.queue)
      if answer?["Successful"]?.elements?.count != batch.count {
        notes.append("some messages are seen by others again in \(Self.hiddenSeconds) s only")
      }
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {}
}
