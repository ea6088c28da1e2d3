/// Why something did not happen, in words for the person who has to act on it.
///
/// The kind is set once, at the edge where the reply was read; nothing above guesses again.
/// `summary` says what happened and to which resource, `hint` says what to do next. Neither may
/// hold a secret.
package struct Failure: Error, Hashable, Sendable, Codable {
  package enum Kind: Hashable, Sendable, Codable {
    /// May go away by itself; `retryAfterMilliseconds` is what the other side asked for.
    case transient(retryAfterMilliseconds: Int64?)
    /// Trying the same again gives the same answer.
    case permanent
    /// A rule of ours or theirs forbids it: access denied, an interlock, a target not empty.
    case refused
    /// Somebody asked to stop; nothing is wrong.
    case cancelled
  }

  package var kind: Kind
  package var summary: String
  package var hint: String

  package init(_ kind: Kind, _ summary: String, hint: String) {
    self.kind = kind
    self.summary = summary
    self.hint = hint
  }

  package static func transient(_ summary: String, hint: String) -> Failure {
    Failure(.transient(retryAfterMilliseconds: nil), summary, hint: hint)
  }

  package static func permanent(_ summary: String, hint: String) -> Failure {
    Failure(.permanent, summary, hint: hint)
  }

  package static func refused(_ summary: String, hint: String) -> Failure {
    Failure(.refused, summary, hint: hint)
  }

  /// The answer to a request to stop: the step carries on later from its checkpoint.
  package static let cancelled = Failure(
    .cancelled, "stopped on request", hint: "Carry on with 'cutover resume'.")

  /// The same without the advice to go back, where there is no way back any more.
  package var withoutWayBack: Failure {
    let advice = "or 'cutover rollback'"
    let hint = ["; ", ", ", " "].reduce(hint) { $0.replacing($1 + advice, with: "") }
    return Failure(kind, summary, hint: hint)
  }

  /// Whether an automatic retry makes sense.
  package var isTransient: Bool {
    if case .transient = kind { true } else { false }
  }
}

extension Failure: CustomStringConvertible {
  package var description: String { hint.isEmpty ? summary : "\(summary)\n  \(hint)" }
}
