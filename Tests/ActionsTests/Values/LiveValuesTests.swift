import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite("Which colour values and functions say is live", .waiting)
struct LiveValuesTests {
  private static let east = CloudPlace(region: "us-east-1")

  private func stage(
    _ values: String, _ functions: [String: String] = [:]
  ) throws -> ValuesStage {
    let stage = try ValuesStage(cloud: FunctionCloud(functions))
    try stage.put(values)
    return stage
  }

  private func indicator(
    _ stage: ValuesStage, absent: Colour? = nil, key: String? = nil,
    stacks: Bool = false, _ value: (Colour) -> String = { _ in "" }
  ) throws -> LiveIndicator {
    func sign(_ colour: Colour) throws -> LiveIndicator.Sign {
      let text = value(colour)
      return LiveIndicator.Sign(
        value: "", stack: stacks ? try ResourceURL("fakestack://region/\(colour.rawValue)") : nil,
        word: colour.rawValue,
        functions: text.isEmpty
          ? []
          : [
            .init(
              function: "api_\(colour.rawValue)", place: Self.east, variable: "TABLE", value: text,
              key: key)
          ])
    }
    return LiveIndicator(
      record: nil,
      store: .init(url: try ResourceURL(stage.file), key: "current-color", absent: absent),
      blue: try sign(.blue), green: try sign(.green))
  }

  private func look(_ live: LiveIndicator, _ stage: ValuesStage) async throws -> LiveValues {
    try await LiveValues.look(live, in: stage.world.site())
  }

  @Test("a store says a colour, and anything else is doubt")
  func store() async throws {
    for (values, said) in [
      (#"{"current-color": "green"}"#, LiveValues.Saying.colour(.green)),
      (#"{"current-color": "red"}"#, .neither("it is 'red'")),
      (#"{"current-color": true}"#, .neither("true, which is no word")),
      ("{}", .neither("it is not there")),
    ] {
      let stage = try stage(values)
      #expect(try await look(indicator(stage), stage).sources.map(\.saying) == [said])
    }
    let stage = try stage("{}")
    let found = try await look(indicator(stage, absent: .green), stage)
    #expect(found.sources.first?.saying == .colour(.green))
    #expect(found.objections(to: .green).isEmpty)
    #expect(found.objections(to: .blue) == ["'current-color' of \(stage.file) says green"])
    try stage.put("[")
    let broken = try await look(indicator(stage), stage)
    guard case .cannotTell? = broken.sources.first?.saying else {
      Issue.record("what cannot be read says nothing")
      return
    }
    #expect(broken.objections(to: .blue).count == 1 && broken.doubts(that: .blue).count == 1)
  }

  @Test("functions tell by what they use, against a stored value where one is named")
  func functions() async throws {
    let apart = ["us-east-1 api_blue": "t-beta", "us-east-1 api_green": "t-alpha"]
    let cases: [([String: String], String, LiveValues.Saying?)] = [
      (apart, "alpha", .colour(.green)), (apart, "beta", .colour(.blue)), (apart, "gamma", nil),
      (["us-east-1 api_blue": "t-alpha", "us-east-1 api_green": "t-alpha"], "alpha", .either),
      (["us-east-1 api_green": "t-alpha"], "alpha", .colour(.green)),
    ]
    for (functions, stored, said) in cases {
      let stage = try stage(#"{"current-color": "green", "v": "\#(stored)"}"#, functions)
      let live = try indicator(stage, key: "v") { _ in "t-{value}" }
      let source = try #require(try await look(live, stage).sources.last)
      if let said {
        #expect(source.saying == said, "\(source)")
      } else {
        #expect(source.saying == .neither("'t-beta' and 't-alpha', where 'v' is 'gamma'"))
        #expect(source.wanted == [.blue: "beta", .green: "alpha"])
      }
    }
    let stage = try stage(#"{"current-color": "green"}"#, ["us-east-1 api_blue": "DENIED"])
    let denied = try await look(indicator(stage) { "t-\($0.rawValue)" }, stage)
    guard case .cannotTell(let failure)? = denied.sources.last?.saying else {
      Issue.record("what may not be looked at says nothing")
      return
    }
    #expect(failure.kind == .refused)
  }

  @Test("a stack is destroyed only where the store says that the other colour is live")
  func interlock() async throws {
    let stage = try stage(#"{"current-color": "blue"}"#)
    let blue = try stage.world.stack("fakestack://region/blue")
    let green = try stage.world.stack("fakestack://region/green")
    blue.set { $0.found = FakeStack.healthy() }
    green.set { $0.found = FakeStack.healthy() }
    stage.world.setLive(try indicator(stage, stacks: true))
    func step(_ id: String, _ action: String, _ state: StepState) -> RolloutRecordView.Step {
      .init(id: id, action: action, state: state, ledgers: [], promotes: action == "values.set")
    }
    stage.world.setRecord(
      RolloutRecordView(
        live: .green,
        steps: [
          step("switch", "values.set", .done), step("soak", "bake", .done),
          step("yes", "gate.approval", .done),
          step("destroy", "stack.destroy", .active(.apply, attempt: 1)),
        ]))
    func rig() throws -> ActionRig {
      try stage.rig(
        StackDestroy.self, "{stack: 'fakestack://region/blue', name: 'blue'}", step: "destroy")
    }
    let failure = try await rig().refusal()
    #expect(failure.summary.contains("values: 'current-color' of \(stage.file) says blue"))
    try stage.put("{}")
    #expect(try await rig().refusal().summary.contains("says neither colour: it is not there"))
    #expect(blue.now.destroyCount == 0)
    try stage.put(#"{"current-color": "green"}"#)
    try await rig().apply()
    #expect(blue.now.destroyCount == 1)
  }
}
