package import Resources
import Synchronization

/// A stack in memory, with switches for what may go wrong.
package final class FakeStack: StackDeployer {
  package struct State: Sendable {
    package var found: StackDescription?
    package var template: StackTemplate?
    package var outputs: [String: String] = ["Endpoint": "127.0.0.1:8080"]
    /// Thrown by the next calls, first one first; nil lets a call through.
    package var failures: [Failure?] = []
    /// Makes `destroy` report success and leave the stack.
    package var staysWhenDestroyed = false
    package var deployCount = 0
    /// How often it was destroyed while it was there.
    package var destroyCount = 0
  }

  package let url: ResourceURL
  private let state: Mutex<State>

  package init(_ url: ResourceURL, found: StackDescription? = nil) {
    self.url = url
    state = Mutex(State(found: found))
  }

  package var now: State { state.withLock { $0 } }

  package func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  package static func healthy(_ resources: [String] = ["service"]) -> StackDescription {
    StackDescription(state: .healthy, outputs: [:], resources: resources)
  }

  private func fail() throws(Failure) {
    let failure = state.withLock { $0.failures.isEmpty ? nil : $0.failures.removeFirst() }
    if let failure { throw failure }
  }

  package func description() async throws(Failure) -> StackDescription? {
    try fail()
    return now.found
  }

  package func changes(_ template: StackTemplate) async throws(Failure) -> [String] {
    try fail()
    return now.template == template && now.found?.state == .healthy
      ? [] : ["template \(template.location)"]
  }

  package func deploy(
    _ template: StackTemplate, note: @Sendable (String) async throws(Failure) -> Void
  ) async throws(Failure) -> [String: String] {
    try fail()
    try await note("bringing \(url) up")
    return state.withLock { state in
      state.deployCount += 1
      state.template = template
      state.found = StackDescription(
        state: .healthy, outputs: state.outputs, resources: ["service"])
      return state.outputs
    }
  }

  package func destroy(
    note: @Sendable (String) async throws(Failure) -> Void
  ) async throws(Failure) {
    try fail()
    try await note("taking \(url) down")
    state.withLock { state in
      if state.found != nil { state.destroyCount += 1 }
      if !state.staysWhenDestroyed { state.found = nil }
    }
  }
}
