import JSON
import Resources
import Rollouts

/// Topics of SNS and who is subscribed to them by one protocol.
///
/// Source: the API reference of SNS, version 2010-03-31.
struct Topics: Sendable {
  private static let pagesMax = 1_000
  /// What may be set when somebody is subscribed; the other attributes only tell.
  private static let settable = [
    "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy",
    "ReplayPolicy", "SubscriptionRoleArn",
  ]

  let `protocol`: String
  private let service: CloudService

  init(protocol: String, _ account: CloudAccount, in site: Site) {
    self.protocol = `protocol`
    service = CloudService("sns", at: account.place, in: site)
  }

  /// All elements of a list that comes in pages.
  private func list(
    _ operation: String, _ input: JSONValue, _ name: String, about resource: String
  ) async throws(Failure) -> [JSONValue] {
    var input = input
    var found: [JSONValue] = []
    for _ in 0..<Self.pagesMax {
      let page = try await service.ask(operation, input, about: resource)
      found += page[name]?.elements ?? []
      guard let token = page["NextToken"]?.string, !token.isEmpty else { return found }
      input["NextToken"] = .string(token)
    }
    throw .refused("\(resource) is too long to be read", hint: "Name the topic by its ARN.")
  }

  /// The full name of a topic, which must be there.
  func arn(of topic: String) async throws(Failure) -> String {
    if topic.hasPrefix("arn:") { return topic }
    let all = try await list("ListTopics", .object([]), "Topics", about: "the list of topics")
    let found = all.compactMap { $0["TopicArn"]?.string }.first {
      $0.split(separator: ":").last.map { String($0).hasSameBytes(as: topic) } == true
    }
    guard let found else {
      throw .permanent(
        "SNS has no topic \(topic) here", hint: "Correct the name, the region or the account.")
    }
    return found
  }

  /// The ARN of a subscription, or what stands for one that is not confirmed; nil for none.
  func subscription(of endpoint: String, to topic: String) async throws(Failure) -> String? {
    let all = try await list(
      "ListSubscriptionsByTopic", ["TopicArn": .string(topic)], "Subscriptions",
      about: "the subscriptions of \(topic)")
    let own = all.filter {
      $0["Endpoint"]?.string?.hasSameBytes(as: endpoint) == true
        && $0["Protocol"]?.string?.hasSameBytes(as: `protocol`) == true
    }.compactMap { $0["SubscriptionArn"]?.string }.filter { $0 != "Deleted" }
    return own.first { $0.hasPrefix("arn:") } ?? own.first
  }

  func settings(of subscription: String) async throws(Failure) -> [String: String] {
    guard subscription.hasPrefix("arn:") else { return [:] }
    let answer = try await service.ask(
      "GetSubscriptionAttributes", ["SubscriptionArn": .string(subscription)],
      about: "the subscription \(subscription)")
    var settings: [String: String] = [:]
    for name in Self.settable {
      settings[name] = answer["Attributes"]?[name]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }
    return settings
  }

  /// Subscribing who is subscribed already changes nothing.
  func subscribe(
    _ endpoint: String, _ settings: [String: String], to topic: String
  ) async throws(Failure) {
    let attributes = settings.sorted { $0.key < $1.key }.map {
      JSONValue.Member($0.key, .string($0.value))
    }
    var input: JSONValue = [
      "TopicArn": .string(topic), "Protocol": .string(`protocol`), "Endpoint": .string(endpoint),
      "ReturnSubscriptionArn": true,
    ]
    if !attributes.isEmpty { input["Attributes"] = .object(attributes) }
    _ = try await service.ask("Subscribe", input, about: "the topic \(topic)")
  }

  /// Who is not subscribed is let alone; one that never was confirmed cannot be taken away.
  func unsubscribe(_ endpoint: String, from topic: String) async throws(Failure) {
    guard let arn = try await subscription(of: endpoint, to: topic), arn.hasPrefix("arn:") else {
      return
    }
    switch try await service.call(
      "Unsubscribe", ["SubscriptionArn": .string(arn)], about: "the subscription \(arn)")
    {
    case .answer, .error("NotFound", _): return
    case .error(_, let failure): throw failure
    }
  }
}
