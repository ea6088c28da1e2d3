package import Resources
package import Rollouts
import Synchronization

/// Everything outside an action, in memory: stacks, one zone, name servers, HTTP, time, the journal.
package final class FakeWorld: Sendable {
  private struct State {
    var stacks: [ResourceURL: FakeStack] = [:]
    var secrets: [String: String] = [:]
    var record = RolloutRecordView(live: .blue, steps: [])
    var live: LiveIndicator?
    var processEnvironment: [String: String] = [:]
    var isPreview = false
  }

  package let clock: ManualClock
  package let zone: FakeZone
  package let resolver = FakeResolver()
  package let http = FakeHTTP()
  package let secrets: Secrets
  package let folder: TemporaryFolder
  private let state = Mutex(State())
  private let secretValues: SecretValues

  /// Where the reader of secrets looks; separate, since it must exist first.
  private final class SecretValues: Sendable {
    let values = Mutex<[String: String]>([:])
  }

  /// Providers of real things that this world has besides its own.
  private let providers: [Provider]
  /// Whom to ask about names instead of ``resolver``.
  private let realResolver: (any DNSResolver)?
  private let cloud: any CloudExchange

  /// A world with an empty zone `example.test.`, whose clock moves by itself.
  package init(
    clock: ManualClock = ManualClock(movesByItself: true), providers: [Provider] = [],
    resolver: (any DNSResolver)? = nil, cloud: any CloudExchange = NoCloud()
  ) throws {
    self.clock = clock
    self.providers = providers
    realResolver = resolver
    self.cloud = cloud
    zone = FakeZone(try ResourceURL("fakezone://main"), origin: "example.test.")
    folder = try TemporaryFolder()
    let values = SecretValues()
    secretValues = values
    secrets = Secrets { (kind, name) throws(Failure) in
      values.values.withLock { $0["\(kind):\(name)"] }
    }
  }

  /// The stack of that URL; made on first use, not deployed.
  package func stack(_ url: ResourceURL) -> FakeStack {
    state.withLock { state in
      if let stack = state.stacks[url] { return stack }
      let stack = FakeStack(url)
      state.stacks[url] = stack
      return stack
    }
  }

  package func stack(_ text: String) throws -> FakeStack { stack(try ResourceURL(text)) }

  package func setSecret(_ reference: String, _ value: String) {
    secretValues.values.withLock { $0[reference] = value }
  }

  package func setRecord(_ record: RolloutRecordView) { state.withLock { $0.record = record } }
  package func setLive(_ live: LiveIndicator?) { state.withLock { $0.live = live } }
  package func setPreview(_ isPreview: Bool) { state.withLock { $0.isPreview = isPreview } }
  package func setEnvironment(_ variables: [String: String]) {
    state.withLock { $0.processEnvironment = variables }
  }

  /// The site of one step in a rollout from blue to green.
  package func site(step: String = "step") -> Site {
    let now = state.withLock { $0 }
    let fakes = [
      Provider(
        scheme: "fakestack", summary: "A stack in memory.", example: "fakestack://a",
        open: .stack { [self] (url, _) throws(Failure) in stack(url) }),
      Provider(
        scheme: "fakezone", summary: "A zone in memory.", example: "fakezone://main",
        open: .zone { [zone] (_, _) throws(Failure) in zone }),
    ]
    return Site(
      rollout: "r1", environment: "test", step: step, from: .blue, to: .green,
      isPreview: now.isPreview, workFolder: "\(folder.path)/steps/\(step)", live: now.live,
      outside: Site.Outside(
        resources: ResourceCatalog(fakes + providers),
        context: ProviderContext(secrets: secrets, clock: clock),
        resolver: realResolver ?? resolver, http: http, cloud: cloud,
        processEnvironment: now.processEnvironment),
      record: { [self] in state.withLock { $0.record } })
  }
}
