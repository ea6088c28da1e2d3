import Harness
import Resources
import Rollouts
import Testing

@Suite("Clocks that another step starts", .waiting)
struct StepDeadlineTests {
  private static let person = Person(name: "op", reason: "why")
  private static let begin = Timestamp(milliseconds: 1_795_230_245_000)

  private func pilot() throws -> Pilot {
    let day = try #require(PlaybookDuration("24h"))
    let steps = [
      StepDefinition(id: "fill", action: "x"),
      StepDefinition(
        id: "settle", action: "x", after: ["fill"], timeLimit: .seconds(3600),
        deadline: StepDeadline(since: "fill", within: day, warn: PlaybookDuration("18h"))),
    ]
    var pilot = Pilot(RolloutMachine(steps, from: .blue), seed: 1)
    for fact in [
      Fact.started(by: Self.person), .planned(step: "fill", plan: "{}", changes: []),
      .applied(step: "fill", report: StepReport()),
      .verified(step: "fill", verification: Verification(.passed(""))),
    ] {
      try pilot.recorded(fact, at: Self.begin)
    }
    return pilot
  }

  private func moment(_ hours: Int) -> Timestamp { Self.begin + .seconds(hours * 3600) }

  private func facts(_ entries: [Pilot.Entry]) -> [Fact] {
    entries.compactMap { if case .record(let fact, _) = $0 { fact } else { nil } }
  }

  @Test("within its time the step runs, and its limit is the nearer of the two")
  func inTime() throws {
    var pilot = try pilot()
    #expect(pilot.due(at: moment(23)).isEmpty)
    #expect(pilot.orders(at: moment(1)).count == 1)
    #expect(pilot.nextMoment == moment(2))
    var late = try self.pilot()
    _ = late.orders(at: moment(23) + .seconds(1800))
    #expect(late.nextMoment == moment(18))
    #expect(late.machine.clock(of: late.machine.steps[1])?.end == moment(24))
  }

  @Test("once the time is over the step is not begun, and a person is told why")
  func tooLate() throws {
    var pilot = try pilot()
    #expect(pilot.orders(at: moment(24)).isEmpty)
    let due = facts(pilot.due(at: moment(24)))
    guard case .failed("settle", .plan, 1, let failure, nil)? = due.first else {
      Issue.record("\(due)")
      return
    }
    #expect(failure.kind == .permanent)
    #expect(failure.summary.contains("24h after fill began"))
  }

  @Test("a step that is under way is stopped when its time is over, and not tried again")
  func interrupted() throws {
    var pilot = try pilot()
    let orders = pilot.orders(at: moment(23) + .seconds(1800))
    guard case .start(let effect)? = orders.first else {
      Issue.record("\(orders)")
      return
    }
    let stopping = pilot.orders(at: moment(24))
    guard case .cancel("settle")? = stopping.first else {
      Issue.record("\(stopping)")
      return
    }
    let ended = facts(pilot.ended(effect, with: .failed(.cancelled), at: moment(24)))
    guard case .failed(_, .plan, 1, let failure, nil)? = ended.first else {
      Issue.record("\(ended)")
      return
    }
    #expect(failure.summary.contains("was to be done by"))
  }

  @Test("the clock begins with the first plan, is in the journal's times, and ends with the step")
  func starts() throws {
    var pilot = try pilot()
    try pilot.recorded(.planned(step: "settle", plan: "{}", changes: []), at: moment(1))
    #expect(pilot.machine.clock(of: pilot.machine.steps[1])?.began == Self.begin)
    try pilot.recorded(.applied(step: "settle", report: StepReport()), at: moment(2))
    try pilot.recorded(
      .verified(step: "settle", verification: Verification(.passed(""))), at: moment(3))
    #expect(pilot.machine.clock(of: pilot.machine.steps[1]) == nil)
  }

  @Test("a step that is left out starts no clock")
  func leftOut() throws {
    let within = try #require(PlaybookDuration("1h"))
    let steps = [
      StepDefinition(id: "fill", action: "x"),
      StepDefinition(
        id: "settle", action: "x", after: ["fill"],
        deadline: StepDeadline(since: "fill", within: within)),
    ]
    var pilot = Pilot(RolloutMachine(steps, from: .blue), seed: 1)
    try pilot.recorded(.started(by: Self.person), at: Self.begin)
    try pilot.recorded(
      .planned(step: "fill", plan: #"{"leftOut":"no migration"}"#, changes: []), at: Self.begin)
    #expect(pilot.machine.clock(of: pilot.machine.steps[1]) == nil)
  }
}
