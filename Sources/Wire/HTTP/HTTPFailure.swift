/// Why a request brought no reply.
///
/// The description names method, host and path; it never shows the query or a password, which may
/// be secrets.
package struct HTTPFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    /// The request cannot be sent at all; says why.
    case invalid(String)
    /// The name of the host (or proxy) has no address, or no resolver could say.
    case notResolved(host: String)
    case refused
    /// No connection, for another reason than a refusal.
    case unreachable(String)
    case timedOut(Stage)
    /// Connected, then silent for longer than the limit.
    case stalled
    /// The two sides could not agree on TLS, or the certificate is not acceptable; says why.
    case tls(String)
    /// The connection ended before the reply did.
    case dropped(bodyBytes: Int)
    case bodyTooLarge(limitBytes: Int)
    case headersTooLarge(limitBytes: Int)
    case tooManyRedirects(limit: Int)
    /// The body to send could not be read; says why.
    case source(String)
    case cancelled
    /// Something else; the words are libcurl's.
    case other(String)
  }

  /// What was going on when time ran out.
  package enum Stage: String, Sendable {
    case lookingUp = "looking up the name"
    case connecting = "connecting"
    case securing = "agreeing on TLS"
    case waiting = "waiting for the reply"
    case receiving = "receiving the reply"
  }

  package let reason: Reason
  package let method: String
  /// Without query, fragment and credentials.
  package let place: String
  /// Whether the server may have seen the request, and so may have acted on it.
  package let wasSent: Bool
  /// What the source of the body threw, if that was the reason; not compared.
  package let cause: (any Error)?

  package init(
    _ reason: Reason, method: String, url: String, wasSent: Bool, cause: (any Error)? = nil
  ) {
    self.reason = reason
    self.method = method
    self.place = Self.withoutSecrets(url)
    self.wasSent = wasSent
    self.cause = cause
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.reason == right.reason && left.method == right.method && left.place == right.place
      && left.wasSent == right.wasSent
  }

  /// Whether the same request may well succeed a little later.
  package var isTransient: Bool {
    switch reason {
    case .notResolved, .refused, .unreachable, .timedOut, .stalled, .dropped: true
    case .invalid, .tls, .bodyTooLarge, .headersTooLarge, .tooManyRedirects: false
    case .source, .cancelled, .other: false
    }
  }

  package var description: String { "\(method) \(place): \(explanation)" }

  private var explanation: String {
    switch reason {
    case .invalid(let why): "the request is not valid: \(why)"
    case .notResolved(let host): "no address was found for \(host)"
    case .refused: "the connection was refused"
    case .unreachable(let why): "no connection: \(why)"
    case .timedOut(let stage): "timed out while \(stage.rawValue)"
    case .stalled: "the server fell silent while connected"
    case .tls(let why): "TLS: \(why)"
    case .dropped(let bytes): "the connection was dropped after \(bytes) bytes of the reply's body"
    case .bodyTooLarge(let limit): "the reply's body is longer than the \(limit) bytes allowed"
    case .headersTooLarge(let limit): "the reply's headers are longer than \(limit) bytes"
    case .tooManyRedirects(let limit): "more than \(limit) redirects"
    case .source(let why): "the body to send could not be read: \(why)"
    case .cancelled: "cancelled"
    case .other(let why): why
    }
  }

  private static func withoutSecrets(_ url: String) -> String {
    let visible = url.prefix { $0 != "?" && $0 != "#" }
    // scheme: / / authority / path
    var parts = visible.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return String(visible) }
    parts[2] = parts[2].split(separator: "@", omittingEmptySubsequences: false).last ?? parts[2]
    return parts.joined(separator: "/")
  }
}
