package import Resources
package import Rollouts
import Synchronization

/// The outside of an action in memory: stores by URL, a clock that moves by itself, notes kept.
package final class MemorySite: Sendable {
  private struct State {
    var tables: [String: any TableStore] = [:]
    var notes: [String] = []
    var isStopping = false
  }

  private let state = Mutex(State())
  package let clock = ManualClock(movesByItself: true)
  package let folder: String

  package init(folder: String) { self.folder = folder }

  package func add(_ table: any TableStore) {
    state.withLock { $0.tables[table.url.text] = table }
  }

  package var notes: [String] { state.withLock { $0.notes } }
  package func stop(_ flag: Bool) { state.withLock { $0.isStopping = flag } }

  package func site(
    isPreview: Bool = false, transforms: any TransformMaker = NoTransforms()
  ) -> Site {
    let open: @Sendable (ResourceURL, ProviderContext) throws(Failure) -> any TableStore = {
      [self] url, _ throws(Failure) in
      guard let table = state.withLock({ $0.tables[url.text] }) else {
        throw .permanent("no table \(url)", hint: "")
      }
      return table
    }
    let catalog = ResourceCatalog([
      Provider(scheme: "memory", summary: "Tests.", example: "memory:///t", open: .table(open))
    ])
    let context = ProviderContext(
      secrets: Secrets { _, _ throws(Failure) in nil }, clock: clock)
    return Site(
      rollout: "r1", environment: "test", step: "copy", from: .blue, to: .green,
      isPreview: isPreview, workFolder: folder + "/work", live: nil,
      outside: Site.Outside(
        resources: catalog, context: context, resolver: NoResolver(), http: NoHTTP(),
        transforms: transforms, processEnvironment: [:]),
      record: { RolloutRecordView(live: .blue, steps: []) })
  }

  package var pace: Pace {
    Pace(
      clock: clock, isAskedToStop: { [self] in state.withLock { $0.isStopping } }, show: { _ in },
      record: { [self] text in state.withLock { $0.notes.append(text) } })
  }
}

private struct NoResolver: DNSResolver {
  func ask(
    _ server: NameServer, name: String, type: String
  ) async throws(Failure) -> DNSAnswer {
    throw .refused("no resolver in this test", hint: "")
  }
}

private struct NoHTTP: HTTPExchange {
  func send(_ call: HTTPCall) async throws(Failure) -> HTTPReply {
    throw .refused("no HTTP in this test", hint: "")
  }
}
