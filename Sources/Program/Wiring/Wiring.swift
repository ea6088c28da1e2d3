package import Resources
package import Rollouts
import Transforms

/// Everything that the program reaches the outside with; tests put other things in its place.
package struct Wiring: Sendable {
  /// What a command means to do with the journal.
  package enum JournalUse: Sendable {
    case create
    case write
    case read
  }

  package typealias JournalOpener =
    @Sendable (
      _ path: String, _ use: JournalUse
    ) async throws(JournalError) -> any Journal

  package var actions: ActionCatalog
  package var resources: ResourceCatalog
  package var clock: any WallClock
  package var environment: [String: String]
  package var secrets: Secrets
  package var resolver: any DNSResolver
  package var http: any HTTPExchange
  package var cloud: any CloudExchange
  package var openJournal: JournalOpener
  /// Makes the ways to AWS anew for another profile.
  package var forProfile: (@Sendable (String) -> Wiring)?
  /// What the driver gets instead of the playbook's steps; tests stand between the two.
  package var wrapSteps: @Sendable (any StepSource) -> any StepSource = { $0 }
  /// How often drivers look for requests and write checkpoints.
  package var pace = Driver.Options()
  /// Feeds the jitter of back-offs and the ends of rollout ids.
  package var seed: UInt64

  package init(
    actions: ActionCatalog, resources: ResourceCatalog, clock: any WallClock,
    environment: [String: String], secrets: Secrets, resolver: any DNSResolver,
    http: any HTTPExchange, cloud: any CloudExchange = NoCloud(), seed: UInt64,
    openJournal: @escaping JournalOpener
  ) {
    self.actions = actions
    self.resources = resources
    self.clock = clock
    self.environment = environment
    self.secrets = secrets
    self.resolver = resolver
    self.http = http
    self.cloud = cloud
    self.seed = seed
    self.openJournal = openJournal
  }

  /// The same, with the credentials of this profile where a resource names none of its own.
  func using(profile: String) -> Wiring {
    guard let made = forProfile?(profile) else { return self }
    var wiring = self
    wiring.resources = made.resources
    wiring.secrets = made.secrets
    wiring.cloud = made.cloud
    return wiring
  }

  /// The ways to the outside as actions see them.
  package var outside: Site.Outside {
    Site.Outside(
      resources: resources, context: ProviderContext(secrets: secrets, clock: clock),
      resolver: resolver, http: http, transforms: SQLTransforms(), cloud: cloud,
      processEnvironment: environment)
  }
}
