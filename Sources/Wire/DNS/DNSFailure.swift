/// Why a server gave no reply that can be believed.
///
/// A reply with an error code is a reply, not a failure.
package struct DNSFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    /// The message cannot be sent; says why.
    case invalid(String)
    /// The server's own name has no address, or nobody could say.
    case notResolved
    case refused
    case unreachable(String)
    case timedOut(Stage)
    /// The server closed the connection before its reply was complete.
    case dropped
    /// What came is not a DNS message, or not the answer to this question; says why.
    case malformed(String)
    case signature(TSIGProblem)
    case cancelled
  }

  package enum Stage: String, Sendable {
    case connecting = "connecting"
    case sending = "sending"
    case waiting = "waiting for the reply"
  }

  package let reason: Reason
  package let server: DNSEndpoint
  /// Whether the server may have seen the message, and so may have acted on it.
  package let wasSent: Bool

  package init(_ reason: Reason, server: DNSEndpoint, wasSent: Bool) {
    self.reason = reason
    self.server = server
    self.wasSent = wasSent
  }

  package var isTransient: Bool {
    switch reason {
    case .notResolved, .refused, .unreachable, .timedOut, .dropped, .malformed: true
    case .invalid, .signature, .cancelled: false
    }
  }

  package var description: String { "DNS server \(server): \(explanation)" }

  private var explanation: String {
    switch reason {
    case .invalid(let why): "the message cannot be sent: \(why)"
    case .notResolved: "its name has no address"
    case .refused: "nothing listens there"
    case .unreachable(let why): "it cannot be reached: \(why)"
    case .timedOut(let stage): "timed out while \(stage.rawValue)"
    case .dropped: "it closed the connection before its reply was complete"
    case .malformed(let why): "its reply makes no sense: \(why)"
    case .signature(let problem): problem.explanation
    case .cancelled: "cancelled"
    }
  }
}

extension TSIGProblem {
  var explanation: String {
    switch self {
    case .unknownKey: "it does not know the key, or not with this algorithm (BADKEY)"
    case .badSignature: "it computed another signature, so the secrets differ (BADSIG)"
    case .clocksDiffer(let serverTime):
      "its clock and ours differ by more than the signature allows (BADTIME)"
        + (serverTime.map { "; its clock says \($0) seconds since 1970" } ?? "")
    case .unsigned(let code):
      "it answered \(DNSResponseCode(rawValue: code)) without a signature"
    case .forged(let why): "the signature of its reply is not right: \(why)"
    }
  }
}
