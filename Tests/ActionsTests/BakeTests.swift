import Harness
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

@Suite(.waiting) struct BakeTests {
  private static let input = """
    {period: '10m', every: '1m', tolerate: 1, checks: [{title: 'web', http: {url: 'http://a/'}}]}
    """
  private let world: FakeWorld

  init() throws {
    world = try FakeWorld()
    world.http.answer { (_) throws(Failure) in FakeHTTP.reply(200) }
  }

  private func rig(
    _ journal: ActionJournal = ActionJournal(), input: String = input
  ) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(Bake.self), input, in: world.site(step: "soak"), journal: journal)
  }

  /// Answers with these statuses in turn, and the last one for ever; 0 for no answer.
  private func answer(_ statuses: [Int]) {
    let count = Mutex(0)
    world.http.answer { (_) throws(Failure) in
      let index = count.withLock {
        $0 += 1
        return $0 - 1
      }
      let status = statuses[min(index, statuses.count - 1)]
      if status == 0 { throw .transient("no answer", hint: "") }
      return FakeHTTP.reply(status)
    }
  }

  @Test("it looks for the whole period, and its failure turns the rollout back by default")
  func period() async throws {
    let rig = try rig()
    let start = world.clock.now()
    let plan = try await rig.plan()
    #expect(plan.estimate.seconds == 600 && plan.isReversible)
    let report = try await rig.apply()
    #expect(world.clock.now() == start + .seconds(600))
    #expect(report.outputs == ["looks": "11", "misses": "0"])
    #expect(try await rig.verify().isPassed)
    #expect(ActionDescriptor(Bake.self).rollsBackOnFailure)
  }

  @Test("as many misses in a row as are tolerated pass, and are written down")
  func tolerated() async throws {
    answer([200, 500, 200, 500, 200])
    let rig = try rig()
    #expect(try await rig.apply().outputs["misses"] == "2")
    #expect(
      rig.journal.notes == ["a look missed: web: status 500", "a look missed: web: status 500"])
    #expect(try await rig.verify().isPassed)
  }

  @Test("one failure in a row more than tolerated fails for good")
  func failed() async throws {
    answer([200, 500, 500])
    let rig = try rig()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .permanent)
    #expect(failure.summary == "soak failed 2 times in a row: web: status 500")
  }

  @Test("no answer is a failure here, unless the playbook leaves it to a person")
  func unreachable() async throws {
    answer([0])
    let strict = try rig()
    await #expect(throws: Failure.self) { try await strict.apply() }
    let mild = try rig(
      input: Self.input.replacing("tolerate: 1", with: "tolerate: 1, unreachable: 'inconclusive'"))
    try await mild.apply()
    #expect(try await mild.verify() == .inconclusive("web: no answer"))
  }

  @Test("the period ends with a look that passed, not with one that was tolerated")
  func lastLook() async throws {
    answer(Array(repeating: 200, count: 10) + [500, 200])
    #expect(try await rig().apply().outputs == ["looks": "12", "misses": "1"])
    answer(Array(repeating: 200, count: 10) + [500, 500])
    let rig = try rig()
    await #expect(throws: Failure.self) { try await rig.apply() }
  }

  @Test("killed at any write, the period ends when it would have", arguments: [false, true])
  func killed(afterWriting: Bool) async throws {
    for number in 1...12 {
      let start = world.clock.now()
      let journal = ActionJournal()
      journal.kill(atWrite: number, afterWriting: afterWriting)
      _ = try? await rig(journal).apply()
      journal.kill(atWrite: nil, afterWriting: false)
      try await rig(journal).apply()
      #expect(world.clock.now() == start + .seconds(600))
      #expect(try await rig(journal).verify().isPassed)
    }
  }

  @Test("a long absence is written down, and one look must pass after it")
  func gap() async throws {
    let journal = ActionJournal()
    journal.kill(atWrite: 3, afterWriting: true)
    _ = try? await rig(journal).apply()
    journal.kill(atWrite: nil, afterWriting: false)
    try await world.clock.sleep(for: .seconds(7200))
    let report = try await rig(journal).apply()
    #expect(report.outputs["looks"] == "3")
    #expect(journal.notes.contains { $0.contains("nobody looked for 7200 s") })
  }

  @Test("before the promotion it refuses, since it would bake what is not live")
  func unpromoted() async throws {
    func set(_ state: StepState) {
      world.setRecord(
        RolloutRecordView(
          live: .blue,
          steps: [.init(id: "go", action: "dns.point", state: state, ledgers: [], promotes: true)]))
    }
    set(.waiting)
    let rig = try rig()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .refused)
    set(.done)
    try await rig.apply()
  }

  @Test("a retry begins the period anew, with no misses; a restart after it does not once more")
  func retried() async throws {
    answer([200, 500, 500])
    let journal = ActionJournal()
    await #expect(throws: Failure.self) { try await rig(journal).apply() }
    answer([500, 200])
    try await world.clock.sleep(for: .seconds(7200))
    journal.retry(at: world.clock.now())
    // Nobody drives it for a while; the period begins with the first look.
    try await world.clock.sleep(for: .seconds(60))
    let begin = world.clock.now()
    journal.kill(atWrite: 4, afterWriting: true)
    await #expect(throws: Failure.self) { try await rig(journal).apply() }
    journal.kill(atWrite: nil, afterWriting: false)
    let report = try await rig(journal).apply()
    #expect(world.clock.now() == begin + .seconds(600))
    #expect(report.outputs["misses"] == "1")
  }
}
