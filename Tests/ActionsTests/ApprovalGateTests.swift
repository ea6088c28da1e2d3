import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite(.waiting) struct ApprovalGateTests {
  private let world: FakeWorld

  init() throws { world = try FakeWorld() }

  private func rig(
    _ input: String, _ journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(ApprovalGate.self), input, in: world.site(step: "go"), journal: journal)
  }

  @Test("the time runs from the first question, also over a restart, and ends in a rejection")
  func rejected() async throws {
    let input = "{role: 'lead', timeout: '2h', prompt: 'May we?'}"
    let journal = ActionJournal()
    let start = world.clock.now()
    let first = try rig(input, journal)
    #expect(
      try await first.plan().changes == ["wait for approval by role lead, at most 2h, then reject"])
    journal.askToStop()
    let stopped = try await #require(throws: Failure.self) { try await first.apply() }
    #expect(stopped.kind == .cancelled)
    journal.askToStop(false)
    try await world.clock.sleep(for: .seconds(3600))
    let second = try rig(input, journal)
    let failure = try await #require(throws: Failure.self) { try await second.apply() }
    #expect(failure.kind == .refused)
    #expect(world.clock.now() == start + .seconds(7200))
    let reading = try #require(journal.readings.last)
    #expect(
      reading.waitingFor == "approval by role lead: May we?; cutover approve go --comment …")
    #expect(reading.until == start + .seconds(7200))
  }

  @Test("a time-out may approve, and the report says that nobody decided")
  func approved() async throws {
    let rig = try rig("{timeout: '1m', onTimeout: 'approve'}")
    let report = try await rig.apply()
    #expect(report.notes == ["nobody decided within 1m: approved by time-out"])
  }

  @Test("without a time-out it waits until it is stopped, and shows since when")
  func endless() async throws {
    let rig = try rig("{people: ['ada', 'bob'], comment: false}")
    let start = world.clock.now()
    let task = Task { try await rig.apply() }
    while world.clock.now() < start + .seconds(1000) { await Task.yield() }
    task.cancel()
    await #expect(throws: Failure.cancelled) { _ = try await task.value }
    let reading = try #require(rig.journal.readings.last)
    #expect(
      reading.waitingFor == "approval by ada, bob; cutover approve go (since \(start))")
    #expect(reading.until == nil)
  }

  @Test("the rule says who may decide, and that a comment is wanted unless told otherwise")
  func rule() throws {
    let descriptor = ActionDescriptor(ApprovalGate.self)
    #expect(
      try descriptor.gateRule(of: ["role": "lead", "people": ["ada"]])
        == GateRule(role: "lead", people: ["ada"], isCommentRequired: true))
    #expect(
      try descriptor.gateRule(of: ["comment": false])
        == GateRule(role: nil, people: [], isCommentRequired: false))
  }

  @Test("an outcome without a time-out is refused")
  func badInput() {
    #expect(throws: Failure.self) { try rig("{onTimeout: 'approve'}") }
  }

  @Test("a person's retry after the time-out asks for as long again")
  func retried() async throws {
    let journal = ActionJournal()
    let rig = try rig("{timeout: '2h'}", journal)
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.hint.contains("'cutover retry go' asks for as long again"))
    try await world.clock.sleep(for: .seconds(3600))
    let begin = world.clock.now()
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(world.clock.now() == begin)
    journal.retry(at: begin)
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(world.clock.now() - begin == .seconds(7200))
  }
}
