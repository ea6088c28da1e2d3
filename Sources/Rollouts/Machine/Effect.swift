package import Resources

/// What the engine wants under way; plain data, compared and counted but never called.
package enum Effect: Sendable, Hashable {
  case plan(step: String, attempt: Int)
  case apply(step: String, attempt: Int)
  case verify(step: String, attempt: Int)
  case undo(step: String, attempt: Int)
  case backOff(step: String, attempt: Int, until: Timestamp)
  case complete
  case concludeRollback

  package var step: String? {
    switch self {
    case .plan(let step, _): step
    case .apply(let step, _): step
    case .verify(let step, _): step
    case .undo(let step, _): step
    case .backOff(let step, _, _): step
    case .complete: nil
    case .concludeRollback: nil
    }
  }

  /// The verb that the effect asks for; nil for a wait or a conclusion.
  package var phase: Phase? {
    switch self {
    case .plan: .plan
    case .apply: .apply
    case .verify: .verify
    case .undo: .undo
    case .backOff: nil
    case .complete: nil
    case .concludeRollback: nil
    }
  }
}
