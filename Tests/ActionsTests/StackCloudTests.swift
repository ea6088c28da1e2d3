import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite("Deploying the stack of a cloud", .waiting)
struct StackCloudTests {
  private let stack: FakeCloudStack
  private let world: FakeWorld

  init() throws {
    stack = FakeCloudStack(try ResourceURL("fakecloud://region/green"))
    world = try FakeWorld(providers: [FakeCloudStack.provider([stack])])
  }

  private func rig(
    _ more: String = "", journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(StackDeploy.self),
      "{stack: 'fakecloud://region/green', template: '/t.json'\(more)}", in: world.site(),
      journal: journal)
  }

  private static func change(
    _ kind: StackChange.Kind, _ id: String, holdsData: Bool = true, keepsOld: Bool = false
  ) -> StackChange {
    StackChange(
      kind: kind,
      resource: StackResource(
        path: ["Storage"], logicalID: id, physicalID: "p-\(id)", type: "AWS::DynamoDB::Table"),
      causes: [], keepsOld: keepsOld, holdsData: holdsData)
  }

  private func prepare(_ changes: [StackChange], wasThere: Bool = true, clears: String? = nil) {
    stack.set { state in
      state.prepared = StackChangePlan(
        id: "set-1", changes: changes,
        remarks: clears == nil ? [] : ["delete the failed one"], clears: clears, isEmpty: false)
      guard wasThere else { return }
      state.found = StackDescription(
        state: clears == nil ? .healthy : .unhealthy, outputs: [:], resources: ["old"], id: "id-1")
      state.snapshot =
        clears != nil
        ? nil
        : StackSnapshot(
          id: "id-1", template: "{}", parameters: ["A": "1"], hidden: ["B"], tags: [:],
          capabilities: [], templateBucket: nil)
    }
  }

  @Test("a loss of data is refused by the plan, shown by the preview, and done when agreed to")
  func asksForAllowance() async throws {
    prepare([Self.change(.replace, "Orders1A2B3C4D"), Self.change(.modify, "Other")])
    let failure = try await #require(throws: Failure.self) { try await rig().plan() }
    #expect(failure.kind == .refused)
    #expect(failure.summary.contains("replace Storage/Orders1A2B3C4D"))
    #expect(!failure.summary.contains("Other"))
    #expect(stack.now.discarded == ["set-1"])
    world.setPreview(true)
    let preview = try await rig().plan()
    #expect(
      preview.changes.contains("  refused unless allow has \"replace:Orders1A2B3C4D\""))
    world.setPreview(false)
    for word in ["Orders1A2B3C4D", "Orders", "Storage/Orders1A2B3C4D"] {
      _ = try await rig(", allow: ['replace:\(word)']").plan()
    }
    #expect(stack.now.kept == [true, false, true, true, true])
    await #expect(throws: Failure.self) { try await rig(", allow: ['remove:Orders']").plan() }
    #expect(stack.now.deployed.isEmpty)
  }

  @Test("an agreement that means nothing is refused at once")
  func refusesOddAllowance() {
    #expect(throws: Failure.self) { try rig(", allow: ['delete:Orders']") }
  }

  @Test("what the journal keeps for undo holds no secret")
  func hidesSecrets() async throws {
    world.setSecret("env:KEY", "hunter22")
    prepare([Self.change(.modify, "Orders")])
    stack.set { $0.snapshot?.parameters["Key"] = "hunter22" }
    let rig = try rig(", parameters: {Key: '${secret:env:KEY}'}")
    let plan = try await rig.plan()
    #expect(!plan.plan.contains("hunter22"))
    try await rig.apply()
    try await rig.undo()
    let restored = try #require(stack.now.restored.first)
    #expect(restored.snapshot.hidden.sorted() == ["B", "Key"])
  }

  @Test("what was prepared is what is deployed, with all that the playbook says")
  func deploysPlan() async throws {
    prepare([Self.change(.add, "New")], wasThere: false)
    let rig = try rig(", capabilities: ['CAPABILITY_IAM'], tags: {team: 'a'}")
    #expect(try await rig.plan().isReversible)
    try await rig.apply()
    let deployed = try #require(stack.now.deployed.first)
    #expect(deployed.plan.id == "set-1")
    #expect(deployed.template.settings?.capabilities == ["CAPABILITY_IAM"])
    #expect(deployed.template.settings?.tags == ["team": "a"])
  }

  @Test("undo brings the former template back, and tells beforehand what it cannot bring back")
  func restores() async throws {
    prepare([Self.change(.replace, "Orders"), Self.change(.replace, "Kept", keepsOld: true)])
    let rig = try rig(", allow: ['replace:Orders', 'replace:Kept'], parameters: {B: 'x'}")
    let plan = try await rig.plan()
    #expect(plan.changes.first == "change fakecloud://region/green")
    try await rig.undo()
    #expect(stack.now.restored.isEmpty, "nothing was begun")
    try await rig.apply()
    rig.journal.forgetCheckpoint()
    try await rig.undo()
    let restored = try #require(stack.now.restored.first)
    #expect(restored.snapshot.parameters == ["A": "1"])
    #expect(restored.changes.map(\.resource.logicalID) == ["Orders", "Kept"])
    #expect(stack.now.destroyed.isEmpty)
  }

  @Test("a stack that never came up and is made anew is this step's own, and goes with undo")
  func clears() async throws {
    prepare([], clears: "id-1")
    let rig = try rig()
    #expect(try await rig.plan().changes.first == "create fakecloud://region/green")
    try await rig.apply()
    stack.set { state in
      state.survey = StackSurvey(
        id: "id-2", deleted: [],
        retained: [
          StackResource(path: [], logicalID: "B", physicalID: "bucket-b", type: "AWS::S3::Bucket")
        ], data: [], warnings: [], obstacles: [])
    }
    try await rig.undo()
    #expect(stack.now.destroyed.map(\.survey.id) == ["id-2"])
    #expect(rig.journal.notes.contains { $0.contains("leaves bucket-b") })
  }

  @Test("somebody else's stack that never came up is not taken for the planned one")
  func refusesOther() async throws {
    prepare([], clears: "id-1")
    let rig = try rig()
    _ = try await rig.plan()
    stack.set { $0.found?.id = "id-9" }
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .refused)
  }

  @Test("outputs hold the stack's own, tables by construct, and what was asked for")
  func names() async throws {
    prepare([Self.change(.add, "New")], wasThere: false)
    stack.set { state in
      state.contents = StackContents(
        resources: [
          StackResource(
            path: ["Storage"], logicalID: "OrdersTable1A2B3C4D", physicalID: "orders-xyz",
            type: "AWS::DynamoDB::Table"),
          StackResource(
            path: [], logicalID: "Reindexer0A0B0C0D", physicalID: "reindex-fn",
            type: "AWS::Lambda::Function"),
        ],
        outputs: [
          StackOutput(path: [], key: "Site", value: "https://b"),
          StackOutput(path: ["Search"], key: "IndexOutput", value: "idx"),
        ])
    }
    let report = try await rig(", find: {fn: 'Reindexer'}, outputsOf: {index: 'Index_Output'}")
      .apply()
    #expect(
      report.outputs == [
        "Site": "https://b", "OrdersTable1A2B3C4D": "orders-xyz", "OrdersTable": "orders-xyz",
        "fn": "reindex-fn", "index": "idx",
      ])
  }

  @Test("inputs that mean nothing to a plain stack are refused")
  func refusesForPlain() async throws {
    let rig = try ActionRig(
      ActionDescriptor(StackDeploy.self),
      "{stack: 'fakestack://a', template: 't', capabilities: ['CAPABILITY_IAM']}",
      in: world.site())
    let failure = try await #require(throws: Failure.self) { try await rig.plan() }
    #expect(failure.kind == .permanent)
    let destroy = try ActionRig(
      ActionDescriptor(StackDestroy.self),
      "{stack: 'fakestack://a', name: 'a', emptyBuckets: ['B']}", in: world.site())
    try world.stack("fakestack://a").set { $0.found = FakeStack.healthy() }
    await #expect(throws: Failure.self) { try await destroy.plan() }
  }
}
