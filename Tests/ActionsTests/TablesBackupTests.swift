import Actions
import Harness
import JSON
import Resources
import Rollouts
import Testing

@Suite("tables.backup", .waiting)
struct TablesBackupTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Backups take three looks to be whole; the answers to the first `lost` orders are lost.
  private func script(lost: Int = 0) -> String {
    DynamoStage.opening + "lost = \(lost)\n" + #"""
      def dynamo(self, operation, asked, count):
          backups = shared.setdefault("backups", [])
          if operation == "DescribeTable": return table(asked["TableName"])
          if operation == "DescribeTimeToLive": return {"TimeToLiveDescription": {}}
          if operation == "DescribeContinuousBackups": return past()
          if operation == "CreateBackup":
              name = asked["TableName"]
              made = {"BackupArn": "%s%s/backup/%014d-aaaa" % (arn, name, len(backups)),
                      "BackupName": asked["BackupName"], "BackupStatus": "CREATING",
                      "TableName": asked["TableName"], "BackupCreationDateTime": 1763708000.5}
              backups.append(made)
              if count <= lost: return self.hang_up()
              return {"BackupDetails": made}
          if operation == "ListBackups":
              mine = [b for b in backups if b["TableName"] == asked["TableName"]]
              others = [dict(mine[0], BackupName="by-hand")] if mine else []
              listed = others + mine
              start = asked.get("ExclusiveStartBackupArn")
              if listed and start is None and len(listed) > 1:
                  return {"BackupSummaries": listed[:1], "LastEvaluatedBackupArn": "x" * 40}
              return {"BackupSummaries": listed[1:] if start else listed}
          if operation in ("DescribeBackup", "DeleteBackup"):
              found = [b for b in backups if b["BackupArn"] == asked["BackupArn"]]
              if not found: return error(self, "BackupNotFoundException")
              if operation == "DeleteBackup": backups.remove(found[0])
              elif count > 2: found[0].update(BackupStatus="AVAILABLE", BackupSizeBytes=700)
              return {"BackupDescription": {"BackupDetails": found[0]}}
      """#
  }

  @Test("an order whose answer is lost is found by its name, and waited for until it is whole")
  func findsItsOrder() async throws {
    try await ScriptedServer.run(script(lost: 1)) { server in
      let stage = DynamoStage(server, folder: folder.path)
      let input = TablesBackup.Input(tables: [try stage.url("orders"), try stage.url("users")])
      let run = stage.run { try TablesBackup(input, in: $0) }
      let plan = try await run.plan()
      let report = try await run.apply(plan)
      #expect(try await run.verify(plan, report).verdict.isPassed)
      let orders = try DynamoStage.calls(server).filter { $0.operation == "CreateBackup" }
      #expect(orders.count == 2, "one for each table")
      #expect(orders.allSatisfy { $0.input["BackupName"]?.string == "cutover-r1-copy" })
      let told = try JSONValue(reading: Array(try #require(report.outputs["backups"]).utf8))
      #expect(told["dynamodb://us-east-1/users"]?.string?.hasSuffix("00000000000001-aaaa") == true)
      // Kept by default; a playbook may say otherwise.
      try await run.undo(plan)
      #expect(stage.site.notes.filter { $0.contains("is kept") }.count == 2)
      var other = input
      other.atUndo = .delete
      let deleting = stage.run { [other] in try TablesBackup(other, in: $0) }
      try await deleting.undo(plan)
      try await deleting.undo(plan)
      let deleted = try DynamoStage.calls(server).filter { $0.operation == "DeleteBackup" }
      #expect(deleted.count == 2)
      let gone = try await run.verify(plan, report).verdict
      #expect(!gone.isPassed)
    }
  }

  @Test("backups are made, listed and restored as boto3 sees them")
  func backsUpOnMoto() async throws {
    let server = try MotoServer.shared()
    _ = try server.python(
      """
      d = client("dynamodb")
      d.create_table(TableName="backup-me", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        Tags=[{"Key": "team", "Value": "blue"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        DeletionProtectionEnabled=True)
      d.update_time_to_live(TableName="backup-me",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
      d.update_continuous_backups(TableName="backup-me",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
      for n in range(9): d.put_item(TableName="backup-me", Item={"id": {"S": str(n)}})
      """)
    let stage = DynamoStage(server.environment, folder: folder.path)
    let input = TablesBackup.Input(tables: [try stage.url("backup-me")])
    let run = stage.run { try TablesBackup(input, in: $0) }
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    #expect(try await run.verify(plan, report).verdict.isPassed)
    _ = try server.python(
      """
      client("dynamodb").put_item(TableName="backup-me", Item={"id": {"S": "later"}})
      """)
    var restore = TablesRestore.Input(pairs: [
      .init(from: try stage.url("backup-me"), to: try stage.url("backup-me-again")),
      .init(
        from: try stage.url("backup-me"), to: try stage.url("backup-me-latest"), at: nil),
    ])
    restore.pairs[0].backup = report.outputs["backup"]
    let reviving = stage.run { [restore] in try TablesRestore(restore, in: $0) }
    let revival = try await reviving.plan()
    let made = try await reviving.apply(revival)
    #expect(try await reviving.verify(revival, made).verdict.isPassed)
    #expect(made.notes.contains { $0.contains("has again: time to live by 'ttl'") })
    let read = try server.python(
      """
      d = client("dynamodb"); out = []
      for name in ("backup-me-again", "backup-me-latest"):
        t = d.describe_table(TableName=name)["Table"]
        ttl = d.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        past = d.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        tags = d.list_tags_of_resource(ResourceArn=t["TableArn"])["Tags"]
        out.append([len(d.scan(TableName=name)["Items"]), ttl.get("AttributeName"),
          past["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
          t["StreamSpecification"]["StreamViewType"], t["DeletionProtectionEnabled"],
          tags[0]["Value"]])
      print(json.dumps(out))
      """)
    let settings = #""ttl", "ENABLED", "NEW_IMAGE", true, "blue"]"#
    #expect(read.contains("[[9, \(settings), [10, \(settings)]"), "\(read)")
    try await reviving.undo(revival)
    try await reviving.undo(revival)
    let left = try server.python(
      """
      d = client("dynamodb")
      print([t for t in tables() if t.startswith("backup-me")],
            len(d.list_backups(TableName="backup-me")["BackupSummaries"]))
      """)
    #expect(left.contains("['backup-me'] 1"))
  }
}
