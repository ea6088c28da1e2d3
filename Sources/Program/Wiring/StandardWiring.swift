internal import Foundation
internal import JournalStore
internal import Local
internal import Resources
internal import Rollouts

extension Wiring {
  /// The program as it is shipped: this machine's clock, network and files.
  package static func standard() -> Wiring {
    let environment = ProcessInfo.processInfo.environment
    return Wiring(
      actions: ActionCatalog(ActionList.all), resources: ResourceCatalog(LocalProviders.all),
      clock: SystemClock(), environment: environment,
      secrets: SecretSources.standard(environment: environment),
      resolver: NoResolver(), http: WireExchange(environment: environment),
      seed: .random(in: 0...UInt64.max)
    ) { (path, use) throws(JournalError) in
      switch use {
      case .create: try await SQLiteJournal.open(path, for: .create)
      case .write: try await SQLiteJournal.open(path, for: .write)
      case .read: try await SQLiteJournal.open(path, for: .read)
      }
    }
  }
}

/// Stands in until this program can ask name servers itself: it can never tell.
private struct NoResolver: DNSResolver {
  func ask(_ server: NameServer, name: String, type: String) async throws(Failure) -> DNSAnswer {
    throw .permanent(
      "this version cannot ask name servers", hint: "Ask \(server) yourself, for instance with dig."
    )
  }
}
