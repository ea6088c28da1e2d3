package import Resources
import Synchronization

/// A zone in memory that keeps the laws of ``DNSZone``.
package final class FakeZone: DNSZone {
  package struct State: Sendable {
    package var sets: [RecordSet] = []
    package var servers: [NameServer] = []
    package var serial: UInt32 = 1
    /// Thrown by the next calls, first one first; nil lets a call through.
    package var failures: [Failure?] = []
    /// Every record set that was ever written, in order.
    package var history: [[RecordSet]] = []
  }

  package let url: ResourceURL
  private let state: Mutex<State>
  private let apex: String

  package init(_ url: ResourceURL, origin: String, _ sets: [RecordSet] = []) {
    self.url = url
    apex = origin
    state = Mutex(State(sets: sets))
  }

  package var now: State { state.withLock { $0 } }

  package func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  private func fail() throws(Failure) {
    let failure = state.withLock { $0.failures.isEmpty ? nil : $0.failures.removeFirst() }
    if let failure { throw failure }
  }

  package func origin() async throws(Failure) -> String { apex }

  package func recordSets(at name: String) async throws(Failure) -> [RecordSet] {
    try fail()
    return now.sets.filter { $0.name == name }
  }

  package func replace(
    at name: String, former: [RecordSet], with wanted: [RecordSet]
  ) async throws(Failure) {
    try fail()
    let isLeft = state.withLock { state in
      let types = Set((former + wanted).map(\.type))
      let there = state.sets.filter { $0.name == name && types.contains($0.type) }
      if Set(there) == Set(wanted) { return true }
      guard Set(there) == Set(former) else { return false }
      state.sets.removeAll { $0.name == name && types.contains($0.type) }
      state.sets += wanted
      state.serial += 1
      state.history.append(wanted)
      return true
    }
    if !isLeft {
      throw .refused("\(name) holds neither the former nor the wanted records", hint: "Look.")
    }
  }

  package func servers() async throws(Failure) -> [NameServer] {
    try fail()
    return now.servers
  }

  package func serial() async throws(Failure) -> UInt32? { now.serial }
}
