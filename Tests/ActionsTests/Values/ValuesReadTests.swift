import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite("Reading values", .waiting)
struct ValuesReadTests {
  private let stage: ValuesStage

  init() throws { stage = try ValuesStage() }

  private func rig(_ more: String) throws -> ActionRig {
    try stage.rig(ValuesRead.self, "{store: '\(stage.file)', \(more)}")
  }

  private static let court = """
    read: {
      from: { key: 'current-color', oneOf: ['blue', 'green'], default: 'green' },
      source: { key: 'source-table-version', oneOf: ['alpha', 'beta'] },
      destination: { key: 'destination-table-version', oneOf: ['alpha', 'beta'] },
      migrate: { key: 'migrate', type: 'flag', oneOf: [false] },
      count: { key: 'count', type: 'number', default: 0 },
    },
    alternate: { next: { of: 'source', between: ['alpha', 'beta'] } },
    equal: [['source', 'destination']], differ: [['source', 'next']],
    """

  @Test("values become outputs, with the other one of two, and absence only where it is foreseen")
  func reads() async throws {
    try stage.put(
      """
      {"source-table-version": "alpha", "destination-table-version": "alpha", "migrate": false}
      """)
    let rig = try rig(Self.court)
    #expect(try await rig.plan().changes.isEmpty)
    let report = try await rig.apply()
    #expect(
      report.outputs == [
        "from": "green", "source": "alpha", "destination": "alpha", "migrate": "false",
        "count": "0", "next": "beta",
      ])
    #expect(report.notes.first?.contains("from green") == true)
    #expect(try await rig.verify().isPassed)
    try stage.put(
      """
      {"source-table-version": "beta", "destination-table-version": "beta", "migrate": false}
      """)
    let verdict = try await rig.verify()
    #expect(!verdict.isPassed && verdict.detail.contains("source was alpha and is beta"))
  }

  @Test("whatever is not as it should be is told at once, with what is there")
  func refuses() async throws {
    try stage.put(
      """
      {"current-color": "red", "source-table-version": "alpha", "count": "many",
       "destination-table-version": "beta", "migrate": "false"}
      """)
    let failure = try await rig(Self.court).refusal()
    #expect(failure.kind == .permanent)
    for part in [
      "'current-color' is 'red', none of 'blue', 'green'",
      "'migrate' holds the text 'false', which is no flag",
      "'count' holds the text 'many', which is no number",
      "these must be equal: source 'alpha', destination 'beta'",
    ] { #expect(failure.summary.contains(part), "\(failure.summary)") }
    try stage.put("{}")
    #expect(try await rig(Self.court).refusal().summary.contains("there is no 'migrate'"))
    try stage.put("{\"current-color\": null}")
    #expect(try await rig(Self.court).refusal().summary.contains("'current-color' holds null"))
  }

  @Test("what cannot be meant is refused before anything is read")
  func misfits() throws {
    for input in [
      "read: {a: {key: ''}}",
      "read: {a: {key: 'k', type: 'flag', default: 'maybe'}}",
      "read: {a: {key: 'k'}}, alternate: {b: {of: 'c', between: ['x', 'y']}}",
      "read: {a: {key: 'k'}}, alternate: {b: {of: 'a', between: ['x', 'x']}}",
      "read: {a: {key: 'k'}}, alternate: {a: {of: 'a', between: ['x', 'y']}}",
      "read: {a: {key: 'k'}}, equal: [['a', 'b']]",
      "read: {a: {key: 'k'}}, differ: [['a']]",
    ] {
      #expect(throws: Failure.self, "\(input)") { try rig(input) }
    }
  }

  @Test("a plan tells what is wrong now, unless a step above will change it")
  func foresight() async throws {
    try stage.put("{}")
    stage.world.setPreview(true)
    func record(_ action: String) -> RolloutRecordView {
      let one = RolloutRecordView.Step(
        id: "one", action: action, state: .waiting, ledgers: [], promotes: false)
      let own = RolloutRecordView.Step(
        id: "step", action: "values.read", state: .waiting, ledgers: [], promotes: false)
      return RolloutRecordView(live: .blue, steps: [one, own])
    }
    stage.world.setRecord(record("functions.agree"))
    await #expect(throws: Failure.self) { try await rig("read: {a: {key: 'k'}}").plan() }
    stage.world.setRecord(record("values.set"))
    #expect(try await rig("read: {a: {key: 'k'}}").plan().changes.isEmpty)
  }
}
