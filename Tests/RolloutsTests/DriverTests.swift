import Harness
import Resources
import Rollouts
import Synchronization
import Testing

@Suite("Driver", .waiting)
struct DriverTests {
  static let holder = LeaseHolder(person: "op", host: "here", pid: 1, incarnation: "a")
  static let person = Person(name: "op", role: "release", reason: "test")

  static let definitions: [StepDefinition] = [
    StepDefinition(id: "deploy", action: "x", backOff: .milliseconds(5)),
    StepDefinition(id: "tables", action: "x", after: ["deploy"], backOff: .milliseconds(5)),
    StepDefinition(id: "files", action: "x", after: ["deploy"], backOff: .milliseconds(5)),
    StepDefinition(
      id: "switch", action: "x", after: ["tables", "files"], promotes: true,
      backOff: .milliseconds(5)),
  ]

  let journal = MemoryJournal()
  let clock = ManualClock(movesByItself: true)

  func begin(_ definitions: [StepDefinition] = Self.definitions) async throws -> Lease {
    let lease = try await journal.acquire(
      "env", as: Self.holder, takingOver: nil, at: clock.now())
    let record = RolloutRecord(
      id: "r1", environment: "env", from: .blue, to: .green, playbook: "", playbookName: "p",
      parameters: "{}", preview: "", started: clock.now())
    try await journal.begin(record, fact: .started(by: Self.person), lease: lease)
    return lease
  }

  func driver(
    _ steps: any StepSource, lease: Lease, definitions: [StepDefinition] = Self.definitions,
    observer: @escaping @Sendable (Driver.Event) -> Void = { _ in }
  ) async throws -> Driver {
    var machine = RolloutMachine(definitions, from: .blue)
    for record in await journal.facts(of: "r1", after: 0, limit: 100_000) {
      try machine.replay(record.fact, at: record.at)
    }
    let record = try #require(await journal.rollout("r1"))
    var options = Driver.Options()
    options.checkpointInterval = .zero
    return Driver(
      record, pilot: Pilot(machine, seed: 1), steps: steps, journal: journal, lease: lease,
      clock: clock, secrets: Secrets { _, _ in "hunter2-secret" }, options: options,
      observer: observer)
  }

  func kinds() async -> [String] {
    await journal.facts(of: "r1", after: 0, limit: 100_000).map { record in
      record.fact.step.map { "\($0) \(record.fact.kind)" } ?? record.fact.kind
    }
  }

  @Test("a rollout runs in order of dependence, side by side where it can, and flips the colour")
  func runs() async throws {
    let lease = try await begin()
    let steps = ScriptedSteps { _, _, _, _ in }
    let ending = try await driver(steps, lease: lease).run()
    #expect(ending == .rest(.ended(.completed)))
    #expect(await journal.environments().map(\.live) == [.green])
    let log = steps.log
    #expect(log.prefix(3) == ["deploy.plan", "deploy.apply", "deploy.verify"])
    #expect(log.suffix(3) == ["switch.plan", "switch.apply", "switch.verify"])
    #expect(Set(log[3..<5]) == ["tables.plan", "files.plan"])
  }

  @Test("a transient failure is tried again, one for good stops and waits for a person")
  func retries() async throws {
    let lease = try await begin()
    let steps = ScriptedSteps { (step, phase, call, _) async throws(Failure) in
      if step == "tables", phase == .apply, call < 3 { throw .transient("busy", hint: "") }
      if step == "files", phase == .apply, call == 1 { throw .permanent("gone", hint: "") }
    }
    let ending = try await driver(steps, lease: lease).run()
    #expect(ending == .rest(.stopped(["files"])))
    #expect(steps.log.filter { $0 == "tables.apply" }.count == 3)
    _ = try await journal.submit(
      .retry(step: "files", Self.person), to: "r1", at: clock.now())
    let again = try await driver(steps, lease: lease).run()
    #expect(again == .rest(.ended(.completed)))
  }

