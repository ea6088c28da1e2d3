package import Resources
import Synchronization

/// A stack in memory that can do all that the stack of a cloud can.
package final class FakeCloudStack: StackChangePlanner, StackDemolisher, StackInventory {
  package struct State: Sendable {
    package var found: StackDescription?
    package var prepared = StackChangePlan(
      id: nil, changes: [], remarks: [], clears: nil, isEmpty: true)
    package var contents = StackContents(resources: [], outputs: [])
    package var snapshot: StackSnapshot?
    package var survey: StackSurvey?
    package var leftovers: [String] = []
    package var failures: [Failure?] = []

    /// What was asked for, in order.
    package var kept: [Bool] = []
    package var deployed: [(template: StackTemplate, plan: StackChangePlan)] = []
    package var restored: [(snapshot: StackSnapshot, changes: [StackChange])] = []
    package var discarded: [String] = []
    package var destroyed: [(survey: StackSurvey, wishes: StackDemolition)] = []
  }

  package let url: ResourceURL
  private let state = Mutex(State())

  package init(_ url: ResourceURL) { self.url = url }

  package var now: State { state.withLock { $0 } }

  package func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  /// A provider of `fakecloud:` that gives these stacks, whatever the query says.
  package static func provider(_ stacks: [FakeCloudStack]) -> Provider {
    Provider(
      scheme: "fakecloud", summary: "Stacks of a cloud in memory.", example: "fakecloud://a/b",
      parameters: [Provider.Parameter("profile", "Whose credentials.")],
      open: .stack { (url, _) throws(Failure) in
        guard let stack = stacks.first(where: { $0.url.path == url.path }) else {
          throw .permanent("there is no \(url)", hint: "")
        }
        return stack
      })
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
    now.prepared.lines
  }

  package func prepare(
    _ template: StackTemplate, isKept: Bool
  ) async throws(Failure) -> StackChangePlan {
    state.withLock { state in
      state.kept.append(isKept)
      return state.prepared
    }
  }

  package func discard(_ plan: StackChangePlan) async throws(Failure) {
    state.withLock { $0.discarded += plan.id.map { [$0] } ?? [] }
  }

  package func snapshot() async throws(Failure) -> StackSnapshot? { now.snapshot }

  package func deploy(
    _ template: StackTemplate, note: @Sendable (String) async throws(Failure) -> Void
  ) async throws(Failure) -> [String: String] {
    throw .permanent("\(url) is deployed by plan", hint: "")
  }

  package func deploy(
    _ template: StackTemplate, as plan: StackChangePlan, watch: StackWatch
  ) async throws(Failure) -> [String: String] {
    try await watch.note("deploying \(url)")
    return state.withLock { state in
      state.deployed.append((template, plan))
      let outputs = Dictionary(
        state.contents.outputs.filter(\.path.isEmpty).map { ($0.key, $0.value) },
        uniquingKeysWith: { $1 })
      state.found = StackDescription(
        state: .healthy, outputs: outputs, resources: ["service"], id: "id-of-\(url.path)")
      return outputs
    }
  }

  package func restore(
    _ snapshot: StackSnapshot, undoing changes: [StackChange], watch: StackWatch
  ) async throws(Failure) {
    state.withLock { $0.restored.append((snapshot, changes)) }
  }

  package func destroy(
    note: @Sendable (String) async throws(Failure) -> Void
  ) async throws(Failure) {
    throw .permanent("\(url) is destroyed by survey", hint: "")
  }

  package func contents() async throws(Failure) -> StackContents? {
    let now = now
    return now.found == nil ? nil : now.contents
  }

  package func survey(_ wishes: StackDemolition) async throws(Failure) -> StackSurvey? {
    let now = now
    return now.found == nil ? nil : now.survey
  }

  package func destroy(
    _ survey: StackSurvey, _ wishes: StackDemolition, watch: StackWatch
  ) async throws(Failure) {
    try await watch.note("destroying \(url)")
    state.withLock { state in
      state.destroyed.append((survey, wishes))
      state.found = nil
    }
  }

  package func leftovers(of survey: StackSurvey) async throws(Failure) -> [String] {
    now.leftovers
  }
}
