import Harness
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

@Suite(.waiting) struct DNSPointTests {
  private static let server = NameServer(host: "127.0.0.1", port: 5301)
  private static let cache = NameServer(host: "127.0.0.1", port: 5302)
  private static let name = "www.example.test."
  private static let blue = set("CNAME", 3600, "blue.example.test.")
  private static let green = set("CNAME", 300, "green.example.test.")
  private static let input = """
    {zone: "fakezone://main", name: "WWW.example.test", cname: "green.example.test", ttl: 300,
     resolvers: ["127.0.0.1:5302"]}
    """
  private let world: FakeWorld

  init() throws { world = try Self.makeWorld() }

  private static func set(_ type: String, _ seconds: Int, _ values: String...) -> RecordSet {
    RecordSet(name: name, type: type, ttlSeconds: seconds, values: values)
  }

  private static func makeWorld(_ sets: [RecordSet] = [blue]) throws -> FakeWorld {
    let world = try FakeWorld()
    world.zone.set {
      $0.servers = [server]
      $0.sets = sets
    }
    world.resolver.serve(world.zone, on: server)
    world.resolver.serve(world.zone, on: cache)
    return world
  }

  private func rig(
    _ input: String = input, _ journal: ActionJournal = ActionJournal(), in world: FakeWorld? = nil
  ) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(DNSPoint.self), input, in: (world ?? self.world).site(), journal: journal)
  }

  @Test("the TTL is lowered and waited out, the name switched, and the wanted TTL set last")
  func switched() async throws {
    let rig = try rig()
    let plan = try await rig.plan()
    #expect(plan.isReversible)
    #expect(plan.estimate.seconds == 3600)
    #expect(
      plan.changes == [
        "www.example.test.: lower the TTL to 60 s, then wait 3600 s",
        "www.example.test.: CNAME blue.example.test. (TTL 3600) → "
          + "CNAME green.example.test. (TTL 300)",
      ])
    #expect(world.zone.now.sets == [Self.blue])
    let start = world.clock.now()
    try await rig.apply()
    #expect(world.clock.now() - start >= .seconds(3600))
    #expect(
      world.zone.now.history == [
        [Self.set("CNAME", 60, "blue.example.test.")],
        [Self.set("CNAME", 60, "green.example.test.")], [Self.green],
      ])
    #expect(rig.journal.readings.contains { $0.waitingFor?.contains("3600 s") == true })
    #expect(try await rig.verify().isPassed)
    try await rig.undo()
    #expect(world.zone.now.sets == [Self.blue])
  }

  @Test("a name that stands as wanted already is confirmed and otherwise left alone")
  func alreadyThere() async throws {
    let world = try Self.makeWorld([Self.green])
    let rig = try rig(in: world)
    #expect(try await rig.plan().changes == [])
    try await rig.apply()
    #expect(world.zone.now.serial == 1)
    #expect(world.resolver.asked.contains("127.0.0.1:5302 www.example.test. CNAME"))
    try await rig.undo()
    #expect(world.zone.now.serial == 1)
  }

  @Test(
    "killed at any write and once in the long wait, the former TTL is waited out once",
    arguments: [false, true])
  func killed(afterWriting: Bool) async throws {
    var survived = false
    for number in 1...20 where !survived {
      let world = try Self.makeWorld()
      let journal = ActionJournal()
      let start = world.clock.now()
      journal.kill(atWrite: number, afterWriting: afterWriting)
      do {
        try await rig(journal, world).apply()
        survived = true
      } catch {
        #expect(error as? Failure == ActionJournal.killed)
      }
      journal.kill(atWrite: nil, afterWriting: false)
      try await rig(journal, world).apply()
      #expect(world.zone.now.sets == [Self.green])
      #expect(world.clock.now() - start < .seconds(3700))
      #expect(world.zone.now.history.count == 3)
      try await rig(journal, world).undo()
      try await rig(journal, world).undo()
      #expect(world.zone.now.sets == [Self.blue])
    }
    #expect(survived)
  }

  private func rig(_ journal: ActionJournal, _ world: FakeWorld) throws -> ActionRig {
    try rig(Self.input, journal, in: world)
  }

  @Test("killed after each change of the zone, undo restores exactly the former records")
  func undoneAnywhere() async throws {
    for changes in 0...3 {
      let world = try Self.makeWorld()
      let journal = ActionJournal()
      let rig = try rig(journal, world)
      _ = try await rig.plan()
      // The call after the n-th change of the zone fails, whichever call that is.
      for calls in 1...40 {
        world.zone.set { $0.failures = Array(repeating: nil, count: calls) + [.cancelled] }
        _ = try? await rig.apply()
        if world.zone.now.history.count >= changes { break }
      }
      world.zone.set { $0.failures = [] }
      try await self.rig(journal, world).undo()
      #expect(world.zone.now.sets == [Self.blue])
    }
  }

  @Test("what somebody else changed meanwhile is refused forward and backward, naming both")
  func foreign() async throws {
    let rig = try rig()
    try await rig.apply()
    world.zone.set { $0.sets = [Self.set("CNAME", 5, "stranger.example.test.")] }
    for verb in [{ try await rig.undo() }, { _ = try await rig.apply() }] {
      let failure = try await #require(throws: Failure.self) { try await verb() }
      #expect(failure.kind == .refused)
      for part in ["stranger.example.test.", "blue.example.test.", "green.example.test."] {
        #expect(failure.summary.contains(part))
      }
    }
    #expect(world.zone.now.sets == [Self.set("CNAME", 5, "stranger.example.test.")])
  }

  @Test("a cache that keeps the old answer is waited out by its TTL, however short the limit")
  func cached() async throws {
    let end = world.clock.now() + .seconds(3600 + 500)
    world.resolver.answer(Self.cache) { [world] (name, type) throws(Failure) in
      let now = world.clock.now()
      guard now < end else { return .records(Self.green) }
      let left = Int((end - now).wholeMilliseconds / 1000)
      return .records(Self.set("CNAME", left, "blue.example.test."))
    }
    let rig = try rig(Self.input.replacing("ttl: 300", with: "ttl: 300, confirmWithin: '10s'"))
    try await rig.apply()
    #expect(world.clock.now() >= end)
    #expect(
      rig.journal.readings.contains {
        $0.waitingFor?.contains("5302 still answers CNAME blue.example.test.") == true
      })
  }

  @Test("a server of the zone that stays behind fails, one that is silent is told apart")
  func unconfirmed() async throws {
    world.resolver.answer(Self.server) { (name, type) throws(Failure) in
      .records(Self.set("CNAME", 60, "blue.example.test."))
    }
    world.resolver.answer(Self.cache) { (_, _) throws(Failure) in
      throw .transient("timed out", hint: "")
    }
    let rig = try rig()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .permanent)
    #expect(failure.summary.contains("127.0.0.1:5301 still answers CNAME blue.example.test."))
    #expect(failure.summary.contains("127.0.0.1:5302 cannot be asked: timed out"))
    // The low TTL stays until all have confirmed.
    #expect(world.zone.now.sets == [Self.set("CNAME", 60, "green.example.test.")])
  }

  @Test("the wait for the old TTL begins only when every server of the zone gives the low one")
  func slowSecondary() async throws {
    let start = world.clock.now()
    world.resolver.answer(Self.server) { [world] (name, type) throws(Failure) in
      if world.clock.now() < start + .seconds(100) { return .records(Self.blue) }
      return .records(world.zone.now.sets[0])
    }
    try await rig().apply()
    #expect(world.clock.now() - start >= .seconds(3700))
  }

  @Test("the check asks afresh: old answers fail, silence leaves it open")
  func verified() async throws {
    let rig = try rig()
    try await rig.apply()
    world.resolver.answer(Self.cache) { (_, _) throws(Failure) in
      throw .transient("timed out", hint: "")
    }
    guard case .inconclusive(let doubt) = try await rig.verify() else {
      throw HarnessError("it was sure")
    }
    #expect(doubt.contains("timed out"))
    world.resolver.answer(Self.cache) { (_, _) throws(Failure) in .noSuchName }
    guard case .failed = try await rig.verify() else { throw HarnessError("it passed") }
    world.zone.set { $0.sets = [Self.blue] }
    guard case .failed = try await rig.verify() else { throw HarnessError("it passed") }
  }

  @Test("new addresses take the place of old ones of either family, and other types stay")
  func addresses() async throws {
    let text = Self.set("TXT", 300, "\"v=spf1 -all\"")
    let old = [Self.set("A", 60, "192.0.2.1"), Self.set("AAAA", 60, "2001:db8::1"), text]
    let world = try Self.makeWorld(old)
    let rig = try rig(
      "{zone: 'fakezone://main', name: 'www.example.test.', a: ['192.0.2.7', '192.0.2.6']}",
      in: world)
    try await rig.apply()
    #expect(Set(world.zone.now.sets) == [text, Self.set("A", 60, "192.0.2.6", "192.0.2.7")])
    #expect(world.resolver.asked.contains("127.0.0.1:5301 www.example.test. AAAA"))
    try await rig.undo()
    #expect(Set(world.zone.now.sets) == Set(old))
  }

  @Test("a CNAME takes the place of everything at the name, and undo brings it all back")
  func alias() async throws {
    let old = [Self.set("A", 600, "192.0.2.1"), Self.set("MX", 900, "10 mail.example.test.")]
    let world = try Self.makeWorld(old)
    let rig = try rig(in: world)
    let plan = try await rig.plan()
    #expect(plan.changes.last?.contains("MX 10 mail.example.test. (TTL 900)") == true)
    try await rig.apply()
    #expect(world.zone.now.sets == [Self.green])
    try await rig.undo()
    #expect(Set(world.zone.now.sets) == Set(old))
  }

  @Test("a name that was not there is made, and undone it is gone again")
  func made() async throws {
    let world = try Self.makeWorld([])
    let rig = try rig(in: world)
    try await rig.apply()
    #expect(world.zone.now.sets == [Self.green])
    try await rig.undo()
    #expect(world.zone.now.sets == [])
  }

  @Test(
    "inputs that say nothing, or two things, are refused",
    arguments: [
      "", "cname: 'a.test', a: ['192.0.2.1']", "a: []", "a: ['2001:db8::1']",
      "records: [{type: 'CNAME', values: ['a.', 'b.']}]", "cname: 'a.test', resolvers: ['nobody']",
    ])
  func badInput(rest: String) throws {
    #expect(throws: Failure.self) {
      try rig("{zone: 'fakezone://main', name: 'www.example.test', \(rest)}")
    }
  }

  @Test("a name outside the zone and a CNAME at the apex are refused when planned")
  func outside() async throws {
    let other = try rig("{zone: 'fakezone://main', name: 'www.other.test', cname: 'a.test'}")
    await #expect(throws: Failure.self) { try await other.plan() }
    world.zone.set {
      $0.sets = [RecordSet(name: "example.test.", type: "SOA", ttlSeconds: 1, values: ["x"])]
    }
    let apex = try rig("{zone: 'fakezone://main', name: 'example.test', cname: 'a.test'}")
    await #expect(throws: Failure.self) { try await apex.plan() }
  }

  @Test("asked to stop in the long wait it stops, and goes on from the same moment")
  func paused() async throws {
    let rig = try rig()
    _ = try await rig.plan()
    let start = world.clock.now()
    rig.journal.kill(atWrite: nil, afterWriting: false)
    world.zone.set { $0.failures = [] }
    rig.journal.askToStop()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .cancelled)
    rig.journal.askToStop(false)
    try await rig.apply()
    #expect(world.zone.now.sets == [Self.green])
    #expect(world.clock.now() - start < .seconds(3700))
  }
}
