import Harness
import Resources
import Rollouts
import Testing

@Suite("Steps that close others", .waiting)
struct ClosingStepTests {
  private static let person = Person(name: "op", reason: "why")
  /// A user is made, used and taken away; the name is switched afterwards.
  private static let steps = [
    StepDefinition(id: "user", action: "x"),
    StepDefinition(id: "smoke", action: "x", after: ["user"]),
    StepDefinition(id: "tidy", action: "x", after: ["user", "smoke"], closes: ["user", "smoke"]),
    StepDefinition(id: "switch", action: "x", after: ["tidy"], promotes: true),
    StepDefinition(id: "other", action: "x"),
  ]

  private func machine(_ facts: [Fact]) throws -> RolloutMachine {
    var machine = RolloutMachine(Self.steps, from: .blue)
    for fact in [.started(by: Self.person)] + facts { try machine.handle(fact) }
    return machine
  }

  private func planned(_ id: String) -> Fact { .planned(step: id, plan: "{}", changes: []) }

  private func done(_ ids: String...) -> [Fact] {
    ids.flatMap { [planned($0), applied($0), verified($0)] }
  }

  private func applied(_ id: String) -> Fact { .applied(step: id, report: StepReport()) }

  private func verified(_ id: String) -> Fact {
    .verified(step: id, verification: Verification(.passed("")))
  }

  private func failed(_ id: String) -> Fact {
    .failed(
      step: id, phase: .apply, attempt: 1, failure: .permanent("broken", hint: ""), retryAt: nil)
  }

  @Test("when all went well it comes last, and what waits for it comes after it")
  func inOrder() throws {
    let machine = try machine(done("other", "user", "smoke"))
    #expect(machine.outstanding == [.plan(step: "tidy", attempt: 1)])
    #expect(
      try self.machine(done("other", "user", "smoke", "tidy")).outstanding
        == [.plan(step: "switch", attempt: 1)])
  }

  @Test("it runs although a step that it closes has failed, and nothing else begins")
  func afterFailure() throws {
    let machine = try machine(done("user", "other") + [planned("smoke"), failed("smoke")])
    #expect(machine.outstanding == [.plan(step: "tidy", attempt: 1)])
  }

  @Test("it runs when another branch has failed and what it closes cannot go on")
  func afterFailureElsewhere() throws {
    let machine = try machine(done("user") + [planned("other"), failed("other")])
    #expect(machine.outstanding == [.plan(step: "tidy", attempt: 1)])
    // What is under way comes to its end first.
    let busy = try self.machine(
      done("user") + [planned("smoke"), planned("other"), failed("other")])
    #expect(busy.outstanding == [.apply(step: "smoke", attempt: 1)])
    // Where nothing was begun, there is nothing to close.
    #expect(try self.machine([planned("other"), failed("other")]).outstanding.isEmpty)
  }

  @Test("a retry does anew what was closed, in order, and closes it again")
  func retry() throws {
    var machine = try machine(
      done("user", "other") + [planned("smoke"), failed("smoke")] + done("tidy"))
    #expect(machine.outstanding.isEmpty)
    let before = machine
    try machine.handle(.retried(step: "smoke", by: Self.person))
    #expect(machine.outstanding == [.apply(step: "user", attempt: 1)])
    #expect(machine.begunAnew(since: before) == ["user", "tidy"])
    let retries = Dictionary(uniqueKeysWithValues: machine.steps.map { ($0.id, $0.retries) })
    #expect(retries == ["user": 1, "other": 0, "smoke": 1, "tidy": 1, "switch": 0])
    for fact in [applied("user"), verified("user")] { try machine.handle(fact) }
    #expect(machine.outstanding == [.apply(step: "smoke", attempt: 1)])
    for fact in [applied("smoke"), verified("smoke")] { try machine.handle(fact) }
    #expect(machine.outstanding == [.plan(step: "tidy", attempt: 1)])
    for fact in done("tidy") { try machine.handle(fact) }
    #expect(machine.outstanding == [.plan(step: "switch", attempt: 1)])
  }

  @Test("who goes on without the failed step finds it closed already")
  func skip() throws {
    var machine = try machine(
      done("user", "other") + [planned("smoke"), failed("smoke")] + done("tidy"))
    try machine.handle(.skipped(step: "smoke", by: Self.person))
    #expect(machine.outstanding == [.plan(step: "switch", attempt: 1)])
  }

  @Test("going back undoes what was closed, and the closing step itself is left")
  func rollback() throws {
    var machine = try machine(
      done("user", "other") + [planned("smoke"), failed("smoke")] + done("tidy"))
    try machine.handle(.rollbackRequested(by: Self.person))
    #expect(
      machine.outstanding == [.undo(step: "smoke", attempt: 1), .undo(step: "other", attempt: 1)])
    for id in ["smoke", "other", "user"] { try machine.handle(.undone(step: id)) }
    #expect(machine.outstanding == [.concludeRollback])
  }
}
