import Harness
import Resources
import Rollouts
import Testing

/// What a person is advised when a step fails.
@Suite("The advice behind a failure", .waiting)
struct PilotHintTests {
  private static let begin = Timestamp(milliseconds: 1_795_230_245_000)

  @Test(
    "going back is advised until the point of no return is passed",
    arguments: ["; or", ", or", " or"])
  func wayBack(joint: String) throws {
    let hint = "Mend the cause, then 'cutover retry s'\(joint) 'cutover rollback'."
    for (facts, expected) in [
      ([], hint), ([Fact.crossed(step: "s")], "Mend the cause, then 'cutover retry s'."),
    ] {
      var pilot = Pilot(
        RolloutMachine([StepDefinition(id: "s", action: "x")], from: .blue), seed: 1)
      let before: [Fact] = [
        .started(by: Person(name: "op", reason: "why")),
        .planned(step: "s", plan: "{}", changes: []),
      ]
      for fact in before + facts { try pilot.recorded(fact, at: Self.begin) }
      guard case .start(let effect)? = pilot.orders(at: Self.begin).first else {
        Issue.record("nothing is started")
        return
      }
      let failure = Failure.permanent("it broke", hint: hint)
      let ended = pilot.ended(effect, with: .failed(failure), at: Self.begin)
      guard case .record(.failed(_, .apply, 1, let told, nil), _)? = ended.first else {
        Issue.record("\(ended)")
        return
      }
      #expect(told.hint == expected && told.summary == failure.summary)
    }
  }
}
