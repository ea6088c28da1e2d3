internal import Resources
internal import Rollouts

/// Carries one announcement to one place, once.
protocol AnnouncementSender: Sendable {
  func send(_ announcement: Announcement) async throws(SendProblem)
}

/// Why an announcement did not arrive, or is not known to have.
enum SendProblem: Error {
  /// The receiver will never take this very announcement.
  case unwanted(Failure)
  /// Worth another attempt, not before the receiver asked for it if it did.
  case undelivered(Failure, after: Duration? = nil)

  var failure: Failure {
    switch self {
    case .unwanted(let failure), .undelivered(let failure, _): failure
    }
  }
}

extension NotifyChannel {
  func sender(_ wiring: Wiring) -> any AnnouncementSender {
    switch target {
    case .topic(let arn, let place): TopicSender(arn: arn, place: place, wiring: wiring)
    case .webhook(let url, let secret): WebhookSender(url: url, secret: secret, wiring: wiring)
    }
  }
}
