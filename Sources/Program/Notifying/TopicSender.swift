internal import JSON
internal import Resources
internal import Rollouts

/// Publishes to an SNS topic; subscribers may filter by the attribute `event`.
struct TopicSender: AnnouncementSender {
  let arn: String
  let place: CloudPlace
  let wiring: Wiring

  private static let timeLimit: Duration = .seconds(10)

  func send(_ announcement: Announcement) async throws(SendProblem) {
    let call = CloudCall(
      service: "sns", operation: "Publish", place: place, input: input(announcement).compact(),
      timeLimit: Self.timeLimit)
    do throws(CloudFailure) {
      _ = try await wiring.cloud.call(
        call, in: ProviderContext(secrets: wiring.secrets, clock: wiring.clock))
    } catch {
      throw .undelivered(error.failure)
    }
  }

  private func input(_ announcement: Announcement) -> JSONValue {
    let announcement = announcement.redacted(by: wiring.secrets)
    var input: JSONValue = [
      "TopicArn": .string(arn),
      "Subject": .string(announcement.subject),
      "Message": .string(announcement.json.text),
      "MessageAttributes": [
        "event": ["DataType": "String", "StringValue": .string(announcement.event.rawValue)]
      ],
    ]
    if arn.hasSuffix(".fifo") {
      // In order within an environment, and what comes twice within minutes is dropped by SNS.
      input["MessageGroupId"] = .string(announcement.environment)
      input["MessageDeduplicationId"] = .string(announcement.id)
    }
    return input
  }
}
