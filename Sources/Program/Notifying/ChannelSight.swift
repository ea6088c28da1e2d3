internal import JSON
internal import Resources
internal import Rollouts

/// One place that is told what happens, as the plan shows it; nothing is sent there.
struct ChannelSight: Sendable {
  enum State: Sendable, Equatable {
    /// It can be told, as far as that shows without telling it anything.
    case ready(String)
    /// It surely cannot be.
    case unfit(String)
    case untold(String)
  }

  let channel: NotifyChannel
  let state: State

  private static let timeLimit: Duration = .seconds(10)

  /// Looks at all of them side by side, in the order of the playbook.
  static func all(of playbook: Playbook, _ wiring: Wiring) async -> [ChannelSight] {
    await withTaskGroup(of: (Int, ChannelSight).self) { group in
      for (index, channel) in playbook.notify.enumerated() {
        group.addTask {
          (index, ChannelSight(channel: channel, state: await state(of: channel, wiring)))
        }
      }
      var sights: [Int: ChannelSight] = [:]
      for await (index, sight) in group { sights[index] = sight }
      return sights.sorted { $0.key < $1.key }.map(\.value)
    }
  }

  private static func state(of channel: NotifyChannel, _ wiring: Wiring) async -> State {
    switch channel.target {
    case .topic(let arn, let place): await state(ofTopic: arn, at: place, wiring)
    case .webhook(let url, let secret): await state(ofWebhook: url, secret, wiring)
    }
  }

  private static func state(
    ofTopic arn: String, at place: CloudPlace, _ wiring: Wiring
  ) async -> State {
    let input: JSONValue = ["TopicArn": .string(arn)]
    // Sent once: nobody should wait long for a plan because of this.
    let call = CloudCall(
      service: "sns", operation: "GetTopicAttributes", place: place, input: input.compact(),
      isRepeatable: false, timeLimit: timeLimit)
    do throws(CloudFailure) {
      _ = try await wiring.cloud.call(
        call, in: ProviderContext(secrets: wiring.secrets, clock: wiring.clock))
      return .ready("the topic is there")
    } catch {
      guard case .service(let code, let failure) = error else {
        return .untold(wiring.secrets.redact(error.failure.summary))
      }
      return code.hasPrefix("NotFound")
        ? .unfit("there is no such topic") : .untold(wiring.secrets.redact(failure.summary))
    }
  }

  /// What AWS keeps is not revealed for a plan, and a webhook is not called.
  private static func state(
    ofWebhook url: String, _ secret: String, _ wiring: Wiring
  ) async -> State {
    let isKeptHere = SecretReference.all(in: url + secret).allSatisfy { kind, _ in
      ["env", "file"].contains(kind)
    }
    guard isKeptHere else { return .untold("its secret is fetched when it is used") }
    do throws(Failure) {
      _ = try await wiring.secrets.reveal(url)
      guard WebhookSignature(secret: try await wiring.secrets.reveal(secret)) != nil else {
        return .unfit("its secret is empty, or begins with 'whsec_' and is not base64")
      }
      return .ready("its secret is set")
    } catch {
      return .unfit(error.summary)
    }
  }

  /// What it is told, in as few words as possible.
  private var events: String {
    if channel.events == NotifyEvent.standard { return "all but the steps' small talk" }
    if channel.events.count == NotifyEvent.allCases.count { return "everything" }
    return names.joined(separator: ", ")
  }

  private var names: [String] {
    NotifyEvent.allCases.filter(channel.events.contains).map(\.rawValue)
  }

  var line: Line {
    let head: Line = "Tells \(channel.name, .strong): \(events)"
    return switch state {
    case .ready(let text): head + "\(" (\(text))", .faint)"
    case .unfit(let text): head + "; \("cannot be told", .bad): \(text)"
    case .untold(let text): head + "; \("cannot tell whether it arrives", .warning): \(text)"
    }
  }

  var json: JSONValue {
    let (word, text) =
      switch state {
      case .ready(let text): ("ready", text)
      case .unfit(let text): ("unfit", text)
      case .untold(let text): ("untold", text)
      }
    return [
      "to": .string(channel.name), "events": .array(names.map { .string($0) }),
      "state": .string(word), "detail": .string(text),
    ]
  }
}
