import DNS
import Foundation
import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

/// `dns.point` against BIND and a zone file; `dig` and `named-checkzone` read back.
@Suite(.waiting) struct DNSPointServerTests {
  private func world() throws -> FakeWorld {
    // Signatures are good for five minutes around the server's own time.
    let clock = ManualClock(at: Int64(Date().timeIntervalSince1970 * 1000), movesByItself: true)
    return try FakeWorld(
      clock: clock, providers: DNSProviders.all, resolver: ServerResolver(clock: clock))
  }

  private func rig(
    _ world: FakeWorld, _ server: NamedServer, _ rest: String,
    _ journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    let query = "key=\(NamedServer.keyNames["hmac-sha256"] ?? "")&secret=${secret:env:KEY}"
    world.setSecret("env:KEY", server.secret)
    return try ActionRig(
      ActionDescriptor(DNSPoint.self),
      """
      {zone: "rfc2136://127.0.0.1:\(server.port)/\(server.zone)?\(query)",
       resolvers: ["127.0.0.1:\(server.port)"], \(rest)}
      """, in: world.site(), journal: journal)
  }

  @Test("an alias on a real server is moved and put back exactly")
  func alias() async throws {
    try await NamedServer.run { server in
      let world = try world()
      let rig = try rig(
        world, server, "name: 'api.example.test', cname: 'green.example.test', ttl: 120")
      let before = try server.dig("+noall", "+answer", "api.example.test", "CNAME")
      let plan = try await rig.plan()
      #expect(!plan.plan.contains(server.secret))
      try await rig.apply()
      #expect(try await rig.verify().isPassed)
      let after = try server.dig("+noall", "+answer", "api.example.test", "CNAME")
      #expect(
        after.map { $0.split(separator: "\t").joined(separator: " ") }
          == ["api.example.test. 120 IN CNAME green.example.test."])
      try await rig.undo()
      #expect(try server.dig("+noall", "+answer", "api.example.test", "CNAME") == before)
    }
  }

  @Test("addresses give way to an alias and come back, each with its TTL", arguments: [1, 2, 3, 4])
  func addresses(killedAt number: Int) async throws {
    try await NamedServer.run(
      records: NamedServer.standardRecords
        + "short 20 IN A 192.0.2.7\nshort 10 IN AAAA 2001:db8::7\nshort 30 IN TXT \"kept\"\n"
    ) { server in
      let world = try world()
      let before = try [
        server.dig("+noall", "+answer", "short.example.test", "A"),
        server.dig("+noall", "+answer", "short.example.test", "AAAA"),
        server.dig("+noall", "+answer", "short.example.test", "TXT"),
      ]
      let journal = ActionJournal()
      let rest = "name: 'short.example.test', cname: 'green.example.test', lowerTTL: 5"
      journal.kill(atWrite: number, afterWriting: number.isMultiple(of: 2))
      _ = try? await rig(world, server, rest, journal).apply()
      journal.kill(atWrite: nil, afterWriting: false)
      try await rig(world, server, rest, journal).apply()
      #expect(
        try server.dig("+short", "short.example.test", "CNAME") == ["green.example.test."])
      try await rig(world, server, rest, journal).undo()
      #expect(
        try [
          server.dig("+noall", "+answer", "short.example.test", "A"),
          server.dig("+noall", "+answer", "short.example.test", "AAAA"),
          server.dig("+noall", "+answer", "short.example.test", "TXT"),
        ] == before)
    }
  }

  @Test("a server that stops answering leaves the check open, and is not taken for a no")
  func frozen() async throws {
    try await NamedServer.run { server in
      let world = try world()
      let rig = try rig(world, server, "name: 'api.example.test', cname: 'green.example.test'")
      try await rig.apply()
      try await server.whileFrozen {
        let failure = await #expect(throws: Failure.self) { _ = try await rig.verify() }
        #expect(failure?.isTransient == true)
      }
    }
  }

  @Test(
    "a zone file changes at the name and the serial only, and undo restores what the name held")
  func zoneFile() async throws {
    let world = try world()
    let path = world.folder.file("db.example")
    try NamedServer.standardRecords.write(toFile: path, atomically: true, encoding: .utf8)
    let rig = try ActionRig(
      ActionDescriptor(DNSPoint.self),
      """
      {zone: "zonefile://\(path)?origin=example.test", name: "api.example.test",
       cname: "green.example.test"}
      """, in: world.site())
    try await rig.apply()
    #expect(try await rig.verify().isPassed)
    let check = try Tool.run(["named-checkzone", "-n", "fail", "example.test", path])
    #expect(check.status == 0, "\(check.text)")
    try await rig.undo()
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    let former = NamedServer.standardRecords.split(separator: "\n")
    #expect(lines.count == former.count)
    let changed = zip(lines, former).filter { $0 != $1 }.map(\.1)
    #expect(changed == ["@ IN SOA ns1 admin ( 1 300 60 86400 5 )", "api IN CNAME blue"])
    let zone = try world.site().zone(ResourceURL("zonefile://\(path)?origin=example.test"))
    #expect(
      try await zone.recordSets(at: "api.example.test.") == [
        RecordSet(
          name: "api.example.test.", type: "CNAME", ttlSeconds: 60, values: ["blue.example.test."])
      ])
  }
}
