import Resources
import Synchronization

/// What goes wrong with a store, call by call.
///
/// Shared by all stores of a test, so that "the n-th call" counts over all of them.
package final class Faults: Sendable {
  package enum Kind: Sendable, CaseIterable {
    /// The call does nothing and throws.
    case throwBefore
    /// The call has its effect, and its answer is lost.
    case throwAfter
  }

  private struct State {
    var calls = 0
    var failing: (call: Int, kind: Kind)?
    var isSpent = false
  }

  private let state = Mutex(State())

  package init() {}

  /// Lets the n-th call from now on fail, once; nil lets none fail.
  package func fail(call: Int?, _ kind: Kind = .throwBefore) {
    state.withLock { $0 = State(failing: call.map { ($0, kind) }) }
  }

  package var calls: Int { state.withLock { $0.calls } }
  /// Whether the call that was to fail has been made.
  package var isSpent: Bool { state.withLock { $0.isSpent } }

  /// Runs the effect of a call, or lets it fail.
  func call<Value>(
    _ what: String, _ effect: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let kind = state.withLock { state -> Kind? in
      state.calls += 1
      guard let failing = state.failing, failing.call == state.calls else { return nil }
      state.isSpent = true
      return failing.kind
    }
    let failure = Failure.transient("injected into \(what)", hint: "Try again.")
    switch kind {
    case nil: return try effect()
    case .throwBefore: throw failure
    case .throwAfter:
      _ = try effect()
      throw failure
    }
  }
}
