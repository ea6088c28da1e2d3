internal import JSON
internal import Resources
internal import Wire

/// Calls a webhook; its URL and secret are revealed for the call and kept nowhere.
struct WebhookSender: AnnouncementSender {
  let url: String
  let secret: String
  let wiring: Wiring

  private static let timeLimit: Duration = .seconds(10)
  /// What the receiver says about the content, which another attempt would not change.
  private static let unwantedStatuses: Set = [400, 413, 415, 422]
  private static let transientStatuses: Set = [408, 425, 429]
  private static let retryAfterMax: Duration = .seconds(60)

  func send(_ announcement: Announcement) async throws(SendProblem) {
    let reply: Resources.HTTPReply
    do throws(Failure) {
      reply = try await wiring.http.send(try await call(announcement))
    } catch {
      throw .undelivered(error)
    }
    guard !(200...299).contains(reply.status) else { return }
    let summary = "it answered with status \(reply.status)"
    if Self.unwantedStatuses.contains(reply.status) {
      throw .unwanted(.permanent(summary, hint: "Look what the receiver expects."))
    }
    guard reply.status >= 500 || Self.transientStatuses.contains(reply.status) else {
      throw .undelivered(
        .permanent(summary, hint: "Look at the URL, the secret and the receiver."))
    }
    throw .undelivered(
      .transient(summary, hint: "It is tried again."),
      after: reply.retryAfter(at: wiring.clock.now(), most: Self.retryAfterMax))
  }

  private func call(_ announcement: Announcement) async throws(Failure) -> HTTPCall {
    let url = try await wiring.secrets.reveal(url)
    let secret = try await wiring.secrets.reveal(secret)
    guard let signature = WebhookSignature(secret: secret) else {
      throw .permanent(
        "the webhook's secret is empty, or begins with 'whsec_' and is not base64",
        hint: "Copy it from the receiver once more.")
    }
    let body = announcement.redacted(by: wiring.secrets).json.compact()
    // The moment of the attempt: receivers refuse what is older than some minutes.
    let seconds = wiring.clock.now().milliseconds / 1000
    return HTTPCall(
      method: "POST", url: url,
      headers: [
        ("Content-Type", "application/json"),
        ("webhook-id", announcement.id),
        ("webhook-timestamp", "\(seconds)"),
        (
          "webhook-signature",
          signature.header(id: announcement.id, seconds: seconds, body: body)
        ),
      ], body: body, timeLimit: Self.timeLimit)
  }
}
