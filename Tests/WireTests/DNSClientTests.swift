import Digests
import Foundation
import Glibc
import Harness
import Testing

@testable import Wire

@Suite(.waiting) struct DNSClientTests {
  private let zone = try? DNSName("example.test.")

  private static let clock: @Sendable () -> UInt64 = { UInt64(Date().timeIntervalSince1970) }

  private func client(
    datagram: Duration = .seconds(5), skewSeconds: Int = 0
  ) -> DNSClient {
    DNSClient(limits: .init(datagrams: 2, datagram: datagram, connection: .seconds(10))) {
      UInt64(Int(Self.clock()) + skewSeconds)
    }
  }

  private func key(
    _ server: NamedServer, _ algorithm: TSIGKey.Algorithm = .sha256, name: String? = nil,
    secret: [UInt8]? = nil
  ) throws -> TSIGKey {
    let known = try #require(NamedServer.keyNames[algorithm.rawValue])
    return TSIGKey(
      name: try DNSName(name ?? known), algorithm: algorithm,
      secret: try #require(secret ?? Base64.decode(server.secret)))
  }

  private func endpoint(_ server: NamedServer) -> DNSEndpoint {
    DNSEndpoint(host: "127.0.0.1", port: UInt16(server.port))
  }

  private func reason(
    _ message: DNSMessage, _ server: DNSEndpoint, _ key: TSIGKey? = nil, by client: DNSClient
  ) async -> DNSFailure.Reason? {
    do throws(DNSFailure) {
      _ = try await client.exchange(message, with: server, key: key)
      return nil
    } catch { return error.reason }
  }

  /// An update that gives `new.example.test.` one more address.
  private func addition(_ address: String = "192.0.2.99") throws -> DNSMessage {
    var update = DNSMessage.update(zone: try DNSName("example.test."))
    update.add(
      DNSRecord(
        try DNSName("new.example.test."), ttlSeconds: 60, try .init(type: .a, text: address)))
    return update
  }

  @Test("BIND's answers are read: records, no data, no such name, refused")
  func readsAnswers() async throws {
    try await NamedServer.run { server in
      let client = client()
      func ask(_ name: String, _ type: DNSType) async throws -> DNSMessage {
        let query = DNSMessage.query(try DNSName(name), type, recursion: false)
        return try await client.exchange(query, with: endpoint(server))
      }
      let www = try await ask("WWW.example.test.", .a)
      #expect(www.code == .noError && www.isAuthoritative)
      #expect(www.answers.map(\.data.text).sorted() == ["192.0.2.1", "192.0.2.2"])
      #expect(www.answers.map(\.ttlSeconds) == [300, 300])
      let texts = try await ask("example.test.", .txt)
      #expect(texts.answers.map(\.data.text) == ["\"a b\" \"c;d\\\"e\\\\f\""])
      let service = try await ask("_ldap._tcp.example.test.", .srv)
      #expect(service.answers.map(\.data.text) == ["1 2 389 ldap.example.test."])
      let policy = try await ask("caa.example.test.", .caa)
      #expect(policy.answers.map(\.data.text) == ["0 issue \"ca.example; policy=ev\""])
      let mystery = try await ask("mystery.example.test.", DNSType(rawValue: 65_280))
      #expect(mystery.answers.map(\.data.text) == ["\\# 3 abcdef"])
      let alias = try await ask("api.example.test.", .a)
      #expect(alias.answers.map(\.type) == [.cname, .a])
      let noData = try await ask("www.example.test.", .mx)
      #expect(noData.code == .noError && noData.answers.isEmpty)
      #expect(try await ask("nowhere.example.test.", .a).code == .noSuchName)
      #expect(try await ask("other.test.", .a).code == .refused)
    }
  }

  @Test("an answer too long for a datagram comes over a connection")
  func fallsBack() async throws {
    let filling = String(repeating: "x", count: 40)
    let many = (0..<90).map { "many IN TXT \"\($0) \(filling)\"\n" }.joined()
    try await NamedServer.run(records: NamedServer.standardRecords + many) { server in
      let query = DNSMessage.query(try DNSName("many.example.test."), .txt, recursion: false)
      let reply = try await client().exchange(query, with: endpoint(server))
      #expect(reply.answers.count == 90 && !reply.isTruncated)
    }
  }

  @Test(
    "a signed update is carried out and its reply's signature checked",
    arguments: TSIGKey.Algorithm.allCases)
  func signs(algorithm: TSIGKey.Algorithm) async throws {
    try await NamedServer.run { server in
      let key = try key(server, algorithm)
      let reply = try await client().exchange(addition(), with: endpoint(server), key: key)
      #expect(reply.code == .noError)
      #expect(try server.dig("+short", "new.example.test") == ["192.0.2.99"])
      // A long one, which no datagram would carry.
      var large = DNSMessage.update(zone: try DNSName("example.test."))
      for number in 0..<1_000 {
        let name = try DNSName("n\(number).example.test.")
        large.add(DNSRecord(name, ttlSeconds: 60, try .init(type: .a, text: "192.0.2.7")))
      }
      let second = try await client().exchange(large, with: endpoint(server), key: key)
      #expect(second.code == .noError)
      #expect(try server.dig("+short", "n999.example.test") == ["192.0.2.7"])
    }
  }

  @Test("prerequisites that do not hold are told by their codes, and nothing is changed")
  func honoursPrerequisites() async throws {
    try await NamedServer.run { server in
      let key = try key(server)
      let client = client()
      let api = try DNSName("api.example.test.")
      func code(_ prepare: (inout DNSMessage) throws -> Void) async throws -> DNSResponseCode {
        var update = try addition()
        try prepare(&update)
        return try await client.exchange(update, with: endpoint(server), key: key).code
      }
      let green = try DNSRecordData(type: .cname, text: "green.example.test.")
      let blue = try DNSRecordData(type: .cname, text: "BLUE.example.test.")
      #expect(try await code { $0.require(api, holds: [green]) } == .noSuchSet)
      #expect(try await code { $0.requireNone(api, .cname) } == .setExists)
      #expect(try server.dig("+short", "new.example.test") == [])
      #expect(
        try await code {
          $0.require(api, holds: [blue])
          $0.requireNone(api, .a)
        } == .noError)
      #expect(try server.dig("+short", "new.example.test") == ["192.0.2.99"])
    }
  }

