import Actions
import Harness
import JSON
import Resources
import Rollouts
import Testing

/// Restores against a server that takes its time, as the service does and moto does not.
@Suite("tables.restore", .waiting)
struct TablesRestoreTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let backup =
    "arn:aws:dynamodb:us-east-1:123456789012:table/orders/backup/01763708000000-aaaa"

  /// The answers to the first `lost` orders are lost; `stranger` has the target's name already.
  private func script(lost: Int = 0, stranger: Bool = false) -> String {
    DynamoStage.opening + "lost, stranger = \(lost), \(stranger ? "True" : "False")\n" + #"""
      def dynamo(self, operation, asked, count):
          made = shared.setdefault("made", {})
          name = asked.get("TableName")
          if operation == "DescribeTable":
              if name == "orders": return table(name)
              if stranger and name == "again" and shared.get("ordered"): return table(name)
              if name not in made: return error(self, "ResourceNotFoundException")
              made[name]["looks"] += 1
              looks, more = made[name]["looks"], dict(made[name]["more"])
              more["RestoreSummary"] = dict(more["RestoreSummary"], RestoreInProgress=looks < 5)
              more["TableStatus"] = "CREATING" if looks < 3 else "ACTIVE"
              return table(name, **more)
          if operation.startswith("RestoreTable"):
              target = asked["TargetTableName"]
              shared["ordered"] = True
              if stranger or target in made: return error(self, "TableAlreadyExistsException")
              summary = {"SourceTableArn": arn + "orders", "RestoreDateTime": 1763708000.0}
              if "BackupArn" in asked: summary["SourceBackupArn"] = asked["BackupArn"]
              made[target] = {"looks": 0, "more": {"RestoreSummary": summary}}
              if count <= lost: return self.hang_up()
              return {"TableDescription": table(target)["Table"]}
          if operation == "DescribeTimeToLive":
              has = name == "orders" or shared.get("ttl")
              return {"TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED",
                      "AttributeName": "ttl"} if has else {"TimeToLiveStatus": "DISABLED"}}
          if operation == "DescribeContinuousBackups":
              return past(name == "orders" or bool(shared.get("past")))
          if operation == "ListTagsOfResource": return {"Tags": []}
          if operation == "DescribeBackup":
              return {"BackupDescription": {"BackupDetails": {"BackupArn": asked["BackupArn"],
                      "BackupName": "nightly", "BackupStatus": "AVAILABLE"}}}
          if operation == "UpdateTimeToLive":
              shared["ttl"] = True
              return {}
          if operation == "UpdateContinuousBackups":
              # Backups of a new table are being set up for a while.
              if count < 3: return error(self, "ContinuousBackupsUnavailableException")
              shared["past"] = True
              return {}
          if operation == "DeleteTable":
              made.pop(name)
              return {}
      """#
  }

  private func run(
    _ script: String, _ pair: (DynamoStage) throws -> TableRevival,
    _ body: (StubbornRun<TablesRestore>, ScriptedServer) async throws -> Void
  ) async throws {
    try await ScriptedServer.run(script) { server in
      let stage = DynamoStage(server, folder: folder.path)
      let input = TablesRestore.Input(pairs: [try pair(stage)])
      try await body(stage.run { try TablesRestore(input, in: $0) }, server)
    }
  }

  private func orders(_ server: ScriptedServer) throws -> [JSONValue] {
    try DynamoStage.calls(server).filter { $0.operation.hasPrefix("RestoreTable") }.map(\.input)
  }

  @Test("a table is made of a moment, waited for and completed, whatever answers are lost")
  func restoresMoment() async throws {
    try await run(script(lost: 1)) { stage in
      TableRevival(
        from: try stage.url("orders"), to: try stage.url("again"), at: "2025-11-21T06:00:00Z")
    } _: { run, server in
      let plan = try await run.plan()
      let report = try await run.apply(plan)
      #expect(report.notes.first?.contains("point-in-time recovery over 35 days") == true)
      #expect(try await run.verify(plan, report).verdict.isPassed)
      let order = try #require(try orders(server).last)
      #expect(order["SourceTableName"]?.string == "orders")
      #expect(order["RestoreDateTime"]?.integer == 1_763_704_800)
      let told = try #require(report.outputs["tables"])
      #expect(told == #"{"dynamodb://us-east-1/orders":"dynamodb://us-east-1/again"}"#)
      try await run.undo(plan)
      let removed = try DynamoStage.calls(server).filter { $0.operation == "DeleteTable" }
      #expect(removed.map { $0.input["TableName"]?.string } == ["again"])
    }
  }

  @Test("a table of that name that was made otherwise is neither taken for ours nor removed")
  func refusesStrangers() async throws {
    try await run(script(stranger: true)) { stage in
      TableRevival(
        from: try stage.url("orders"), to: try stage.url("again"), backup: Self.backup)
    } _: { run, server in
      let plan = try await run.plan()
      let failure = await #expect(throws: Failure.self) { try await run.apply(plan) }
      #expect(failure?.kind == .refused && failure?.summary.contains("was not made of") == true)
      let refusal = await #expect(throws: Failure.self) { try await run.undo(plan) }
      #expect(refusal?.kind == .refused)
      #expect(try orders(server).count == 1)
      let again = await #expect(throws: Failure.self) { try await run.plan() }
      #expect(again?.summary.contains("always makes a new table") == true)
    }
  }
}
