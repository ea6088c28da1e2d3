import JSON
import Resources

/// The section `notify`: topics and webhooks that are told what happens.
extension PlaybookCheck {
  mutating func readNotify(_ node: JSONNode?) -> [NotifyChannel] {
    guard let node else { return [] }
    guard let entries = node.elements else {
      report(
        "expected a list of places such as { sns: \"arn:…\" }, found \(node.noun)",
        at: node.position)
      return []
    }
    if entries.count > PlaybookFields.channelsMax {
      report("expected at most \(PlaybookFields.channelsMax) places", at: node.position)
      return []
    }
    return entries.compactMap { readChannel($0) }
  }

  private mutating func readChannel(_ node: JSONNode) -> NotifyChannel? {
    let noun = "an entry of 'notify'"
    switch (node["sns"], node["webhook"]) {
    case (let topic?, nil):
      guard let value = resolved(node, PlaybookFields.topic, noun: noun),
        let arn = value["sns"]?.string
      else { return nil }
      guard let region = Self.region(ofTopic: arn) else {
        report(
          "expected the ARN of a topic such as 'arn:aws:sns:eu-west-1:123456789012:rollouts', "
            + "found '\(arn)'", at: topic.position)
        return nil
      }
      let place = CloudPlace(
        region: region, profile: value["profile"]?.string, role: value["role"]?.string)
      return NotifyChannel(.topic(arn: arn, place), on: Self.events(value))
    case (nil, let webhook?):
      guard let value = resolved(node, PlaybookFields.webhook, noun: noun),
        let url = value["webhook"]?.string, let secret = value["secret"]?.string
      else { return nil }
      guard Self.isWebhook(url) else {
        report(
          "expected a URL such as 'https://hooks.example/rollouts', found '\(url)'",
          at: webhook.position)
        return nil
      }
      guard Self.isSecret(secret) else {
        report(
          "expected a reference to a secret such as '${secret:env:HOOK}' and nothing else; a "
            + "secret in a playbook would be kept in the journal",
          at: node["secret"]?.position ?? node.position)
        return nil
      }
      return NotifyChannel(.webhook(url: url, secret: secret), on: Self.events(value))
    case (_?, _?):
      report("\(noun) is either 'sns' or 'webhook', not both", at: node.position)
    case (nil, nil):
      let names = ["sns", "webhook", "secret", "profile", "role", "on"]
      let known = members(of: node, allowed: names, noun: noun)
      if let known, known.count == node.members?.count {
        report("\(noun) lacks the key 'sns' or 'webhook'", at: node.position)
      }
    }
    return nil
  }

  /// The entry with its references resolved; nil when there are mistakes, which are reported.
  private mutating func resolved(
    _ node: JSONNode, _ fields: [InputField], noun: String
  ) -> JSONValue? {
    guard checkObject(node, fields, noun: noun, in: .constant) else { return nil }
    do throws(Scope.Unresolved) {
      return try scope.resolved(JSONValue(node), as: .object(fields))
    } catch {
      report(error.message, at: node.position)
      return nil
    }
  }

  private static func events(_ value: JSONValue) -> Set<NotifyEvent> {
    guard let names = value["on"]?.elements else { return NotifyEvent.standard }
    return Set(names.compactMap { $0.string.flatMap { NotifyEvent(rawValue: $0) } })
  }

  private static func region(ofTopic arn: String) -> String? {
    let pattern = #/arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?/#
    return arn.wholeMatch(of: pattern).map { String($0.1) }
  }

  /// A URL that is a secret itself can be judged only when it is called.
  private static func isWebhook(_ url: String) -> Bool {
    isSecret(url) || url.wholeMatch(of: #/https?://[^\s/?#]+([/?#]\S*)?/#) != nil
  }

  private static func isSecret(_ text: String) -> Bool {
    text.wholeMatch(of: #/\$\{secret:[^}]+\}/#) != nil
  }
}
