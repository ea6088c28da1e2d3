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

    package init(
      environment: [String: String], homeFolder: String,
      random: @escaping @Sendable () -> Double = { .random(in: 0..<1) }
    ) {
      self.environment = environment
      self.homeFolder = homeFolder
      self.random = random
    }
  }

  package let settings: Settings
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

  /// A client for one service; opens nothing.
  package func client(
    _ service: AWSService, at place: CloudPlace, purpose: String? = nil
  ) throws(Failure) -> AWSClient {
    let region = try region(at: place)
    return AWSClient(
      session: self, service: service, region: region,
      endpoint: try AWSEndpoint(service, region: region, settings: settings),
      credentials: try credentials(at: place, purpose: purpose))
  }

  package func region(at place: CloudPlace) throws(Failure) -> String {
    let environment = settings.environment
    guard
      let region = place.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
    else {
      throw .permanent(
        "no AWS region is given", hint: "Name it in the resource's URL, or set AWS_REGION.")
    }
    return region
  }

  /// The moment as the services count it, in seconds since 1970.
  var signingTime: Int64 { clock.now().milliseconds / 1000 + skew.withLock { $0 } }

  /// Learns from a service's own clock that ours is wrong.
  func noteServiceTime(_ seconds: Int64) {
    let ours = clock.now().milliseconds / 1000
    skew.withLock { $0 = seconds - ours }
  }

  private func credentials(
    at place: CloudPlace, purpose: String?
  ) throws(Failure) -> any CredentialSource {
    let environment = settings.environment
    guard let key = environment["AWS_ACCESS_KEY_ID"],
      let secret = environment["AWS_SECRET_ACCESS_KEY"]
    else {
      throw .permanent(
        "no AWS credentials were found",
        hint: "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
    }
    return FixedCredentials(
      SigningCredentials(
        accessKey: key, secretKey: secret, sessionToken: environment["AWS_SESSION_TOKEN"]))
  }
}
