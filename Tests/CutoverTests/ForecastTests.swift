import Harness
import Resources
import Rollouts
import Testing

@testable import Program

@Suite("The forecast of a plan", .waiting)
struct ForecastTests {
  private func step(
    _ id: String, after: [String] = [], seconds: Double?, darkens: Bool = false,
    promotes: Bool = false, isReversible: Bool = true
  ) -> Preview.Step {
    Preview.Step(
      id: id, title: nil, action: "x", after: after, wave: 1,
      definition: StepDefinition(id: id, action: "x", after: after, promotes: promotes),
      reversal: .exact,
      outcome: .planned(
        RecordedPlan(
          plan: "", changes: [], estimate: Estimate(seconds: seconds, beginsDowntime: darkens),
          isReversible: isReversible)))
  }

  private func preview(_ steps: [Preview.Step]) -> Preview {
    Preview(environment: "e", from: .blue, to: .green, steps: steps)
  }

  @Test("side by side the longest chain counts")
  func criticalPath() {
    let forecast = Forecast(
      preview([
        step("a", seconds: 2), step("b", after: ["a"], seconds: 10),
        step("c", after: ["a"], seconds: 3), step("d", after: ["b", "c"], seconds: 1),
      ]))
    #expect(forecast.seconds == 13)
    #expect(forecast.downtimeSeconds == nil)
  }

  @Test("the downtime lasts from the step that begins it to the promotion")
  func downtime() {
    let forecast = Forecast(
      preview([
        step("deploy", seconds: 100), step("notice", after: ["deploy"], seconds: 5, darkens: true),
        step("copy", after: ["notice"], seconds: 30),
        step("switch", after: ["copy"], seconds: 7, promotes: true),
        step("destroy", after: ["switch"], seconds: 50),
      ]))
    #expect(forecast.downtimeSeconds == 42)
    #expect(forecast.seconds == 192)
  }

  @Test("steps that cannot tell are named")
  func unknown() {
    #expect(Forecast(preview([step("a", seconds: nil), step("b", seconds: 1)])).unknown == ["a"])
  }

  @Test("the point of no return is the first step that cannot be undone")
  func pointOfNoReturn() {
    let steps = [
      step("a", seconds: 1), step("b", seconds: 1, isReversible: false), step("c", seconds: 1),
    ]
    #expect(preview(steps).pointOfNoReturn == 1)
    #expect(preview([steps[0]]).pointOfNoReturn == nil)
    let lines = PlanReport(preview: preview(steps)).lines.map(\.text)
    let border = lines.firstIndex { $0.contains("point of no return") }
    let second = lines.firstIndex { $0.contains("b  x") }
    #expect(border.map { $0 + 1 } == second)
  }

  @Test("waves follow what steps wait for, whatever their order")
  func waves() {
    let waves = Preview.waves(of: [
      StepDefinition(id: "c", action: "x", after: ["a", "b"]),
      StepDefinition(id: "a", action: "x"), StepDefinition(id: "b", action: "x", after: ["a"]),
    ])
    #expect(waves == ["a": 1, "b": 2, "c": 3])
  }
}