  @Test("a rollback undoes in reverse order and gives the colour back")
  func rollsBack() async throws {
    let definitions =
      Self.definitions + [
        StepDefinition(id: "go", action: "x", after: ["switch"], attemptsMax: 1)
      ]
    let lease = try await begin(definitions)
    let steps = ScriptedSteps { (step, phase, _, _) async throws(Failure) in
      if step == "go", phase == .apply { throw .permanent("no", hint: "") }
    }
    let first = try await driver(steps, lease: lease, definitions: definitions).run()
    #expect(first == .rest(.stopped(["go"])))
    #expect(await journal.environments().map(\.live) == [.green])
    _ = try await journal.submit(.rollback(Self.person), to: "r1", at: clock.now())
    let second = try await driver(steps, lease: lease, definitions: definitions).run()
    #expect(second == .rest(.ended(.rolledBack)))
    #expect(await journal.environments().map(\.live) == [.blue])
    let undone = steps.log.filter { $0.hasSuffix(".undo") }
    #expect(undone.first == "go.undo")
    #expect(undone[1] == "switch.undo")
    #expect(undone.last == "deploy.undo")
  }

  @Test("a pause takes effect at the next checkpoint and a new driver carries on from it")
  func pauses() async throws {
    let lease = try await begin()
    let paused = Mutex(false)
    let journal = journal
    let clock = clock
    let steps = ScriptedSteps { (step, phase, call, hooks) async throws(Failure) in
      guard step == "tables", phase == .apply, call == 1 else { return }
      _ = try? await journal.submit(.pause(Self.person), to: "r1", at: clock.now())
      while !hooks.pace.isStopping { await Task.yield() }
      try await hooks.save("page 7", true)
      paused.withLock { $0 = true }
      throw .cancelled
    }
    let ending = try await driver(steps, lease: lease).run()
    #expect(ending == .rest(.paused(Self.person)))
    #expect(paused.withLock { $0 })
    await journal.release(lease)
    let next = try await journal.acquire("env", as: Self.holder, takingOver: nil, at: clock.now())
    _ = try await journal.submit(.resume(Self.person), to: "r1", at: clock.now())
    let driver = try await driver(steps, lease: next)
    #expect(try await driver.run() == .rest(.ended(.completed)))
    let report = try #require(
      await journal.facts(of: "r1", after: 0, limit: 1000).compactMap { record in
        if case .applied("tables", let report) = record.fact { report } else { nil }
      }.first)
    #expect(report.outputs["from"] == "page 7")
  }

  @Test("a driver that lost its lease writes nothing more and stops its verbs")
  func fenced() async throws {
    let lease = try await begin()
    let journal = journal
    let clock = clock
    let steps = ScriptedSteps { (step, phase, _, hooks) async throws(Failure) in
      guard step == "tables", phase == .apply else { return }
      _ = try? await journal.acquire(
        "env", as: LeaseHolder(person: "b", host: "there", pid: 2, incarnation: "b"),
        takingOver: lease.epoch, at: clock.now())
      while !hooks.pace.isStopping { await Task.yield() }
      throw .cancelled
    }
    let driver = try await driver(steps, lease: lease)
    await #expect(throws: JournalError.self) { try await driver.run() }
    let count = await journal.facts(of: "r1", after: 0, limit: 1000).count
    #expect(await journal.lease(on: "env")?.holder.person == "b")
    #expect(await journal.facts(of: "r1", after: 0, limit: 1000).count == count)
  }

  @Test("a journal that cannot be written at the n-th write loses nothing: a new driver ends it")
  func failingJournal() async throws {
    var number = 1
    while true {
      let test = DriverTests()
      let lease = try await test.begin()
      let steps = ScriptedSteps { (_, phase, _, hooks) async throws(Failure) in
        if phase == .apply { try await hooks.save("half", true) }
      }
      await test.journal.fail(atWrite: number)
      let driver = try await test.driver(steps, lease: lease)
      let ending = try? await driver.run()
      if ending == .rest(.ended(.completed)) { break }
      #expect(ending == nil)
      await test.journal.fail(atWrite: nil)
      let next = try await test.driver(steps, lease: lease)
      #expect(try await next.run() == .rest(.ended(.completed)))
      #expect(await test.journal.environments().map(\.live) == [.green])
      number += 1
    }
    #expect(number > 15)
  }

  @Test("a gate waits for the right word, and a wrong one is refused with the reason")
  func gates() async throws {
    let definitions = [
      StepDefinition(
        id: "go", action: "gate",
        gateRule: GateRule(role: "release", people: [], isCommentRequired: true))
    ]
    let lease = try await begin(definitions)
    let journal = journal
    let clock = clock
    let steps = ScriptedSteps { (_, phase, _, hooks) async throws(Failure) in
      guard phase == .apply else { return }
      let wrong = Person(name: "eve", role: "intern", reason: "me")
      _ = try? await journal.submit(.approve(step: "go", wrong), to: "r1", at: clock.now())
      _ = try? await journal.submit(.approve(step: "go", Self.person), to: "r1", at: clock.now())
      while !hooks.pace.isStopping { await Task.yield() }
      throw .cancelled
    }
    let driver = try await driver(steps, lease: lease, definitions: definitions)
    #expect(try await driver.run() == .rest(.ended(.completed)))
    #expect(await journal.request(1)?.refusal?.contains("role 'release'") == true)
    #expect(await journal.request(2)?.refusal == "")
  }

  @Test("a secret that an action lets slip does not reach the journal")
  func redacts() async throws {
    let definitions = [StepDefinition(id: "a", action: "x", attemptsMax: 1)]
    let lease = try await begin(definitions)
    let secrets = Secrets { _, _ in "hunter2-secret" }
    _ = try await secrets.reveal("${secret:env:X}")
    let steps = ScriptedSteps { (_, phase, _, hooks) async throws(Failure) in
      guard phase == .apply else { return }
      try await hooks.pace.note("saw hunter2-secret")
      throw .permanent("bad key hunter2-secret", hint: "not hunter2-secret")
    }
    var machine = RolloutMachine(definitions, from: .blue)
    try machine.replay(.started(by: Self.person))
    let record = try #require(await journal.rollout("r1"))
    let driver = Driver(
      record, pilot: Pilot(machine, seed: 1), steps: steps, journal: journal, lease: lease,
      clock: clock, secrets: secrets, options: .init(), observer: { _ in })
    _ = try await driver.run()
    for record in await journal.facts(of: "r1", after: 0, limit: 100) {
      #expect(!"\(record.fact)".contains("hunter2"))
    }
    #expect(await kinds().contains("a noted"))
  }

  @Test("a person's retry begins a step's time anew; back-off, a pause and a new driver do not")
  func timeAnew() async throws {
    let definitions = [StepDefinition(id: "wait", action: "x", backOff: .milliseconds(5))]
    let lease = try await begin(definitions)
    let first = clock.now()
    let begins = Mutex<[Timestamp]>([])
    let journal = journal
    let clock = clock
    let steps = ScriptedSteps { (_, phase, call, hooks) async throws(Failure) in
      guard phase == .apply else { return }
      begins.withLock { $0.append(hooks.pace.limitBegin(first)) }
      switch call {
      case 1, 3: throw .transient("busy", hint: "")
      case 2: throw .permanent("not in time", hint: "")
      case 4:
        _ = try? await journal.submit(.pause(Self.person), to: "r1", at: clock.now())
        while !hooks.pace.isStopping { await Task.yield() }
        throw .cancelled
      case _: return
      }
    }
    let late = try await driver(steps, lease: lease, definitions: definitions).run()
    #expect(late == .rest(.stopped(["wait"])))
    clock.advance(by: .seconds(3600))
    _ = try await journal.submit(.retry(step: "wait", Self.person), to: "r1", at: clock.now())
    let paused = try await driver(steps, lease: lease, definitions: definitions).run()
    #expect(paused == .rest(.paused(Self.person)))
    clock.advance(by: .seconds(3600))
    _ = try await journal.submit(.resume(Self.person), to: "r1", at: clock.now())
    let ended = try await driver(steps, lease: lease, definitions: definitions).run()
    #expect(ended == .rest(.ended(.completed)))
    let facts = await journal.facts(of: "r1", after: 0, limit: 100)
    let retried = try #require(facts.first { $0.fact.kind == "retried" }?.at)
    #expect(retried >= first + .seconds(3600))
    #expect(begins.withLock(\.self) == [first, first, retried, retried, retried])
  }
}
