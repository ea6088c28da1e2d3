import Resources
import Wire

/// Credentials of the machine or container that the program runs in.
///
/// Sources: "IMDS credential provider" and "Container credential provider" of the AWS SDKs and
/// tools reference. Both are reached without a proxy.
struct MetadataCredentials {
  let environment: [String: String]
  let http: HTTPClient

  private static let machineHost = "http://169.254.169.254"
  private static let machineHost6 = "http://[fd00:ec2::254]"
  private static let containerHost = "http://169.254.170.2"
  /// Plain HTTP may carry credentials to these only.
  private static let trustedHosts: Set<String> = [
    "localhost", "127.0.0.1", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]",
  ]
  private static let tokenSeconds = 21_600
  private static let attemptsMax = 3
  private static let limits = HTTPLimits(
    connecting: .seconds(1), transfer: .seconds(5), stall: .seconds(5), bodyBytesMax: 64 << 10)

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
    return try CredentialReply.read(reply.body, token: "Token", from: source)
  }

  /// Nil where there is no such service, or the machine has no role.
  func machine() async throws(Failure) -> SigningCredentials? {
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
    let isIPv6 = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
    var base =
      environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"]
      ?? (isIPv6 ? Self.machineHost6 : Self.machineHost)
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
    return try CredentialReply.read(reply.body, token: "Token", from: source)
  }

  /// Nil when nobody answers at that address.
  private func ask(
    _ request: HTTPRequest, _ source: String
  ) async throws(Failure) -> Wire.HTTPReply? {
    var request = request
    request.limits = Self.limits
    let host = Self.host(request.url)
    // An aimed request goes past every proxy.
    let address = host.name.filter { $0 != "[" && $0 != "]" }
    request.aim = HTTPAim(host: host.name, port: host.port, address: address)
    var last: Wire.HTTPReply?
    for _ in 0..<Self.attemptsMax {
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
