import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

/// `dns.point` with what Route 53 has beyond plain records.
@Suite(.waiting) struct DNSAliasTests {
  private static let name = "www.example.test."

  private func world(_ sets: [RecordSet]) throws -> FakeWorld {
    let world = try FakeWorld()
    world.zone.set { $0.sets = sets }
    return world
  }

  private func rig(_ world: FakeWorld, _ rest: String) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(DNSPoint.self),
      "{zone: 'fakezone://main', name: 'www.example.test', \(rest)}", in: world.site())
  }

  private func alias(_ name: String, _ type: String = "A", zone: String = "Z1") -> RecordSet {
    RecordSet(
      name: Self.name, type: type, ttlSeconds: 60,
      alias: AliasTarget(name: name, zone: zone, evaluatesHealth: false))
  }

  private func weighted(_ identifier: String, _ weight: Int) -> RecordSet {
    RecordSet(
      name: Self.name, type: "A", ttlSeconds: 60, values: ["192.0.2.1"],
      setIdentifier: identifier, routing: .weighted(weight))
  }

  @Test("an alias takes the place of another, and undo waits out what caches may hold")
  func aliases() async throws {
    let former = [alias("blue.elb.test."), alias("blue.elb.test.", "AAAA")]
    let world = try world(former)
    let rig = try rig(
      world, "alias: {name: 'D1.cloudfront.net', types: ['A', 'AAAA']}")
    let plan = try await rig.plan()
    #expect(plan.changes.contains { $0.contains("A alias of d1.cloudfront.net.") })
    #expect(plan.changes.contains { $0.contains("no name server tells") })
    try await rig.apply()
    let zone = "Z2FDTNDATAQYW2"
    let wanted = [
      alias("d1.cloudfront.net.", zone: zone), alias("d1.cloudfront.net.", "AAAA", zone: zone),
    ]
    #expect(Set(world.zone.now.sets) == Set(wanted))
    #expect(world.zone.now.history.count == 1)
    #expect(try await rig.verify().isPassed)
    #expect(world.resolver.asked.isEmpty)
    let start = world.clock.now()
    try await rig.undo()
    #expect(world.clock.now() - start >= .seconds(60))
    #expect(Set(world.zone.now.sets) == Set(former))
    let again = world.clock.now()
    try await rig.undo()
    #expect(world.clock.now() == again)
  }

  @Test("weights of several sets change at once, and one set changes beside its siblings")
  func weights() async throws {
    let former = [weighted("blue", 100), weighted("green", 0)]
    let world = try world(former)
    let rig = try rig(world, "weights: {blue: 0, green: 100}")
    try await rig.apply()
    #expect(Set(world.zone.now.sets) == [weighted("blue", 0), weighted("green", 100)])
    try await rig.undo()
    #expect(Set(world.zone.now.sets) == Set(former))
    let other = try self.rig(
      world, "alias: {name: 'green.elb.test', hostedZone: 'Z9'}, setIdentifier: 'green', weight: 7")
    try await other.apply()
    var green = alias("green.elb.test.", zone: "Z9")
    green.setIdentifier = "green"
    green.routing = .weighted(7)
    #expect(Set(world.zone.now.sets) == [weighted("blue", 100), green])
    try await other.undo()
    #expect(Set(world.zone.now.sets) == Set(former))
  }

  private func routed(
    _ identifier: String, _ routing: RoutingPolicy, _ value: String, check: String? = nil,
    type: String = "CNAME"
  ) -> RecordSet {
    RecordSet(
      name: Self.name, type: type, ttlSeconds: 60, values: [value], setIdentifier: identifier,
      routing: routing, healthCheck: check)
  }

  @Test("one of several sets is pointed elsewhere and keeps its routing and its health check")
  func keepsRouting() async throws {
    let west = routed("west", .latency(region: "us-west-2"), "old.example.test.", check: "h1")
    let former = [routed("east", .latency(region: "us-east-1"), "e.example.test."), west]
    let world = try world(former)
    let rig = try rig(world, "cname: 'new.example.test', setIdentifier: 'west'")
    let plan = try await rig.plan()
    #expect(plan.changes.contains { $0.contains("CNAME [west] new.example.test.") })
    try await rig.apply()
    var wanted = west
    wanted.values = ["new.example.test."]
    #expect(Set(world.zone.now.sets) == [former[0], wanted])
    #expect(try await rig.verify().isPassed)
    try await rig.undo()
    #expect(Set(world.zone.now.sets) == Set(former))

    let addresses = [
      routed("a", .failover("PRIMARY"), "192.0.2.1", check: "h1", type: "A"),
      routed("b", .failover("SECONDARY"), "192.0.2.2", type: "A"),
    ]
    world.zone.set { $0.sets = addresses }
    let other = try self.rig(
      world, "alias: {name: 'd1.cloudfront.net'}, setIdentifier: 'a', healthCheck: 'h2'")
    try await other.apply()
    var primary = alias("d1.cloudfront.net.", zone: "Z2FDTNDATAQYW2")
    primary.setIdentifier = "a"
    primary.routing = .failover("PRIMARY")
    primary.healthCheck = "h2"
    #expect(Set(world.zone.now.sets) == [primary, addresses[1]])
  }

  @Test("sets that the zone chooses among are not replaced by one answer unless that is asked for")
  func replacesRouted() async throws {
    let former = [
      routed("east", .latency(region: "us-east-1"), "e.example.test."),
      routed("west", .latency(region: "us-west-2"), "w.example.test."),
    ]
    let world = try world(former)
    for (bad, word) in [
      ("cname: 'new.example.test'", "east, west"),
      ("cname: 'new.example.test', setIdentifier: 'north'", "'north'"),
      ("a: ['192.0.2.1'], setIdentifier: 'west'", "of type CNAME"),
    ] {
      let failure = try #require(
        await #expect(throws: Failure.self, "\(bad)") {
          try await self.rig(world, bad).plan()
        })
      #expect(failure.summary.contains(word), "\(failure)")
    }
    #expect(Set(world.zone.now.sets) == Set(former))
    let rig = try self.rig(world, "cname: 'new.example.test', replaceRouted: true")
    try await rig.apply()
    #expect(world.zone.now.sets.map(\.values) == [["new.example.test."]])
    try await rig.undo()
    #expect(Set(world.zone.now.sets) == Set(former))
  }

  @Test("what cannot be meant is refused before the zone is touched")
  func mistakes() async throws {
    let world = try world([weighted("blue", 1)])
    for bad in [
      "alias: {name: 'lb.elb.test'}", "alias: {name: 'd.cloudfront.net'}, cname: 'x.test'",
      "cname: 'x.test', weight: 3",
      "cname: 'x.test', setIdentifier: 'a', replaceRouted: true",
      "weights: {blue: 1}, a: ['192.0.2.1']", "",
      "alias: {name: 'd.cloudfront.net', types: ['A', 'a']}",
    ] {
      #expect(throws: Failure.self, "\(bad)") { try rig(world, bad) }
    }
    let failure = try #require(
      await #expect(throws: Failure.self) { try await rig(world, "weights: {red: 1}").plan() })
    #expect(failure.hint.contains("blue"))
    let proof = try rig(
      world, "cname: 'x.example.test', confirm: 'provider', replaceRouted: true")
    let refusal = try #require(await #expect(throws: Failure.self) { try await proof.apply() })
    #expect(refusal.summary.contains("gives no word"))
  }

  @Test("texts and authorities have one form, however they are written")
  func forms() {
    #expect(DNSText.value("hello", type: "TXT") == "\"hello\"")
    #expect(DNSText.value("\"a\\035b\"   \"c\\\"\"", type: "TXT") == "\"a#b\" \"c\\\"\"")
    #expect(DNSText.value("\"\" \"\\009\"", type: "TXT") == "\"\" \"\\009\"")
    #expect(DNSText.value("0 ISSUE letsencrypt.org", type: "CAA") == "0 issue \"letsencrypt.org\"")
    #expect(DNSText.value("\"open", type: "TXT") == "\"open")
    #expect(DNSText.value("x \\", type: "TXT") == "x \\")
  }
}
