import Resources
import Wire

/// Credentials of the machine or container that the program runs in.
///
/// Sources: "IMDS credential provider" and "Container credential provider" of the AWS SDKs and
/// tools reference. Both are reached without a proxy.
struct MetadataCredentials {
  private let environment: [String: String]
  private let profile: AWSProfile?
  private let http: HTTPClient
  private let attemptsMax: Int
  private let limits: HTTPLimits

  /// The profile may say how the machine's service is reached.
  init(
    environment: [String: String], profile: AWSProfile?, http: HTTPClient
  ) throws(Failure) {
    self.environment = environment
    self.profile = profile
    self.http = http
    func number(_ key: String, _ fallback: Int) throws(Failure) -> Int {
      guard let text = environment["AWS_\(key.uppercased())"] ?? profile?[key] else {
        return fallback
      }
      guard let number = Int(text), Self.numberRange.contains(number) else {
        throw .permanent(
          "AWS_\(key.uppercased()), or \(key) in a profile, is '\(text)'",
          hint: "It is a number from \(Self.numberRange.lowerBound) to "
            + "\(Self.numberRange.upperBound).")
      }
      return number
    }
    attemptsMax = try number("metadata_service_num_attempts", Self.attemptsDefault)
    let seconds = Duration.seconds(try number("metadata_service_timeout", 1))
    let answering = max(seconds, Self.answeringMin)
    limits = HTTPLimits(
      connecting: seconds, transfer: answering, stall: answering, bodyBytesMax: 64 << 10)
  }

  private static let machineHost = "http://169.254.169.254"
  private static let machineHost6 = "http://[fd00:ec2::254]"
  private static let containerHost = "http://169.254.170.2"
  /// Plain HTTP may carry credentials to these only.
  private static let trustedHosts: Set<String> = [
    "localhost", "127.0.0.1", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
  ]
  private static let tokenSeconds = 21_600
  private static let attemptsDefault = 3
  private static let numberRange = 1...600
  /// A service that takes the connection may think about the answer a little longer.
  private static let answeringMin: Duration = .seconds(5)

  /// Nil where the environment names no source of a container.
  func container() async throws(Failure) -> SigningCredentials? {
    let url: String
    if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
      url = Self.containerHost + path
    } else if let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
      url = full
    } else {
      return nil
    }
    let source = "the container's source of credentials"
    let host = Self.host(url)
    guard url.hasPrefix("https://") || Self.trustedHosts.contains(host.name) else {
      throw CredentialReply.broken(source, "\(host.name) may not be asked over plain HTTP")
    }
    var headers: HTTPHeaders = ["Accept": "application/json"]
    if let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
      headers.set("Authorization", try TokenFile.read(file))
    } else if let token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] {
      headers.set("Authorization", token)
    }
    let reply = try await ask(HTTPRequest("GET", url, headers: headers), source)
    guard let reply, reply.status == 200 else {
      throw CredentialReply.broken(
        source, reply.map { "it answers with status \($0.status)" } ?? "it cannot be reached")
    }
    return try CredentialReply.read(reply.body, token: "Token", version: nil, from: source)
  }

  /// Nil where there is no such service, or the machine has no role.
  func machine() async throws(Failure) -> SigningCredentials? {
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
    func setting(_ key: String) -> String? {
      environment["AWS_\(key.uppercased())"] ?? profile?[key]
    }
    let isIPv6 = setting("ec2_metadata_service_endpoint_mode")?.lowercased() == "ipv6"
    var base =
      setting("ec2_metadata_service_endpoint") ?? (isIPv6 ? Self.machineHost6 : Self.machineHost)
    if base.hasSuffix("/") { base.removeLast() }
    let source = "the machine's metadata service"
    let ask = HTTPRequest(
      "PUT", base + "/latest/api/token",
      headers: ["X-aws-ec2-metadata-token-ttl-seconds": "\(Self.tokenSeconds)"])
    guard let token = try await self.ask(ask, source), token.status != 404, token.status != 403,
      token.status != 405
    else { return nil }
    guard token.status == 200 else {
      throw CredentialReply.broken(source, "no token: status \(token.status)")
    }
    let headers: HTTPHeaders = ["X-aws-ec2-metadata-token": token.text]
    let path = base + "/latest/meta-data/iam/security-credentials/"
    let role = try await self.ask(HTTPRequest("GET", path, headers: headers), source)
    guard let role, role.status == 200, let name = role.text.split(separator: "\n").first else {
      return nil
    }
    let reply = try await self.ask(HTTPRequest("GET", path + name, headers: headers), source)
    guard let reply, reply.status == 200 else {
      throw CredentialReply.broken(source, "it gives none for the role \(name)")
    }
    return try CredentialReply.read(reply.body, token: "Token", version: nil, from: source)
  }

  /// Nil when nobody answers at that address.
  private func ask(
    _ request: HTTPRequest, _ source: String
  ) async throws(Failure) -> Wire.HTTPReply? {
    var request = request
    request.limits = limits
    let host = Self.host(request.url)
    // An aimed request goes past every proxy.
    let address = host.name.filter { $0 != "[" && $0 != "]" }
    request.aim = HTTPAim(host: host.name, port: host.port, address: address)
    var last: Wire.HTTPReply?
    for _ in 0..<attemptsMax {
      do throws(HTTPFailure) {
        let reply = try await http.send(request)
        if reply.status < 500 { return reply }
        last = reply
      } catch {
        if error.reason == .cancelled { throw .cancelled }
        if !error.wasSent { return nil }
      }
    }
    return last
  }

  private static func host(_ url: String) -> (name: String, port: Int) {
    let parts = url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
    let authority = parts.count > 1 ? parts[1].prefix { $0 != "?" } : ""
    let name =
      authority.hasPrefix("[")
      ? authority.prefix { $0 != "]" } + "]"
      : authority.prefix {
        $0 != ":"
      }
    let port = Int(authority.dropFirst(name.count + 1))
    return (String(name), port ?? (url.hasPrefix("https") ? 443 : 80))
  }
}
