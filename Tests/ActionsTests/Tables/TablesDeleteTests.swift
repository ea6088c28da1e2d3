import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Deletions against a DynamoDB with replicas and states, which moto has not.
@Suite("Deleting tables in their regions", .waiting)
struct TablesDeleteTests {
  private static let input = """
    {table: 'efcms-exp-beta', regions: ['us-west-1', 'us-east-1'], region: 'us-east-1',
     live: [{function: 'api_exp_blue', variable: 'DYNAMODB_TABLE_NAME'}],
     notEqual: ['efcms-exp-alpha'],
    """

  private let dynamo = FakeDynamo("us-west-1", "us-east-1")
  private let cloud: ScriptedCloud
  private let stage: ScriptedStage

  init() throws {
    cloud = dynamo.cloud
    stage = try ScriptedStage(cloud)
    dynamo.setFunction("api_exp_blue", ["DYNAMODB_TABLE_NAME": "efcms-exp-alpha"])
  }

  private func rig(_ more: String = "", journal: ActionJournal = ActionJournal()) throws
    -> ActionRig
  { try stage.rig(TablesDelete.self, Self.input + more + "}", journal: journal) }

  private var deletions: [String] { cloud.seen("DeleteTable").map(\.text) }

  private func setItems(_ count: Int) {
    dynamo.change { for region in $0.tables.keys { $0.tables[region]?.items = count } }
  }

  @Test("the owner goes only once DynamoDB says that the replica is not there")
  func order() async throws {
    setItems(3)
    let rig = try rig()
    let plan = try await rig.plan()
    #expect(!plan.isReversible)
    #expect(plan.changes.count == 2 && plan.changes[0].contains("us-west-1, which holds items"))
    try await rig.apply()
    #expect(rig.journal.hasCrossed)
    #expect(dynamo.regions.isEmpty)
    let log = cloud.seen().map(\.text)
    let west = try #require(log.firstIndex(of: "DeleteTable us-west-1"))
    let east = try #require(log.firstIndex(of: "DeleteTable us-east-1"))
    #expect(deletions.count == 2 && west < east)
    // The replica was seen being deleted, then looked for in vain once more right before.
    #expect(log[west..<east].filter { $0 == "DescribeTable us-west-1" }.count >= 3)
    #expect(log[west..<east].contains("GetFunctionConfiguration us-east-1"))
    #expect(try await rig.verify().isPassed)
    // Repeated, it finds nothing to do.
    try await rig.apply()
    #expect(deletions.count == 2)
    // Nothing comes back, and nobody says so.
    try await rig.undo()
    #expect(dynamo.regions.isEmpty)
  }