  @Test("each trouble with keys has its own reason, and changes nothing")
  func explainsKeys() async throws {
    try await NamedServer.run { server in
      let place = endpoint(server)
      let update = try addition()
      let client = client()
      let stranger = try key(server, name: "stranger")
      #expect(await reason(update, place, stranger, by: client) == .signature(.unknownKey))
      let wrong = try key(server, secret: Array("wrong".utf8))
      #expect(await reason(update, place, wrong, by: client) == .signature(.badSignature))
      for skew in [-4_000, 4_000] {
        let late = self.client(skewSeconds: skew)
        guard
          case .signature(.clocksDiffer(let time?)) = await reason(
            update, place, try key(server), by: late)
        else {
          Issue.record("a clock that is \(skew) s off was not noticed")
          continue
        }
        #expect(max(time, Self.clock()) - min(time, Self.clock()) < 60)
      }
      let unsigned = try await client.exchange(update, with: place)
      #expect(unsigned.code == .refused)
      let powerless = try key(server, name: NamedServer.powerlessKey)
      #expect(try await client.exchange(update, with: place, key: powerless).code == .refused)
      #expect(try server.dig("+short", "new.example.test") == [])
    }
  }

  @Test("a silent server times out, a closed port refuses, a nameless one is not found")
  func tellsSilenceApart() async throws {
    let query = DNSMessage.query(.root, .ns, recursion: false)
    let closed = try await NamedServer.run { server in
      try await server.whileFrozen {
        let impatient = client(datagram: .milliseconds(100))
        #expect(await reason(query, endpoint(server), by: impatient) == .timedOut(.waiting))
      }
      return endpoint(server)
    }
    #expect(await reason(query, closed, by: client()) == .refused)
    #expect(await reason(try addition(), closed, by: client()) == .refused)
    let nameless = DNSEndpoint(host: "no-such-host.invalid", port: 53)
    #expect(await reason(query, nameless, by: client()) == .notResolved)
  }

  @Test("cancelling ends the wait at once")
  func cancels() async throws {
    try await NamedServer.run { server in
      try await server.whileFrozen {
        let patient = client(datagram: .seconds(600))
        let query = DNSMessage.query(.root, .ns, recursion: false)
        for yields in [0, 1, 1_000] {
          let task = Task { await reason(query, endpoint(server), by: patient) }
          for _ in 0..<yields { await Task.yield() }
          task.cancel()
          #expect(await task.value == .cancelled)
        }
      }
    }
  }
}
