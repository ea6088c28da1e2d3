internal import AWS
internal import DNS
internal import Exports
internal import Foundation
internal import JournalStore
internal import Local
internal import Resources
internal import Rollouts
internal import Wire

extension Wiring {
  /// The program as it is shipped: this machine's clock, network and files.
  package static func standard() -> Wiring {
    var wiring = make(profile: nil)
    wiring.forProfile = { make(profile: $0) }
    return wiring
  }

  private static func make(profile: String?) -> Wiring {
    let environment = ProcessInfo.processInfo.environment
    let clock = SystemClock()
    var settings = AWSSession.Settings(
      environment: environment, homeFolder: environment["HOME"] ?? NSHomeDirectory())
    settings.profile = profile
    settings.askFactor = TerminalQuestion.factorAsker
    let aws = AWSSession(settings, clock: clock) { [settings] in
      HTTPClient(
        HTTPClient.Settings(
          userAgent: "cutover/\(Version.text)", proxies: HTTPProxies(environment: environment),
          authorities: settings.authoritiesFile.map { .file($0) } ?? .system))
    }
    let cloud = AWSCloud(aws)
    let providers = LocalProviders.all + DNSProviders.all + AWSProviders.all(in: aws)
    return Wiring(
      actions: ActionCatalog(ActionList.all),
      resources: ResourceCatalog(
        providers + ExportProviders.over(providers) + UsersTables.over(providers)),
      clock: clock, environment: environment,
      secrets: SecretSources.standard(environment: environment, cloud: cloud, clock: clock),
      resolver: ServerResolver(clock: clock), http: WireExchange(environment: environment),
      cloud: cloud, seed: .random(in: 0...UInt64.max)
    ) { (path, use) throws(JournalError) in
      switch use {
      case .create: try await SQLiteJournal.open(path, for: .create)
      case .write: try await SQLiteJournal.open(path, for: .write)
      case .read: try await SQLiteJournal.open(path, for: .read)
      }
    }
  }
}