  @Test(
    "the live table is never deleted, nor one of which nobody can tell",
    arguments: [
      ("value", "it is live"), ("arn", "it is live"), ("none", "there is no DYNAMODB_TABLE_NAME"),
      ("variable", "there is no variable"), ("empty", "is empty"), ("kms", "cannot be read"),
    ])
  func live(how: String, told: String) async throws {
    let rig = try rig()
    _ = try await rig.plan()
    switch how {
    case "value": dynamo.setFunction("api_exp_blue", ["DYNAMODB_TABLE_NAME": FakeDynamo.name])
    case "arn":
      dynamo.setFunction(
        "api_exp_blue", ["DYNAMODB_TABLE_NAME": "arn:aws:x:table/\(FakeDynamo.name)/stream/2"])
    case "none": dynamo.change { $0.functions = [:] }
    case "variable": dynamo.setFunction("api_exp_blue", ["OTHER": "efcms-exp-alpha"])
    case "empty": dynamo.setFunction("api_exp_blue", ["DYNAMODB_TABLE_NAME": ""])
    case _:
      dynamo.change {
        $0.functions["api_exp_blue"] = [
          "FunctionName": "api_exp_blue",
          "Environment": ["Error": ["ErrorCode": "AccessDeniedException", "Message": "no"]],
        ]
      }
    }
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .refused)
    #expect(failure.summary.contains(told))
    #expect(deletions.isEmpty && dynamo.regions.count == 2)
  }

  @Test("a table that becomes live between the two regions is left where it is")
  func becomesLive() async throws {
    let rig = try rig()
    dynamo.change { state in
      state.beforeCall = { state, call in
        guard call == "DeleteTable us-west-1" else { return }
        state.functions["api_exp_blue"] = [
          "FunctionName": "f",
          "Environment": ["Variables": ["DYNAMODB_TABLE_NAME": .string(FakeDynamo.name)]],
        ]
      }
    }
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(deletions == ["DeleteTable us-west-1"] && dynamo.regions == ["us-east-1"])
  }

  @Test("values that name it, and empty ones, refuse; without any proof there is no step")
  func values() async throws {
    for (value, told) in [(FakeDynamo.name, "names it"), ("", "is empty")] {
      let rig = try stage.rig(
        TablesDelete.self,
        "{table: 'efcms-exp-beta', regions: ['us-east-1', 'us-west-1'], notEqual: ['\(value)']}")
      let failure = try await #require(throws: Failure.self) { try await rig.plan() }
      #expect(failure.summary.contains(told))
    }
    #expect(throws: Failure.self) {
      try stage.rig(TablesDelete.self, "{table: 'efcms-exp-beta', regions: ['us-east-1']}")
    }
    #expect(!LiveGuard.names("efcms-exp-beta-2", FakeDynamo.name, false))
    #expect(!LiveGuard.names("old.efcms-exp-beta", FakeDynamo.name, false))
  }

  @Test("access denied is never 'deleted': neither when looking nor when deleting")
  func denied() async throws {
    let denied = ScriptedCloud.error("AccessDeniedException")
    for call in ["DescribeTable us-west-1", "DeleteTable us-west-1"] {
      let rig = try rig()
      _ = try await rig.plan()
      dynamo.change { $0.errors = [call: [denied]] }
      let failure = try await #require(throws: Failure.self) { try await rig.apply() }
      #expect(failure.kind == .refused)
      #expect(!deletions.contains("DeleteTable us-east-1"))
      dynamo.change { $0.errors = [call: [denied]] }
      if call.hasPrefix("Describe") {
        await #expect(throws: Failure.self) { try await rig.verify() }
      }
    }
    #expect(dynamo.regions.count == 2)
  }

  @Test("what may pass is waited for: replicas being deleted, the rule of 24 hours, bad answers")
  func waits() async throws {
    let rule = ScriptedCloud.error(
      "ValidationException", "Replica cannot be deleted because it has acted as a source region")
    let busy = ScriptedCloud.error("ResourceInUseException")
    let broken = ScriptedCloud.error("InternalServerError")
    let rig = try rig("every: '10m'")
    _ = try await rig.plan()
    dynamo.change {
      $0.errors = [
        "DeleteTable us-east-1": Array(repeating: rule, count: 140) + [busy],
        "DescribeTable us-west-1": [broken, broken],
      ]
    }
    let begin = stage.clock.now()
    try await rig.apply()
    #expect(stage.clock.now() - begin > .seconds(23 * 3600) && dynamo.regions.isEmpty)
    #expect(rig.journal.readings.contains { $0.waitingFor?.contains("source region") == true })
  }

  @Test("in time means in the time of the first process, and other refusals are final")
  func ends() async throws {
    let rule = ScriptedCloud.error("ValidationException", "Replica is a source")
    let journal = ActionJournal()
    let rig = try rig("every: '1h', within: '5h'", journal: journal)
    _ = try await rig.plan()
    dynamo.change { $0.errors = ["DeleteTable us-west-1": Array(repeating: rule, count: 99)] }
    let begin = stage.clock.now()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("is not gone in time") && failure.summary.contains("source"))
    #expect(stage.clock.now() - begin == .seconds(5 * 3600))
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(stage.clock.now() - begin == .seconds(5 * 3600))
    dynamo.change {
      $0.errors = ["DeleteTable us-west-1": [ScriptedCloud.error("ValidationException", "bad")]]
    }
    let other = try await #require(throws: Failure.self) { try await self.rig().apply() }
    #expect(other.summary.contains("bad"))
  }

  @Test("an empty table is made again by undo, with its replica, also from half way")
  func undo() async throws {
    dynamo.change { $0.tables["us-east-1"]?.expiresBy = "ttl" }
    let rig = try rig("mustBeEmpty: true")
    #expect(try await rig.plan().isReversible)
    try await rig.apply()
    #expect(!rig.journal.hasCrossed && dynamo.regions.isEmpty)
    try await rig.undo()
    #expect(dynamo.regions == ["us-east-1", "us-west-1"])
    #expect(dynamo.table("us-east-1")?.expiresBy == "ttl")
    // Half way: only the replica is gone.
    let half = try self.rig("mustBeEmpty: true", journal: ActionJournal())
    _ = try await half.plan()
    dynamo.change { $0.errors = ["DeleteTable us-east-1": [ScriptedCloud.error("Other")]] }
    await #expect(throws: Failure.self) { try await half.apply() }
    #expect(dynamo.regions == ["us-east-1"])
    try await half.undo()
    #expect(dynamo.regions == ["us-east-1", "us-west-1"])
  }

  @Test("a table that goes already is waited for, and not brought back")
  func goingAlready() async throws {
    dynamo.change { state in
      state.tables["us-west-1"] = nil
      state.tables["us-east-1"]?.status = "DELETING"
      state.tables["us-east-1"]?.looks = 4
    }
    let rig = try rig()
    #expect(
      try await rig.plan().changes
        == ["wait until the table efcms-exp-beta in us-east-1 is gone"])
    try await rig.apply()
    try await rig.undo()
    #expect(dynamo.regions.isEmpty && deletions.isEmpty)
  }

  @Test("what is not empty is refused where it must be, also if it was filled since the plan")
  func filled() async throws {
    let rig = try rig()
    #expect(try await rig.plan().isReversible)
    setItems(1)
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("it is not empty") && deletions.isEmpty)
    await #expect(throws: Failure.self) { try await self.rig("mustBeEmpty: true").plan() }
    // What an earlier attempt left may go without being a point of no return.
    let leftover = try self.rig("leftover: true")
    #expect(try await leftover.plan().isReversible)
    try await leftover.apply()
    try await leftover.undo()
    #expect(!leftover.journal.hasCrossed && dynamo.regions.isEmpty)
    #expect(leftover.journal.notes.first?.contains("stays gone") == true)
  }

  @Test("only what was planned goes: not a table made anew, nor one with replicas elsewhere")
  func others() async throws {
    let rig = try rig()
    _ = try await rig.plan()
    dynamo.change { $0.tables["us-west-1"]?.id = "another" }
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("made anew"))
    dynamo.change { $0.tables["eu-west-1"] = .init(id: "third") }
    let third = try await #require(throws: Failure.self) { try await self.rig().plan() }
    #expect(third.summary.contains("replicas in eu-west-1"))
    dynamo.change {
      $0.tables["eu-west-1"] = nil
      $0.tables["us-west-1"]?.isProtected = true
    }
    await #expect(throws: Failure.self) { try await self.rig().plan() }
    #expect(deletions.isEmpty)
    dynamo.change { $0.tables = [:] }
    let none = try self.rig()
    let plan = try await none.plan()
    #expect(plan.changes.isEmpty && plan.isReversible)
    #expect(try await none.apply().notes == ["efcms-exp-beta was gone already"])
    dynamo.change { $0.tables["us-west-1"] = .init(id: "late") }
    await #expect(throws: Failure.self) { try await none.apply() }
  }
}
