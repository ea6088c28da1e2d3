import JSON
import Resources
import Rollouts

/// Looks at SQS queues.
struct Queues: Sendable {
  struct Counts: Sendable {
    let visible: Int
    let inFlight: Int
    let delayed: Int
    /// The name of the queue that messages end in which nobody could work off.
    let deadLetter: String?
    let arn: String

    var total: Int { visible + inFlight + delayed }
    var text: String { "\(visible) waiting, \(inFlight) in work, \(delayed) delayed" }
  }

  let account: CloudAccount
  let site: Site

  private static let names = [
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
  ]

  static func arn(of queue: String, _ account: CloudAccount) -> String {
    if queue.hasPrefix("arn:") { return queue }
    return account.name("sqs", String(queue.split(separator: "/").last ?? "*"))
  }

  /// What counting a queue and its dead-letter queue takes.
  static func looks(
    at queue: String, deadLetter: String?, _ account: CloudAccount
  ) -> [StepRight] {
    let full = [queue, deadLetter].compactMap(\.self).map { arn(of: $0, account) }
    // The queue that the redrive policy names is known only when that is read.
    let all = deadLetter == nil ? full + [account.name("sqs", "*")] : full
    return Set(all).sorted().flatMap { name in
      ["GetQueueUrl", "GetQueueAttributes"].map {
        .look(CloudUse("sqs", $0, at: account.place, on: name))
      }
    }
  }

  /// What the queue of a URL or a name holds.
  func counts(of queue: String) async throws(Failure) -> Counts {
    let url = try await url(of: queue)
    let answer = try await ask(
      "GetQueueAttributes",
      [
        "QueueUrl": .string(url),
        "AttributeNames": .array(
          (Self.names + ["RedrivePolicy", "QueueArn"]).map { .string($0) }),
      ], queue)
    let attributes = answer["Attributes"] ?? .object([])
    var numbers: [Int] = []
    for name in Self.names {
      guard let number = attributes[name]?.string.flatMap({ Int($0) }) else {
        throw .transient(
          "SQS did not say \(name) of \(queue)", hint: "It is tried again.")
      }
      numbers.append(number)
    }
    let policy = attributes["RedrivePolicy"]?.string.flatMap { try? JSONValue(parsing: $0) }
    let target = policy?["deadLetterTargetArn"]?.string
    return Counts(
      visible: numbers[0], inFlight: numbers[1], delayed: numbers[2],
      deadLetter: target?.split(separator: ":").last.map(String.init),
      arn: attributes["QueueArn"]?.string ?? "")
  }

  func url(of queue: String) async throws(Failure) -> String {
    if queue.hasPrefix("https://") || queue.hasPrefix("http://") { return queue }
    let answer = try await ask("GetQueueUrl", ["QueueName": .string(queue)], queue)
    guard let url = answer["QueueUrl"]?.string else {
      throw .transient("SQS did not say where \(queue) is", hint: "It is tried again.")
    }
    return url
  }

  var service: CloudService { CloudService("sqs", at: account.place, in: site) }

  func ask(
    _ operation: String, _ input: JSONValue, _ queue: String
  ) async throws(Failure) -> JSONValue {
    try await service.ask(operation, input, about: queue)
  }
}
