package import Resources
internal import Synchronization
package import Wire

/// The program's way to AWS: one HTTP client, one clock, and the credentials found so far.
///
/// Made once by the wiring and captured by the providers; nothing in it is global.
package final class AWSSession: Sendable {
  package struct Settings: Sendable {
    /// Of this process: `AWS_PROFILE`, `AWS_REGION`, `AWS_ENDPOINT_URL` and their like.
    package var environment: [String: String]
    package var homeFolder: String
    /// Feeds the jitter of retries.
    package var random: @Sendable () -> Double
    /// The profile that the person chose for this call; it goes before keys in the environment.
    package var profile: String?
    /// Asks the person for what the device of a serial number shows, for the profile named; nil
    /// without a terminal to ask on.
    package var askFactor: (@Sendable (_ serial: String, _ profile: String) async -> String?)?

    package init(
      environment: [String: String], homeFolder: String,
      random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
      self.environment = environment
      self.homeFolder = homeFolder
      self.random = random
    }

    /// The file of certificates to trust that the environment or the profile names.
    package var authoritiesFile: String? {
      if let path = environment["AWS_CA_BUNDLE"], !path.isEmpty { return path }
      // A broken file is told when it is needed for more than this.
      let configuration = try? AWSConfiguration(self)
      return configuration?.profile(profileName(nil))?["ca_bundle"]
    }

    /// The profile that holds for a place.
    func profileName(_ named: String?) -> String {
      named ?? profile ?? environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
        ?? "default"
    }
  }

  private struct SourceName: Hashable {
    let profile: String?
    let role: String?
    let purpose: String?
  }

  /// More than the steps of a rollout times its accounts; beyond it all are forgotten.
  private static let sourcesMax = 1_000

  package let settings: Settings
  private let sources = Mutex<[SourceName: RefreshingCredentials]>([:])
  private let known = Mutex<AWSConfiguration?>(nil)
  package let clock: any WallClock
  let signingKeys = SigningKeys()
  /// How far the services' clocks are ahead of ours, in seconds.
  private let skew = Mutex<Int64>(0)
  private let makeHTTP: @Sendable () -> HTTPClient
  private let madeHTTP = Mutex<HTTPClient?>(nil)

  /// `http` is called once, when the first request is sent.
  package init(
    _ settings: Settings, clock: any WallClock, http: @escaping @Sendable () -> HTTPClient
  ) {
    self.settings = settings
    self.clock = clock
    makeHTTP = http
  }

  package var http: HTTPClient {
    madeHTTP.withLock { made in
      let client = made ?? makeHTTP()
      made = client
      return client
    }
  }

  /// A client for one service; asks nobody for anything yet.
  package func client(
    _ service: AWSService, at place: CloudPlace, purpose: String? = nil
  ) throws(Failure) -> AWSClient {
    try client(
      service, region: try region(at: place), profile: place.profile,
      credentials(at: place, purpose: purpose))
  }

  /// A client that does not sign, for the services that hand out credentials.
  func anonymousClient(
    _ service: AWSService, region: String, profile: String? = nil
  ) throws(Failure) -> AWSClient {
    try client(service, region: region, profile: profile, nil)
  }

  func client(
    _ service: AWSService, region: String, profile: String? = nil,
    _ source: (any CredentialSource)?
  ) throws(Failure) -> AWSClient {
    let configuration = try configuration()
    return AWSClient(
      session: self, service: service, region: region,
      endpoint: try AWSEndpoint(
        service, region: region, environment: settings.environment,
        profile: configuration.profile(settings.profileName(profile)),
        configuration: configuration),
      credentials: source)
  }

  /// The region of a place: the one it names, then that of the profile it names, then the
  /// environment's, then that of the standard profile.
  package func region(at place: CloudPlace) throws(Failure) -> String {
    if let region = place.region { return region }
    let configuration = try configuration()
    if let name = place.profile, let region = configuration.profile(name)?["region"] {
      return region
    }
    func variable(_ name: String) -> String? {
      settings.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    guard
      let region = variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION")
        ?? configuration.profile(settings.profileName(nil))?["region"]
    else {
      throw .permanent(
        "no AWS region is given",
        hint: "Name it in the resource's URL, in the profile, or set AWS_REGION.")
    }
    return region
  }

  /// The partition in which the resources of a place are; the public one if nothing tells.
  func partition(at place: CloudPlace) -> CloudPartition {
    CloudPartition.of(try? region(at: place))
  }

  /// For the services that hand out credentials and are everywhere.
  var regionOfEnvironment: String { (try? region(at: CloudPlace())) ?? "us-east-1" }

  /// The moment as the services count it, in seconds since 1970.
  var signingTime: Int64 { clock.now().milliseconds / 1000 + skew.withLock { $0 } }

  /// Learns from a service's own clock that ours is wrong.
  func noteServiceTime(_ seconds: Int64) {
    let ours = clock.now().milliseconds / 1000
    skew.withLock { $0 = seconds - ours }
  }

  /// Where the credentials of a place come from: one source for all who ask for the same.
  ///
  /// Only where a role is taken on without a second factor does the purpose make a difference;
  /// nobody is asked for a code, or a process run, once for each step.
  func credentials(at place: CloudPlace, purpose: String?) -> any CredentialSource {
    if let role = place.role {
      return source(SourceName(profile: place.profile, role: role, purpose: purpose))
    }
    let profile = (try? configuration())?.profile(settings.profileName(place.profile))
    let takesRole =
      profile?["role_arn"] != nil && profile?["mfa_serial"] == nil
      || settings.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] != nil
    return source(
      SourceName(profile: place.profile, role: nil, purpose: takesRole ? purpose : nil))
  }

  private func source(_ name: SourceName) -> RefreshingCredentials {
    sources.withLock { sources in
      if let known = sources[name] { return known }
      if sources.count >= Self.sourcesMax { sources = [:] }
      // Clients hold the session, and only clients hold sources, so it is there when they ask.
      let made = RefreshingCredentials(now: { [unowned self] in signingTime }) {
        [unowned self] (_) async throws(Failure) in try await fetch(name)
      }
      sources[name] = made
      return made
    }
  }

  private func fetch(_ name: SourceName) async throws(Failure) -> SigningCredentials {
    let chain = CredentialChain(session: self, purpose: name.purpose)
    guard let arn = name.role else { return try await chain.find(name.profile) }
    let base = credentials(at: CloudPlace(profile: name.profile), purpose: nil)
    let region = try? region(at: CloudPlace(profile: name.profile))
    let sts = try client(.sts, region: region ?? "us-east-1", profile: name.profile, base)
    return try await STSCalls(client: sts)
      .assume(STSCalls.Role(arn: arn, sessionName: chain.sessionName()))
  }

  /// What the configuration files said when they were first asked for.
  private func configuration() throws(Failure) -> AWSConfiguration {
    if let known = known.withLock({ $0 }) { return known }
    let read = try AWSConfiguration(settings)
    known.withLock { $0 = read }
    return read
  }
}
