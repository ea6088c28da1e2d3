package import Resources
package import Rollouts
import Synchronization

/// The outside of an action in memory: stores by URL, a clock that moves by itself, notes kept.
package final class MemorySite: Sendable {
  private struct State {
    var tables: [String: any TableStore] = [:]
    var buckets: [String: any BucketStore] = [:]
    var users: [String: any UserDirectory] = [:]
    var notes: [String] = []
    var isStopping = false
  }

  private let state = Mutex(State())
  package let clock = ManualClock(movesByItself: true)
  package let folder: String

  /// Further providers, for tests against real stores.
  private let providers: [Provider]

  package init(folder: String, providers: [Provider] = []) {
    self.folder = folder
    self.providers = providers
  }

  package func add(_ table: any TableStore) {
    state.withLock { $0.tables[table.url.text] = table }
  }

  package func add(_ bucket: any BucketStore) {
    state.withLock { $0.buckets[bucket.url.text] = bucket }
  }

  package func add(_ users: any UserDirectory) {
    state.withLock { $0.users[users.url.text] = users }
  }

  package var notes: [String] { state.withLock { $0.notes } }
  package func stop(_ flag: Bool) { state.withLock { $0.isStopping = flag } }

  package func site(
    isPreview: Bool = false, transforms: any TransformMaker = NoTransforms(),
    folder name: String = "work"
  ) -> Site {
    let catalog = ResourceCatalog(
      [
        Provider(
          scheme: "memory", summary: "Tests.", example: "memory:///t",
          open: .table { [self] (url, _) throws(Failure) in
            try found(url, state.withLock { $0.tables[url.text] })
          }),
        Provider(
          scheme: "memorybucket", summary: "Tests.", example: "memorybucket:///b",
          open: .bucket { [self] (url, _) throws(Failure) in
            try found(url, state.withLock { $0.buckets[url.text] })
          }),
        Provider(
          scheme: "memoryusers", summary: "Tests.", example: "memoryusers:///u",
          open: .users { [self] (url, _) throws(Failure) in
            try found(url, state.withLock { $0.users[url.text] })
          }),
      ] + providers)
    let context = ProviderContext(
      secrets: Secrets { _, _ throws(Failure) in nil }, clock: clock)
    return Site(
      rollout: "r1", environment: "test", step: "copy", from: .blue, to: .green,
      isPreview: isPreview, workFolder: "\(folder)/\(name)", live: nil,
      outside: Site.Outside(
        resources: catalog, context: context, resolver: NoResolver(), http: NoHTTP(),
        transforms: transforms, processEnvironment: [:]),
      record: { RolloutRecordView(live: .blue, steps: []) })
  }

  private func found<Store>(_ url: ResourceURL, _ store: Store?) throws(Failure) -> Store {
    guard let store else { throw .permanent("this test has no \(url)", hint: "Add it.") }
    return store
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
