import Harness
import Resources
import Rollouts
import Testing

@Suite("Rollout machine", .waiting)
struct RolloutMachineTests {
  static let person = Person(name: "op", reason: "why")
  static let diamond = [
    StepDefinition(id: "deploy", action: "x"),
    StepDefinition(id: "tables", action: "x", after: ["deploy"]),
    StepDefinition(id: "files", action: "x", after: ["deploy"]),
    StepDefinition(id: "switch", action: "x", after: ["tables", "files"], promotes: true),
    StepDefinition(id: "destroy", action: "x", after: ["switch"]),
  ]

  func machine(_ facts: [Fact], _ steps: [StepDefinition] = diamond) throws -> RolloutMachine {
    var machine = RolloutMachine(steps, from: .green)
    for fact in [.started(by: Self.person)] + facts { try machine.handle(fact) }
    return machine
  }

  func done(_ ids: String...) -> [Fact] {
    ids.flatMap { id -> [Fact] in
      [
        .planned(step: id, plan: "{}", changes: ["change \(id)"]),
        .applied(step: id, report: StepReport()),
        .verified(step: id, verification: Verification(.passed(""))),
      ]
    }
  }

  @Test("independent steps start together once what they wait for is done")
  func fansOut() throws {
    #expect(try machine([]).outstanding == [.plan(step: "deploy", attempt: 1)])
    #expect(
      try machine(done("deploy")).outstanding == [
        .plan(step: "tables", attempt: 1), .plan(step: "files", attempt: 1),
      ])
  }

  @Test("the colour flips with the fact that verifies the promotion and back with its undo")
  func flips() throws {
    var machine = try machine(done("deploy", "tables", "files"))
    #expect(machine.live == .green)
    for fact in done("switch") { try machine.handle(fact) }
    #expect(machine.live == .blue)
    try machine.handle(.rollbackRequested(by: Self.person))
    #expect(machine.outstanding == [.undo(step: "switch", attempt: 1)])
    try machine.handle(.undone(step: "switch"))
    #expect(machine.live == .green)
    #expect(
      machine.outstanding == [
        .undo(step: "tables", attempt: 1), .undo(step: "files", attempt: 1),
      ])
  }

  @Test("nothing new starts after a failure, and what runs may end")
  func stops() throws {
    var machine = try machine(
      done("deploy") + [
        .planned(step: "tables", plan: "{}", changes: []),
        .failed(
          step: "tables", phase: .apply, attempt: 1,
          failure: .permanent("broken", hint: ""), retryAt: nil),
      ])
    #expect(machine.outstanding.isEmpty)
    try machine.handle(.skipped(step: "tables", by: Self.person))
    #expect(machine.outstanding == [.plan(step: "files", attempt: 1)])
  }

  @Test("after the point of no return a rollback is refused and says what is gone")
  func pointOfNoReturn() throws {
    var machine = try machine(
      done("deploy", "tables", "files", "switch") + [
        .planned(step: "destroy", plan: "{}", changes: ["stack green, 12 tables"])
      ])
    #expect(machine.rollbackRefusal == nil)
    try machine.handle(.crossed(step: "destroy"))
    let refusal = try #require(machine.rollbackRefusal)
    #expect(refusal.contains("destroy") && refusal.contains("stack green, 12 tables"))
    #expect(throws: RolloutMachine.InvalidFact.self) {
      try machine.handle(.rollbackRequested(by: Self.person))
    }
  }

  @Test("a step that failed half way is undone too, one that was never planned is not")
  func undoesFailed() throws {
    let machine = try machine(
      done("deploy") + [
        .planned(step: "tables", plan: "{}", changes: []),
        .failed(
          step: "tables", phase: .apply, attempt: 1,
          failure: .permanent("broken", hint: ""), retryAt: nil),
        .rollbackRequested(by: Self.person),
      ])
    #expect(machine.outstanding == [.undo(step: "tables", attempt: 1)])
  }

  @Test("onFailure rollback turns back by itself, but an inconclusive check waits for a person")
  func turnsBack() throws {
    let steps = [StepDefinition(id: "bake", action: "x", rollsBackOnFailure: true)]
    let begun: [Fact] = [
      .planned(step: "bake", plan: "{}", changes: []),
      .applied(step: "bake", report: StepReport()),
    ]
    let failed = try machine(
      begun + [.verified(step: "bake", verification: Verification(.failed("500s")))], steps)
    #expect(failed.isBackward)
    let unsure = try machine(
      begun + [.verified(step: "bake", verification: Verification(.inconclusive("?")))], steps)
    #expect(!unsure.isBackward)
    #expect(unsure.outstanding.isEmpty)
  }

  @Test("a fact of a step that the playbook does not have is refused and changes nothing")
  func unknownStep() throws {
    var machine = try machine([])
    let before = machine
    #expect(throws: RolloutMachine.InvalidFact.self) {
      try machine.handle(.applied(step: "nope", report: StepReport()))
    }
    #expect(machine == before)
  }

  @Test("an unbalanced ledger is a problem until the step is skipped by a person")
  func ledgers() throws {
    var ledger = Ledger(
      from: try ResourceURL("sqlite:///a#t"), to: try ResourceURL("sqlite:///b#t"))
    ledger.read = 10
    ledger.written = 9
    let machine = try machine(
      done("deploy") + [
        .planned(step: "tables", plan: "{}", changes: []),
        .applied(step: "tables", report: StepReport(ledgers: [ledger])),
        .verified(step: "tables", verification: Verification(.passed(""))),
      ])
    #expect(
      machine.ledgerProblems == ["sqlite:///a#t → sqlite:///b#t: read 10, written 9, skipped 0"])
  }

  @Test("the promotion cannot be skipped, nor left behind while it is live")
  func promotionStays() throws {
    let forward = try machine([])
    #expect(forward.skipRefusal(forward.steps[3]) != nil)
    #expect(forward.skipRefusal(forward.steps[1]) == nil)
    let backward = try machine(
      done("deploy", "tables", "files", "switch") + [
        .rollbackRequested(by: Self.person),
        .failed(
          step: "switch", phase: .undo, attempt: 1,
          failure: .permanent("zone gone", hint: ""), retryAt: nil),
      ])
    #expect(backward.skipRefusal(backward.steps[3]) != nil)
  }

  @Test("a step under way can be skipped once the rollout is paused, and is undone on the way back")
  func skipsPaused() throws {
    var machine = try machine(
      done("deploy") + [.planned(step: "tables", plan: "{}", changes: [])])
    #expect(machine.skipRefusal(machine.steps[1])?.contains("pause") == true)
    try machine.handle(.paused(by: Self.person))
    #expect(machine.skipRefusal(machine.steps[1]) == nil)
    try machine.handle(.skipped(step: "tables", by: Self.person))
    try machine.handle(.resumed(by: Self.person))
    #expect(machine.outstanding == [.plan(step: "files", attempt: 1)])
    try machine.handle(.rollbackRequested(by: Self.person))
    #expect(machine.outstanding == [.undo(step: "tables", attempt: 1)])
  }
}
