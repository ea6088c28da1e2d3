import JSON
package import Resources
package import Rollouts

/// Subscribes an endpoint to a topic of SNS and lets another one go, so that no message is lost.
///
/// The new one is subscribed and confirmed before the old one is let go, so for a moment both get
/// what is published. Undo does the same the other way round, and gives the old subscription its
/// settings back.
package struct TopicSubscribe: Action {
  package struct Own: Decodable, Sendable {
    var topic: String
    var `protocol`: String
    var endpoint: String
    var replaces: String?
    var attributes: [String: String]?
    var within: PlaybookDuration?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {
    /// Nil only in a preview.
    var topic: String?
    var wasSubscribed: Bool
    /// Settings of the subscription that is replaced; nil where there is none.
    var replaced: [String: String]?
  }

  package typealias Checkpoint = NoCheckpoint

  package static let name = "topic.subscribe"
  package static let summary = "Subscribes an endpoint to a topic of SNS in another one's place."
  package static let reversal = Reversal.exact
  package static let outputs = ["subscription"]
  package static let inputs: [InputField] =
    [
      .required("topic", .string, "The topic's ARN or name."),
      .required("protocol", .string, "How it is told: lambda, sqs, https …"),
      .required("endpoint", .string, "Who is told, such as a function's ARN."),
      .optional("replaces", .string, "The endpoint that is told no more."),
      .optional(
        "attributes", .map(.string),
        "Settings of the new subscription, such as FilterPolicy; by default those of the one that "
          + "it replaces."),
      .optional("within", .duration, "How long its confirmation may take.", default: "5m"),
    ] + CloudAccount.fields

  private static let every: Duration = .seconds(5)
  private static let withinDefault: Duration = .seconds(300)

  private let input: Input
  private let site: Site
  private let topics: Topics

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    topics = Topics(protocol: input.protocol, input.account, in: site)
    if let old = input.replaces, old.hasSameBytes(as: input.endpoint) {
      throw .permanent(
        "step \(site.step) replaces \(old) by itself", hint: "Name another endpoint.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let isName = !input.topic.hasPrefix("arn:")
    let arn = isName ? input.account.name("sns", input.topic) : input.topic
    func use(_ operation: String, on resource: String) -> CloudUse {
      CloudUse("sns", operation, at: input.account.place, on: resource)
    }
    return (isName ? [.look(use("ListTopics", on: "*"))] : [])
      + [
        .look(use("ListSubscriptionsByTopic", on: arn)),
        // A subscription is named after its topic.
        .look(use("GetSubscriptionAttributes", on: "\(arn):*")),
        .look(use("GetSubscriptionAttributes", on: arn)), .call(use("Subscribe", on: arn)),
        .call(use("Unsubscribe", on: "*")),
      ]
  }

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(topic: nil, wasSubscribed: false, replaced: nil)
    do throws(Failure) {
      let topic = try await topics.arn(of: input.topic)
      plan.topic = topic
      plan.wasSubscribed = try await topics.subscription(of: input.endpoint, to: topic) != nil
      if let old = input.replaces,
        let subscription = try await topics.subscription(of: old, to: topic)
      {
        plan.replaced = try await topics.settings(of: subscription)
      }
    } catch {
      // The topic may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    var changes: [String] = []
    if !plan.wasSubscribed { changes.append("subscribe \(input.endpoint) to \(input.topic)") }
    if let old = input.replaces, plan.topic == nil || plan.replaced != nil {
      changes.append("unsubscribe \(old) from \(input.topic)")
    }
    return Planned(plan, changes: changes)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    guard let topic = plan.topic else {
      throw .permanent("step \(site.step) has no plan", hint: "Plan it anew.")
    }
    let pace = progress.pace
    try pace.checkStop()
    let arn = try await subscribed(
      input.endpoint, input.attributes ?? plan.replaced ?? [:], to: topic, pace)
    if let old = input.replaces { try await topics.unsubscribe(old, from: topic) }
    return StepReport(outputs: ["subscription": arn])
  }

  /// The ARN of the subscription once it is confirmed.
  private func subscribed(
    _ endpoint: String, _ settings: [String: String], to topic: String, _ pace: Pace
  ) async throws(Failure) -> String {
    let wait = CloudWait(
      title: "the subscription of \(endpoint) to be confirmed", every: Self.every,
      within: input.within?.duration ?? Self.withinDefault, step: site.step)
    var found = ""
    var isSent = false
    try await wait.wait(since: pace.clock.now(), pace) { () async throws(Failure) in
      if try await topics.subscription(of: endpoint, to: topic) == nil, !isSent {
        try await topics.subscribe(endpoint, settings, to: topic)
        isSent = true
      }
      guard let arn = try await topics.subscription(of: endpoint, to: topic) else {
        return "it does not show yet"
      }
      guard arn.hasPrefix("arn:") else { return arn }
      found = arn
      return nil
    }
    return found
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let topic = plan.topic else { return Verification(.failed("nothing was planned")) }
    let new = try await topics.subscription(of: input.endpoint, to: topic)
    guard let new, new.hasPrefix("arn:") else {
      return Verification(.failed("\(input.endpoint) is not subscribed: \(new ?? "there is none")"))
    }
    // One that is not confirmed is told nothing.
    if let old = input.replaces,
      try await topics.subscription(of: old, to: topic)?.hasPrefix("arn:") == true
    {
      return Verification(.failed("\(old) is subscribed as well"))
    }
    return Verification(.passed("\(input.endpoint) is subscribed"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let topic = plan.topic else { return }
    if let old = input.replaces, let settings = plan.replaced {
      _ = try await subscribed(old, settings, to: topic, pace)
    }
    if !plan.wasSubscribed { try await topics.unsubscribe(input.endpoint, from: topic) }
  }
}
