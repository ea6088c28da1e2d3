import Foundation
import Harness
import Resources
import Synchronization
import Testing

@testable import DNS

@Suite(.waiting) struct DynamicZoneTests {
  private struct SystemClock: WallClock {
    var skewMilliseconds: Int64 = 0

    func now() -> Timestamp {
      Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000) + skewMilliseconds)
    }

    func sleep(until moment: Timestamp) async throws(CancellationError) {}
  }

  private func open(
    _ server: NamedServer, algorithm: String = "hmac-sha256", key: String? = nil,
    secret: String? = nil, skewMilliseconds: Int64 = 0, zone: String? = nil
  ) throws -> any DNSZone {
    let value = secret ?? server.secret
    let secrets = Secrets { kind, name in kind == "env" && name == "KEY" ? value : nil }
    let context = ProviderContext(
      secrets: secrets, clock: SystemClock(skewMilliseconds: skewMilliseconds))
    let key = key ?? NamedServer.keyNames[algorithm] ?? ""
    let url = try ResourceURL(
      "rfc2136://127.0.0.1:\(server.port)/\(zone ?? server.zone)?key=\(key)"
        + "&algorithm=\(algorithm)&secret=${secret:env:KEY}")
    return try ResourceCatalog(DNSProviders.all).zone(url, in: context)
  }

  private func failure(_ body: () async throws -> Void) async -> Failure? {
    do {
      try await body()
      return nil
    } catch { return error as? Failure }
  }

  private let api = "api.example.test."

  private func cname(_ target: String) -> RecordSet {
    RecordSet(name: api, type: "CNAME", ttlSeconds: 60, values: ["\(target).example.test."])
  }

  @Test(
    "a zone on BIND keeps the laws", arguments: ["hmac-sha256", "hmac-sha512"])
  func keepsLaws(algorithm: String) async throws {
    try await NamedServer.run { server in
      try await DNSZoneLaws(origin: "example.test.") { try open(server, algorithm: algorithm) }
        .check()
    }
  }

  @Test("what was changed is what dig reads, and the serial grows")
  func changes() async throws {
    try await NamedServer.run { server in
      let zone = try open(server)
      #expect(try await zone.serial() == 1)
      try await zone.replace(at: api, former: [cname("blue")], with: [cname("green")])
      #expect(try server.dig("+short", "api.example.test", "CNAME") == ["green.example.test."])
      #expect(try await zone.serial() == 2)
      let addresses = [
        RecordSet(name: api, type: "A", ttlSeconds: 5, values: ["192.0.2.20", "192.0.2.21"]),
        RecordSet(name: api, type: "AAAA", ttlSeconds: 5, values: ["2001:db8::20"]),
      ]
      try await zone.replace(at: api, former: [cname("green")], with: addresses)
      #expect(
        try server.dig("+short", "api.example.test", "A").sorted() == ["192.0.2.20", "192.0.2.21"])
      #expect(try server.dig("+short", "api.example.test", "AAAA") == ["2001:db8::20"])
      // One update, one step of the serial: nobody saw the name without records.
      #expect(try await zone.serial() == 3)
    }
  }

  @Test("records that a wildcard makes up are not taken for the name's own")
  func seesThroughWildcards() async throws {
    try await NamedServer.run { server in
      let zone = try open(server)
      #expect(try server.dig("+short", "made-up.wild.example.test", "TXT") == ["\"any\""])
      #expect(try await zone.recordSets(at: "made-up.wild.example.test.") == [])
      let own = try await zone.recordSets(at: "*.wild.example.test.")
      #expect(own.map(\.values) == [["\"any\""]])
    }
  }

  @Test("types without a mnemonic are seen, kept apart and put back")
  func seesRareTypes() async throws {
    try await NamedServer.run { server in
      let zone = try open(server)
      let name = "mystery.example.test."
      let former = try await zone.recordSets(at: name)
      #expect(former.map(\.type) == ["TYPE65280"])
      let alias = RecordSet(
        name: name, type: "CNAME", ttlSeconds: 60, values: ["blue.example.test."])
      let refused = await failure { try await zone.replace(at: name, former: [], with: [alias]) }
      #expect(refused?.kind == .refused)
      try await zone.replace(at: name, former: former, with: [alias])
      try await zone.replace(at: name, former: [alias], with: former)
      #expect(try await zone.recordSets(at: name) == former)
    }
  }

  @Test("of many changes at the same time one wins, and the others are told")
  func noticesRaces() async throws {
    try await NamedServer.run { server in
      let outcomes = try await withThrowingTaskGroup(of: String.self) { group in
        for number in 0..<6 {
          group.addTask {
            let zone = try open(server)
            do {
              try await zone.replace(at: api, former: [cname("blue")], with: [cname("n\(number)")])
              return "done"
            } catch let failure as Failure {
              return failure.kind == .refused ? "refused" : "\(failure)"
            }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.sorted() == ["done"] + Array(repeating: "refused", count: 5))
      #expect(try await open(server).serial() == 2)
    }
  }

  @Test("each trouble has its own kind and says what to do")
  func explains() async throws {
    try await NamedServer.run { server in
      func change(_ zone: any DNSZone) async -> Failure? {
        await failure {
          try await zone.replace(at: api, former: [cname("blue")], with: [cname("green")])
        }
      }
      let stranger = await change(try open(server, key: "stranger"))
      #expect(stranger?.kind == .refused && stranger?.summary.contains("BADKEY") == true)
      let wrong = await change(try open(server, secret: "d3Jvbmc="))
      #expect(wrong?.kind == .refused && wrong?.summary.contains("BADSIG") == true)
      let late = await change(try open(server, skewMilliseconds: -4_000_000))
      #expect(late?.kind == .permanent && late?.summary.contains("BADTIME") == true)
      let powerless = await change(try open(server, key: NamedServer.powerlessKey))
      #expect(powerless?.kind == .refused && powerless?.summary.contains("REFUSED") == true)
      let elsewhere = await failure { _ = try await open(server, zone: "other.test").origin() }
      #expect(elsewhere?.kind == .refused)
      let broken = await change(try open(server, secret: "not base64"))
      #expect(broken?.summary.contains("not Base64") == true)
      #expect([stranger, wrong, late, broken].allSatisfy { $0?.hint.isEmpty == false })
      #expect(try server.dig("+short", "api.example.test", "CNAME") == ["blue.example.test."])
      let gone = await failure {
        let closed = try await NamedServer.run { try open($0) }
        _ = try await closed.recordSets(at: api)
      }
      #expect(gone?.isTransient == true && gone?.summary.contains("nothing listens") == true)
    }
  }

  @Test("a URL with a secret in it, half a key or a bad name is refused before anything is asked")
  func checksURL() throws {
    let context = ProviderContext(secrets: Secrets { _, _ in nil }, clock: SystemClock())
    let bad = [
      "rfc2136://127.0.0.1/zone?key=k&secret=cGxhaW4=", "rfc2136://127.0.0.1/zone?key=k",
      "rfc2136:///zone", "rfc2136://127.0.0.1:0/zone", "rfc2136://127.0.0.1/a..b",
      "rfc2136://127.0.0.1/zone?key=k&secret=${secret:env:K}&algorithm=hmac-md5",
      "rfc2136://127.0.0.1/zone?servers=a:b", "rfc2136://127.0.0.1/zone?nonsense=1",
    ]
    for text in bad {
      #expect(throws: Failure.self, "\(text)") {
        try ResourceCatalog(DNSProviders.all).zone(ResourceURL(text), in: context)
      }
    }
    let revealing = try ResourceURL("rfc2136:///?key=k&secret=cGxhaW4=")
    let failure = #expect(throws: Failure.self) {
      try ResourceCatalog(DNSProviders.all).zone(revealing, in: context)
    }
    #expect(failure?.description.contains("cGxhaW4=") == false)
  }

  @Test("the servers that must confirm are those named, or those of the zone")
  func namesServers() async throws {
    try await NamedServer.run { server in
      #expect(
        try await open(server).servers() == [NameServer(host: "127.0.0.1", port: server.port)])
      let context = ProviderContext(secrets: Secrets { _, _ in nil }, clock: SystemClock())
      let url = try ResourceURL("rfc2136://[::1]:5/zone?servers=a.test:1,[2001:db8::1]:2,192.0.2.1")
      let servers = try await ResourceCatalog(DNSProviders.all).zone(url, in: context).servers()
      #expect(
        servers == [
          NameServer(host: "a.test", port: 1), NameServer(host: "2001:db8::1", port: 2),
          NameServer(host: "192.0.2.1", port: 53),
        ])
    }
  }

  @Test("a resolver tells records, no data and no such name apart, and doubt from all three")
  func asks() async throws {
    try await NamedServer.run { server in
      let resolver = ServerResolver(clock: SystemClock())
      let place = NameServer(host: "127.0.0.1", port: server.port)
      let www = try await resolver.ask(place, name: "WWW.example.test.", type: "A")
      let expected = RecordSet(
        name: "www.example.test.", type: "A", ttlSeconds: 300, values: ["192.0.2.1", "192.0.2.2"])
      #expect(www == .records(expected))
      #expect(try await resolver.ask(place, name: api, type: "A") == .records(cname("blue")))
      #expect(try await resolver.ask(place, name: "www.example.test.", type: "MX") == .noData)
      #expect(try await resolver.ask(place, name: "none.example.test.", type: "A") == .noSuchName)
      let foreign = await failure {
        _ = try await resolver.ask(place, name: "foreign.invalid.", type: "A")
      }
      #expect(foreign?.kind == .refused)
    }
  }
}
