import Harness
import Resources
import Rollouts
import Testing

/// From when on a limit of time counts for a step that was begun long ago.
@Suite("The time of a step that a person tries again", .waiting)
struct RetryTimeTests {
  private static let person = Person(name: "op", reason: "why")
  private static let begin = Timestamp(milliseconds: 1_795_230_245_000)

  private func moment(_ hours: Int) -> Timestamp { Self.begin + .seconds(hours * 3600) }

  private func failed(_ attempt: Int, retryAt: Timestamp?) -> Fact {
    .failed(
      step: "wait", phase: .apply, attempt: attempt, failure: .transient("busy", hint: ""),
      retryAt: retryAt)
  }

  @Test("the journal's time of the last retry is kept, and no other fact changes it")
  func machine() throws {
    var machine = RolloutMachine(
      [StepDefinition(id: "wait", action: "x"), StepDefinition(id: "other", action: "x")],
      from: .blue)
    func take(_ fact: Fact, _ hours: Int) throws { try machine.replay(fact, at: moment(hours)) }
    try take(.started(by: Self.person), 0)
    try take(.planned(step: "wait", plan: "{}", changes: []), 0)
    try take(failed(1, retryAt: moment(1)), 1)
    try take(.retryDue(step: "wait"), 2)
    try take(.paused(by: Self.person), 3)
    try take(.resumed(by: Self.person), 4)
    try take(.attached(driver: "another", takenFrom: "one"), 5)
    try take(failed(2, retryAt: nil), 6)
    #expect(machine.step("wait")?.retriedAt == nil)
    try take(.retried(step: "wait", by: Self.person), 7)
    try take(failed(1, retryAt: moment(8)), 8)
    try take(.retryDue(step: "wait"), 9)
    #expect(machine.step("wait")?.retriedAt == moment(7))
    try take(failed(2, retryAt: nil), 10)
    try take(.retried(step: "wait", by: Self.person), 11)
    #expect(machine.step("wait")?.retriedAt == moment(11))
    #expect(machine.step("other")?.retriedAt == nil)
  }

  @Test("what began after the retry counts from its own beginning")
  func later() {
    func pace(_ retriedAt: Timestamp?) -> Pace {
      Pace(
        clock: ManualClock(), isAskedToStop: { false }, show: { _ in }, record: { _ in },
        retriedAt: retriedAt)
    }
    #expect(pace(nil).limitBegin(moment(2)) == moment(2))
    #expect(pace(moment(1)).limitBegin(moment(2)) == moment(2))
    #expect(pace(moment(3)).limitBegin(moment(2)) == moment(3))
  }
}
