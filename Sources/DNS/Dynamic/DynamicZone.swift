import Digests
package import Resources
import Wire

extension Provider {
  /// Zones changed by dynamic updates.
  package static let dynamicZone = Provider(
    scheme: "rfc2136",
    summary: "A DNS zone on a server that takes dynamic updates, signed with TSIG.",
    example: "rfc2136://ns1.example.org:53/example.org?key=cutover&algorithm=hmac-sha256"
      + "&secret=${secret:env:DNS_KEY}",
    parameters: [
      Parameter("key", "The name of the key that server and cutover share."),
      Parameter("algorithm", "hmac-sha256 (if left out) or hmac-sha512."),
      Parameter("secret", "A reference to the key's secret in Base64, ${secret:…}."),
      Parameter(
        "servers",
        "Servers that must confirm changes (host:port,…); else those of the zone's NS records."),
    ],
    open: .zone { (url, context) throws(Failure) in try DynamicZone(url, context) })
}

/// A DNS zone changed by updates (RFC 2136) sent to its primary server.
///
/// Every update carries prerequisites, so that the server itself refuses it when the zone holds
/// anything else than was read. The secret is resolved for each update and not kept.
package struct DynamicZone: DNSZone {
  package let url: ResourceURL
  let zone: DNSName
  let primary: NameServer
  private let endpoint: DNSEndpoint
  private let keyName: DNSName?
  private let algorithm: TSIGKey.Algorithm
  private let namedServers: [NameServer]?
  private let secrets: Resources.Secrets
  private let client: DNSClient

  init(_ url: ResourceURL, _ context: ProviderContext) throws(Failure) {
    self.url = url
    secrets = context.secrets
    client = .standard(clock: context.clock)
    let secret = url.parameter("secret")
    // The URL is shown and stored; a secret in it would be too.
    guard secret.map({ $0.utf8.starts(with: "${secret:".utf8) }) ?? true else {
      throw .refused(
        "a rfc2136:// URL holds a secret itself",
        hint: "Write secret=${secret:env:NAME} or ${secret:file:path}.")
    }
    guard let primary = NameServer(url.authority) else {
      throw Self.bad(url, "'\(url.authority)' is not host:port")
    }
    self.primary = primary
    endpoint = try DNSEndpoint(primary)
    zone = try Self.name(String(url.path.drop { $0 == "/" }), url, "zone").lowercased
    let key = url.parameter("key")
    keyName = key == nil ? nil : try Self.name(key ?? "", url, "key").lowercased
    guard (key == nil) == (secret == nil) else {
      throw Self.bad(url, "'key' and 'secret' belong together")
    }
    let wanted = url.parameter("algorithm") ?? TSIGKey.Algorithm.sha256.rawValue
    guard let algorithm = TSIGKey.Algorithm(rawValue: wanted.lowercased()) else {
      let known = TSIGKey.Algorithm.allCases.map(\.rawValue).joined(separator: " or ")
      throw Self.bad(url, "'\(wanted)' is not an algorithm; use \(known)")
    }
    self.algorithm = algorithm
    namedServers = try NameServer.list(url)
  }

  package func origin() async throws(Failure) -> String {
    _ = try await serial()
    return zone.description
  }

  package func serial() async throws(Failure) -> UInt32? {
    let sets = try await ask(zone, .soa)
    let start = try sets.first?.records().first?.data.bytes ?? []
    guard start.count > 20 else {
      throw .permanent("\(what) has no SOA record", hint: "Check the zone's name in the URL.")
    }
    return start.suffix(20).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  package func servers() async throws(Failure) -> [NameServer] {
    if let namedServers { return namedServers }
    // A server on another port is none that the world asks, so NS records say nothing about it.
    guard primary.port == NameServer.standardPort else { return [primary] }
    var servers: [NameServer] = []
    for record in try await ask(zone, .ns).first?.records() ?? [] {
      guard let host = record.data.names.first else { continue }
      let addresses = host.isWithin(zone) ? try await addresses(of: host) : []
      let hosts = addresses.isEmpty ? [String(host.description.dropLast())] : addresses
      servers += hosts.map { NameServer(host: $0, port: NameServer.standardPort) }
    }
    return servers
  }

  /// What is acted on, for messages to a person.
  var what: String { "zone \(zone) on \(primary)" }

  private func addresses(of host: DNSName) async throws(Failure) -> [String] {
    var addresses: [String] = []
    for type in [DNSType.a, .aaaa] {
      let sets = try await ask(host, type).filter { $0.isType(type) }
      addresses += sets.flatMap(\.values)
    }
    return addresses
  }

  private static func name(
    _ text: String, _ url: ResourceURL, _ part: String
  ) throws(Failure) -> DNSName {
    do throws(DNSTextError) { return try DNSName(text) } catch {
      throw bad(url, "the \(part) '\(text)' is not a name: \(error)")
    }
  }

  private static func bad(_ url: ResourceURL, _ why: String) -> Failure {
    .permanent("\(url): \(why)", hint: "Write rfc2136://server:port/zone?key=…&secret=${secret:…}.")
  }
}

extension DynamicZone {
  /// Asks the primary for one type; an alias answers with its CNAME.
  ///
  /// Empty means surely none. What is found may be made up from a wildcard, which
  /// ``recordSets(at:)`` sorts out.
  func ask(_ name: DNSName, _ type: DNSType) async throws(Failure) -> [RecordSet] {
    let reply = try await send(.query(name, type, recursion: false), key: nil)
    guard reply.code == .noError || reply.code == .noSuchName else {
      throw .code(reply.code, "asking for \(name) \(type) in \(what)")
    }
    guard reply.isAuthoritative else {
      let isDelegated = reply.authority.contains { $0.type == .ns && $0.name != zone }
      throw .refused(
        "\(what) does not answer for \(name)"
          + (isDelegated ? ": it is delegated to other servers" : ""),
        hint: "Name the zone and the primary server that hold it.")
    }
    let own = reply.answers.filter { $0.name == name }
    var sets: [RecordSet] = []
    for type in type == .any ? Set(own.map(\.type)) : [type, .cname] {
      let records = own.filter { $0.type == type }
      let ttl = records.map(\.ttlSeconds).min() ?? 0
      if let set = RecordSet(name, type, ttlSeconds: ttl, records.map(\.data)) { sets.append(set) }
    }
    return sets.ordered()
  }

  /// Sends an update, signed if the URL names a key.
  func update(_ message: DNSMessage) async throws(DynamicZoneFailure) -> DNSResponseCode {
    let key: TSIGKey?
    do throws(Failure) { key = try await signingKey() } catch { throw .notDone(error) }
    do throws(DNSFailure) {
      return try await client.exchange(message, with: endpoint, key: key).code
    } catch {
      // Sent, and no word of how it went.
      if error.wasSent { throw .unknownOutcome(.exchange(error, what)) }
      throw .notDone(.exchange(error, what))
    }
  }

  private func send(_ message: DNSMessage, key: TSIGKey?) async throws(Failure) -> DNSMessage {
    do throws(DNSFailure) {
      return try await client.exchange(message, with: endpoint, key: key)
    } catch {
      throw .exchange(error, what)
    }
  }

  private func signingKey() async throws(Failure) -> TSIGKey? {
    guard let keyName, let reference = url.parameter("secret") else { return nil }
    guard let secret = Base64.decode(try await secrets.reveal(reference)), !secret.isEmpty else {
      throw .permanent(
        "the secret of key \(keyName) is not Base64",
        hint: "Copy it from the server's configuration, as tsig-keygen writes it.")
    }
    return TSIGKey(name: keyName, algorithm: algorithm, secret: secret)
  }
}

/// Why an update brought no answer.
enum DynamicZoneFailure: Error {
  /// The zone is as it was.
  case notDone(Failure)
  /// Nobody can tell yet whether the zone was changed.
  case unknownOutcome(Failure)
}
