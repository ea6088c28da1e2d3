import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite("Destroying the stack of a cloud", .waiting)
struct StackCloudDestroyTests {
  private let blue: FakeCloudStack
  private let green: FakeCloudStack
  private let world: FakeWorld
  private static let table = StackResource(
    path: [], logicalID: "Orders", physicalID: "orders-1", type: "AWS::DynamoDB::Table")

  init() throws {
    blue = FakeCloudStack(try ResourceURL("fakecloud://region/blue"))
    green = FakeCloudStack(try ResourceURL("fakecloud://region/green"))
    world = try FakeWorld(providers: [FakeCloudStack.provider([blue, green])])
    for stack in [blue, green] {
      stack.set { state in
        let id = "id-of-\(stack.url.path)"
        state.found = StackDescription(state: .healthy, outputs: [:], resources: [], id: id)
        state.survey = StackSurvey(
          id: id, deleted: [Self.table], retained: [], data: ["table orders-1 holds 3 items"],
          warnings: ["a warning"], obstacles: [])
      }
    }
    setLive(blue: "fakecloud://region/blue", green: "fakecloud://region/green")
    var ledger = Ledger(from: blue.url, to: green.url)
    ledger.foundDigest = ""
    func step(_ id: String, _ action: String, _ ledgers: [Ledger] = []) -> RolloutRecordView.Step {
      .init(
        id: id, action: action, state: id == "destroy" ? .active(.apply, attempt: 1) : .done,
        ledgers: ledgers, promotes: action == "dns.point")
    }
    world.setRecord(
      RolloutRecordView(
        live: .green,
        steps: [
          step("copy", "tables.copy", [ledger]), step("switch", "dns.point"), step("soak", "bake"),
          step("yes", "gate.approval"), step("destroy", "stack.destroy"),
        ]))
    world.zone.set {
      $0.sets = [
        RecordSet(
          name: "www.example.test.", type: "CNAME", ttlSeconds: 60, values: ["green.example.test."])
      ]
    }
  }

  private func setLive(blue: String, green: String) {
    world.setLive(
      LiveIndicator(
        zone: world.zone.url, name: "www.example.test", type: "CNAME",
        blue: .init(value: "blue.example.test", stack: try? ResourceURL(blue)),
        green: .init(value: "green.example.test", stack: try? ResourceURL(green))))
  }

  private func rig(_ more: String = "", stack: String = "fakecloud://region/blue") throws
    -> ActionRig
  {
    try ActionRig(
      ActionDescriptor(StackDestroy.self), "{stack: '\(stack)', name: 'blue'\(more)}",
      in: world.site(step: "destroy"))
  }

  private func refusal(_ rig: ActionRig) async throws -> String {
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .refused)
    #expect(!rig.journal.hasCrossed)
    #expect(blue.now.destroyed.isEmpty)
    return failure.summary
  }

  @Test("the plan lists what goes and what holds data, and just that is destroyed")
  func destroys() async throws {
    let rig = try rig(", emptyBuckets: ['Web'], retain: ['Logs']")
    let plan = try await rig.plan()
    #expect(
      plan.changes == [
        "destroy fakecloud://region/blue for good", "  mind: a warning",
        "  table orders-1 holds 3 items", "  delete Orders (AWS::DynamoDB::Table, orders-1)",
      ])
    try await rig.apply()
    let destroyed = try #require(blue.now.destroyed.first)
    #expect(destroyed.survey.id == "id-of-/blue")
    #expect(destroyed.wishes == StackDemolition(emptyBuckets: ["Web"], retain: ["Logs"]))
    #expect(try await rig.verify().isPassed)
  }

  @Test("an obstacle, a new resource or another stack refuses before the point of no return")
  func refuses() async throws {
    let rig = try rig()
    _ = try await rig.plan()
    blue.set { $0.survey?.obstacles = ["it is protected"] }
    #expect(try await refusal(rig).contains("it is protected"))
    blue.set { state in
      state.survey?.obstacles = []
      state.survey?.deleted.append(
        StackResource(path: [], logicalID: "New", physicalID: "n", type: "AWS::S3::Bucket"))
    }
    #expect(try await refusal(rig).contains("New"))
    blue.set { state in
      state.survey?.deleted.removeLast()
      state.survey?.id = "another"
    }
    #expect(try await refusal(rig).contains("made anew"))
  }

  @Test("what is left though the stack is gone is for a person to judge")
  func looksAfterwards() async throws {
    blue.set { $0.leftovers = ["orders-1 (AWS::DynamoDB::Table, Orders) is still there"] }
    let rig = try rig()
    try await rig.apply()
    guard case .inconclusive(let text) = try await rig.verify() else {
      Issue.record("a table that is left over passed")
      return
    }
    #expect(text.contains("orders-1"))
  }

  @Test("the live stack is known by its id, however its URL is written")
  func knowsLiveByID() async throws {
    setLive(blue: "fakecloud://region/blue?profile=a", green: "fakecloud://region/blue?profile=b")
    #expect(
      try await refusal(rig(stack: "fakecloud://region/blue?profile=a"))
        .contains("is the stack of green, which is live"))
  }
}
