import Resources
import Wire

extension Failure {
  /// What an exchange without a believable reply means for a person; `what` names the resource.
  static func exchange(_ failure: DNSFailure, _ what: String) -> Failure {
    let summary = "\(what): \(failure)"
    switch failure.reason {
    case .cancelled: return .cancelled
    case .invalid:
      return .permanent(summary, hint: "Check the names and values in the playbook.")
    case .signature(let problem): return signature(problem, summary)
    case .notResolved:
      return .transient(summary, hint: "Check the server's name, and this machine's resolver.")
    case .refused, .unreachable, .timedOut:
      return .transient(
        summary, hint: "Check that the server runs and that this machine may reach it on that port."
      )
    case .dropped, .malformed:
      return .transient(summary, hint: "Check that a DNS server answers on that port.")
    }
  }

  private static func signature(_ problem: TSIGProblem, _ summary: String) -> Failure {
    switch problem {
    case .unknownKey:
      .refused(
        summary, hint: "Compare 'key' and 'algorithm' in the URL with the server's configuration.")
    case .badSignature:
      .refused(summary, hint: "Compare the secret with the one in the server's configuration.")
    case .clocksDiffer:
      .permanent(
        summary, hint: "Set the clock of this machine or of the server (NTP), then 'cutover retry'."
      )
    case .unsigned(let code) where code != DNSResponseCode.noError.rawValue:
      .permanent(
        summary, hint: "Look into the server's log for why it failed before it could sign.")
    case .unsigned, .forged:
      .permanent(
        summary,
        hint: "Something between here and the server changes or answers DNS messages; "
          + "ask it from another network.")
    }
  }

  /// What an error code in a server's reply means for a person.
  static func code(_ code: DNSResponseCode, _ what: String) -> Failure {
    let summary = "\(what): the server answered \(code)"
    switch code {
    case .refused:
      return .refused(
        summary, hint: "Allow this key, or this machine, to do it in the server's configuration.")
    case .notAuthoritative:
      return .refused(
        summary, hint: "The server is not primary for this zone; name the one that is.")
    case .notInZone:
      return .permanent(summary, hint: "The name lies outside of the zone.")
    case .serverFailure:
      return .transient(summary, hint: "Look into the server's log.")
    case _:
      return .permanent(summary, hint: "Look into the server's log.")
    }
  }
}
