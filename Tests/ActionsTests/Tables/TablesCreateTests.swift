import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Tables with replicas against a DynamoDB that takes its time, and one without against moto.
@Suite("Making empty tables", .waiting)
struct TablesCreateTests {
  private static let definition = """
    {AttributeDefinitions: [{AttributeName: 'pk', AttributeType: 'S'},
                            {AttributeName: 'sk', AttributeType: 'S'}],
     KeySchema: [{AttributeName: 'pk', KeyType: 'HASH'}, {AttributeName: 'sk', KeyType: 'RANGE'}],
     timeToLive: 'ttl', pointInTimeRecovery: true}
    """

  private func input(_ more: String = "") -> String {
    """
    {table: 'dynamodb://us-east-1/efcms-exp-beta', definition: \(Self.definition),
     replicas: ['us-west-1'], \(more)}
    """
  }

  @Test("it is done when the table and its replica are ready and empty, and undo takes both away")
  func replicas() async throws {
    let dynamo = FakeDynamo()
    let cloud = dynamo.cloud
    let stage = try ScriptedStage(cloud)
    let rig = try stage.rig(TablesCreate.self, input())
    let plan = try await rig.plan()
    #expect(plan.changes.count == 2 && plan.isReversible)
    let report = try await rig.apply()
    #expect(report.outputs["arn"] == "arn:aws:dynamodb:us-east-1:1:table/efcms-exp-beta")
    #expect(report.outputs["stream"]?.hasSuffix("/stream/1") == true)
    #expect(try await rig.verify().isPassed)
    for region in ["us-east-1", "us-west-1"] {
      let table = try #require(dynamo.table(region))
      #expect(table.status == "ACTIVE" && table.recovers)
    }
    #expect(dynamo.table("us-east-1")?.expiresBy == "ttl")
    let updates = cloud.seen("UpdateTable")
    #expect(updates.map(\.text) == ["UpdateTable us-east-1"])
    // Another process finds all of it done.
    try await rig.apply()
    #expect(cloud.seen("CreateTable").count == 1 && cloud.seen("UpdateTable").count == 1)
    try await rig.undo()
    #expect(dynamo.regions.isEmpty)
    #expect(
      cloud.seen("DeleteTable").map(\.region) == ["us-west-1", "us-east-1"])
    try await rig.undo()
  }

  @Test("a replica that fails, and a table that is somebody else's, stop it")
  func failures() async throws {
    let dynamo = FakeDynamo()
    dynamo.change { $0.failsReplicas = true }
    let stage = try ScriptedStage(dynamo.cloud)
    let failure = try await #require(throws: Failure.self) {
      try await stage.rig(TablesCreate.self, input()).apply()
    }
    #expect(failure.summary.contains("CREATION_FAILED: why"))
    // Made by another between the plan and the first call: without our mark it is not ours.
    let other = FakeDynamo()
    let second = try ScriptedStage(other.cloud).rig(TablesCreate.self, input())
    _ = try await second.plan()
    other.change { $0.tables["us-east-1"] = .init(id: "theirs") }
    await #expect(throws: Failure.self) { try await second.apply() }
    try await second.undo()
    #expect(other.table("us-east-1") != nil)
    #expect(second.journal.notes.first?.contains("was not made by this step") == true)
  }

  @Test("what is there is refused, or taken over where it is surely empty and alike")
  func existing() async throws {
    let dynamo = FakeDynamo("us-east-1")
    let cloud = dynamo.cloud
    let stage = try ScriptedStage(cloud)
    await #expect(throws: Failure.self) {
      try await stage.rig(TablesCreate.self, input()).plan()
    }
    dynamo.change { $0.tables["us-east-1"]?.items = 1 }
    let adopting = input("existing: 'empty'")
    let full = try await #require(throws: Failure.self) {
      try await stage.rig(TablesCreate.self, adopting).plan()
    }
    #expect(full.summary.contains("is not empty"))
    dynamo.change { state in
      state.tables["us-east-1"]?.items = 0
      state.tables["us-east-1"]?.definition["KeySchema"] = [
        ["AttributeName": "pk", "KeyType": "HASH"]
      ]
    }
    let unlike = try await #require(throws: Failure.self) {
      try await stage.rig(TablesCreate.self, adopting).plan()
    }
    #expect(unlike.summary.contains("it has key (pk S) instead of key (pk S, sk S)"))
    dynamo.change { $0.tables["us-east-1"]?.definition = FakeDynamo.definition }
    let rig = try stage.rig(TablesCreate.self, adopting)
    #expect(try await rig.plan().changes == ["  with replicas in us-west-1"])
    try await rig.apply()
    #expect(dynamo.regions == ["us-east-1", "us-west-1"] && cloud.seen("CreateTable").isEmpty)
    // Only what it added goes.
    try await rig.undo()
    #expect(dynamo.regions == ["us-east-1"])
  }

  @Test("undo loses what this rollout wrote, but nothing once the new side has been live")
  func undoOfFull() async throws {
    let dynamo = FakeDynamo()
    let stage = try ScriptedStage(dynamo.cloud)
    dynamo.setFunction("api", ["TABLE": FakeDynamo.name])
    let rig = try stage.rig(
      TablesCreate.self, input("live: [{function: 'api', variable: 'TABLE'}]"))
    try await rig.apply()
    dynamo.change { $0.tables["us-east-1"]?.items = 5 }
    let live = try await #require(throws: Failure.self) { try await rig.undo() }
    #expect(live.summary.contains("it is live"))
    dynamo.setFunction("api", ["TABLE": "efcms-exp-alpha"])
    stage.promote()
    let promoted = try await #require(throws: Failure.self) {
      try await stage.rig(TablesCreate.self, input(), journal: rig.journal).undo()
    }
    #expect(promoted.kind == .refused && promoted.summary.contains("has been live"))
    #expect(dynamo.regions.count == 2)
    stage.world.setRecord(RolloutRecordView(live: .blue, steps: []))
    try await rig.undo()
    #expect(dynamo.regions.isEmpty)
  }

  @Test("killed between its calls, the next process makes the rest")
  func killed() async throws {
    let dynamo = FakeDynamo()
    let cloud = dynamo.cloud
    let stage = try ScriptedStage(cloud)
    let rig = try stage.rig(TablesCreate.self, input())
    _ = try await rig.plan()
    dynamo.change { $0.errors = ["UpdateTable us-east-1": [ScriptedCloud.error("Other")]] }
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(dynamo.regions == ["us-east-1"])
    let next = try stage.rig(TablesCreate.self, input(), journal: rig.journal)
    try await next.apply()
    #expect(dynamo.regions.count == 2 && cloud.seen("CreateTable").count == 1)
    try await next.undo()
    // Taken back while it is still being made.
    let early = try stage.rig(TablesCreate.self, input())
    _ = try await early.plan()
    dynamo.change { $0.errors = ["DescribeTable us-east-1": [ScriptedCloud.error("Other")]] }
    await #expect(throws: Failure.self) { try await early.apply() }
    let tag: JSONValue = ["Key": "cutover:made-by", "Value": "r1/step"]
    dynamo.change {
      $0.tables["us-east-1"] = .init(id: "new", status: "CREATING", looks: 4, tags: [tag])
    }
    try await early.undo()
    #expect(dynamo.regions.isEmpty)
  }

  @Test("against moto: a table like another one, asserted empty, then deleted but for the live one")
  func moto() async throws {
    let server = try MotoServer.shared()
    let stage = try CloudStage(server.environment)
    _ = try server.python(
      """
      db = client('dynamodb')
      keys = [dict(AttributeName=n, AttributeType='S') for n in ('pk', 'sk', 'gsi1pk')]
      def key(a, b): return [dict(AttributeName=a, KeyType='HASH'),
                             dict(AttributeName=b, KeyType='RANGE')]
      db.create_table(TableName='tcreate-alpha', AttributeDefinitions=keys,
        KeySchema=key('pk', 'sk'), BillingMode='PAY_PER_REQUEST',
        GlobalSecondaryIndexes=[dict(IndexName='gsi1', KeySchema=key('gsi1pk', 'pk'),
                                     Projection=dict(ProjectionType='ALL'))],
        StreamSpecification=dict(StreamEnabled=True, StreamViewType='NEW_AND_OLD_IMAGES'))
      db.update_time_to_live(TableName='tcreate-alpha',
        TimeToLiveSpecification=dict(Enabled=True, AttributeName='ttl'))
      db.update_continuous_backups(TableName='tcreate-alpha',
        PointInTimeRecoverySpecification=dict(PointInTimeRecoveryEnabled=True))
      db.put_item(TableName='tcreate-alpha', Item=dict(pk=dict(S='a'), sk=dict(S='b')))
      """)
    let rig = try stage.rig(
      TablesCreate.self,
      "{table: 'dynamodb://us-east-1/tcreate-beta', like: 'dynamodb://us-east-1/tcreate-alpha'}")
    try await rig.apply()
    #expect(try await rig.verify().isPassed)
    let told = try server.python(
      """
      db = client('dynamodb')
      table = db.describe_table(TableName='tcreate-beta')['Table']
      index = table['GlobalSecondaryIndexes'][0]
      print([k['AttributeName'] for k in table['KeySchema']], index['IndexName'],
            [k['AttributeName'] for k in index['KeySchema']],
            table['BillingModeSummary']['BillingMode'],
            table['StreamSpecification']['StreamViewType'],
            db.describe_time_to_live(TableName='tcreate-beta')['TimeToLiveDescription'],
            db.describe_continuous_backups(TableName='tcreate-beta')
              ['ContinuousBackupsDescription']['PointInTimeRecoveryDescription']
              ['PointInTimeRecoveryStatus'], table['ItemCount'])
      """)
    #expect(
      told
        == "['pk', 'sk'] gsi1 ['gsi1pk', 'pk'] PAY_PER_REQUEST NEW_AND_OLD_IMAGES "
        + "{'TimeToLiveStatus': 'ENABLED', 'AttributeName': 'ttl'} ENABLED 0\n")
    func assertEmpty(_ name: String) async throws {
      try await stage.rig(TablesAssertEmpty.self, "{table: '\(name)', regions: ['us-east-1']}")
        .apply()
    }
    try await assertEmpty("tcreate-beta")
    await #expect(throws: Failure.self) { try await assertEmpty("tcreate-alpha") }
    await #expect(throws: Failure.self) { try await assertEmpty("tcreate-none") }
    func deletion(_ name: String) throws -> ActionRig {
      try stage.rig(
        TablesDelete.self,
        "{table: '\(name)', regions: ['us-west-1', 'us-east-1'], notEqual: ['tcreate-alpha']}")
    }
    await #expect(throws: Failure.self) { try await deletion("tcreate-alpha").apply() }
    try await deletion("tcreate-beta").apply()
    #expect(
      try server.python("print([n for n in tables() if n.startswith('tcreate')])")
        == "['tcreate-alpha']\n")
  }
}
