package import Resources
import Wire

/// Asks given servers over the network.
package struct ServerResolver: DNSResolver {
  private let client: DNSClient

  package init(clock: any WallClock) { client = .standard(clock: clock) }

  /// A name that is an alias answers with its CNAME, whatever type was asked for: what the alias
  /// leads to is another name's record set.
  package func ask(
    _ server: NameServer, name: String, type: String
  ) async throws(Failure) -> DNSAnswer {
    let asked = RecordSet(name: name, type: type, ttlSeconds: 0, values: [])
    let name = try asked.parsedName()
    let type = try asked.parsedType()
    let endpoint = try DNSEndpoint(server)
    let what = "asking \(server) for \(name) \(type)"
    let query = DNSMessage.query(name, type, recursion: true)
    let reply: DNSMessage
    do throws(DNSFailure) {
      reply = try await client.exchange(query, with: endpoint)
    } catch {
      throw .exchange(error, what)
    }
    return try DNSAnswer(reply, name, type, what)
  }
}

extension DNSAnswer {
  /// Reads a reply; whatever is not an answer for sure throws, because nobody can tell then.
  init(
    _ reply: DNSMessage, _ name: DNSName, _ type: DNSType, _ what: String
  ) throws(Failure) {
    let own = reply.answers.filter { $0.name == name && $0.recordClass == .internet }
    for type in [type, .cname] {
      let records = own.filter { $0.type == type }
      // The set lives as long as its shortest record.
      let ttl = records.map(\.ttlSeconds).min() ?? 0
      if let set = RecordSet(name, type, ttlSeconds: ttl, records.map(\.data)) {
        self = .records(set)
        return
      }
    }
    switch reply.code {
    case .noSuchName: self = .noSuchName
    case .noError:
      // Neither authority nor recursion: the server passes the question on to somebody else.
      guard reply.isAuthoritative || reply.offersRecursion else {
        throw .permanent(
          "\(what): the server does not answer for this name",
          hint: "Name a server that is authoritative for the zone, or a resolver.")
      }
      self = .noData
    case _: throw .code(reply.code, what)
    }
  }
}

extension DNSClient {
  static func standard(clock: any WallClock) -> DNSClient {
    DNSClient(limits: .standard) { UInt64(max(0, clock.now().milliseconds / 1_000)) }
  }
}

extension DNSEndpoint {
  init(_ server: NameServer) throws(Failure) {
    guard let port = UInt16(exactly: server.port), port > 0, !server.host.isEmpty else {
      throw .permanent("\(server) is not a DNS server", hint: "Write it as host:port.")
    }
    self.init(host: server.host, port: port)
  }
}
