import Actions
import Harness
import JSON
import Resources
import Rollouts
import Testing

/// Exports against a server that does as the service's model and guide say, since moto writes no
/// manifests, tells no moments and forgets tokens.
@Suite("tables.export", .waiting)
struct TablesExportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// `lost` answers to orders and `dead` looks are swallowed; a token is forgotten after `lost`.
  private func script(lost: Int = 0, dead: Int = 0, fails: Int = 0, isKept: Bool = true) -> String {
    DynamoStage.opening + """
      lost, dead, fails, isKept = \(lost), \(dead), \(fails), \(isKept ? "True" : "False")

      """ + #"""
        def describe(export):
            told = dict(export)
            told["looks"] = None
            return {k: v for k, v in told.items() if v is not None}
        def dynamo(self, operation, asked, count):
            exports = shared.setdefault("exports", [])
            if operation == "DescribeTable": return table(asked["TableName"])
            if operation == "DescribeTimeToLive": return {"TimeToLiveDescription": {}}
            if operation == "DescribeContinuousBackups": return past(isKept)
            if operation == "ExportTableToPointInTime":
                same = [e for e in exports if e["ClientToken"] == asked["ClientToken"]]
                if not same or count == lost + 1:
                    name = "%014d-%08x" % (1763708000000 + len(exports), len(exports))
                    same = [dict(asked, ExportArn=asked["TableArn"] + "/export/" + name,
                                 ExportStatus="IN_PROGRESS", looks=0, ExportTime=1763708400.5)]
                    exports.append(same[0])
                if count <= lost: return self.hang_up()
                return {"ExportDescription": describe(same[0])}
            if operation == "ListExports":
                place = int(asked.get("NextToken", 0))
                page = {"ExportSummaries": [{"ExportArn": e["ExportArn"]}
                                            for e in exports[place:place + 1]]}
                if place + 1 < len(exports): page["NextToken"] = str(place + 1)
                return page
            if operation == "DescribeExport":
                if count <= dead: return self.hang_up()
                found = [e for e in exports if e["ExportArn"] == asked["ExportArn"]]
                if not found: return error(self, "ExportNotFoundException")
                export = found[0]
                export["looks"] += 1
                if export["looks"] > 3 and export["ExportStatus"] == "IN_PROGRESS":
                    if len([e for e in exports if e["ExportStatus"] == "FAILED"]) < fails:
                        export.update(ExportStatus="FAILED", FailureCode="S3AccessDenied",
                                      FailureMessage="Access Denied")
                    else:
                        folder = "nightly/AWSDynamoDB/" + asked["ExportArn"].split("/")[-1]
                        export.update(ExportStatus="COMPLETED", ItemCount=7, BilledSizeBytes=700,
                            ExportManifest=folder + "/manifest-summary.json")
                return {"ExportDescription": describe(export)}
        """#
  }

  private func input(_ stage: DynamoStage) throws -> TablesExport.Input {
    TablesExport.Input(
      tables: [try stage.url("orders")], to: try ResourceURL("s3://saved/nightly/"))
  }

  private func run(
    _ script: String, change: (inout TablesExport.Input) -> Void = { _ in },
    _ body: (DynamoStage, StubbornRun<TablesExport>, ScriptedServer) async throws -> Void
  ) async throws {
    try await ScriptedServer.run(script) { server in
      let stage = DynamoStage(server, folder: folder.path)
      var input = try input(stage)
      change(&input)
      let run = stage.run { [input] in try TablesExport(input, in: $0) }
      try await body(stage, run, server)
    }
  }

  private func orders(_ server: ScriptedServer) throws -> [JSONValue] {
    try DynamoStage.calls(server).filter { $0.operation == "ExportTableToPointInTime" }.map(\.input)
  }

  @Test("an export is ordered as of a moment, waited for, and told with its manifest and count")
  func exportsAll() async throws {
    let moment = { (input: inout TablesExport.Input) in input.at = "2025-11-21T06:00:00.250Z" }
    try await run(script(), change: moment) { stage, run, server in
      let planned = try await TablesExport(
        {
          var input = try input(stage)
          input.at = "2025-11-21T06:00:00.250Z"
          return input
        }(), in: stage.site.site()
      ).plan()
      #expect(planned.changes.first?.contains("about 7 items, 700 bytes") == true)
      let plan = try await run.plan()
      let report = try await run.apply(plan)
      #expect(report.outputs["items"] == "7")
      let manifest = try #require(report.outputs["manifest"])
      #expect(
        manifest.hasPrefix("s3://saved/nightly/AWSDynamoDB/01763708000000-00000000/manifest-"))
      #expect(report.outputs["prefix"]?.hasSuffix("-00000000/") == true)
      #expect(try await run.verify(plan, report).verdict.isPassed)
      let order = try #require(try orders(server).first)
      #expect(order["S3Bucket"]?.string == "saved" && order["S3Prefix"]?.string == "nightly")
      #expect(order["TableArn"]?.string?.hasSuffix(":table/orders") == true)
      #expect(order["ExportType"]?.string == "FULL_EXPORT")
      #expect(order["ExportTime"]?.numberText == "1763704800.25")
      #expect(try orders(server).count == 1)
    }
  }

  @Test("changes are ordered for their window, and only within what is kept")
  func exportsChanges() async throws {
    let span = { (input: inout TablesExport.Input) in
      input.changesFrom = "2025-11-21T05:00:00Z"
      input.changesTo = "2025-11-21T06:00:00Z"
      input.images = .new
    }
    try await run(script(), change: span) { _, run, server in
      _ = try await run.apply(try await run.plan())
      let order = try #require(try orders(server).first)
      let told = try #require(order["IncrementalExportSpecification"])
      #expect(order["ExportType"]?.string == "INCREMENTAL_EXPORT" && order["ExportTime"] == nil)
      #expect(told["ExportFromTime"]?.integer == 1_763_701_200)
      #expect(told["ExportToTime"]?.integer == 1_763_704_800)
      #expect(told["ExportViewType"]?.string == "NEW_IMAGE")
    }
    let early = { (input: inout TablesExport.Input) in input.changesFrom = "2025-11-01T05:00:00Z" }
    try await run(script(), change: early) { _, run, _ in
      let failure = await #expect(throws: Failure.self) { try await run.plan() }
      #expect(failure?.kind == .refused && failure?.summary.contains("out of what is kept") == true)
    }
  }

  @Test("an order whose answers are lost until the process dies is found, not given again")
  func findsItsOrder() async throws {
    // The client gives up after some tries, and the run begins anew; no answer would ever come.
    try await run(script(lost: 1000)) { _, run, server in
      let plan = try await run.plan()
      let report = try await run.apply(plan)
      #expect(report.outputs["export"]?.hasSuffix("/export/01763708000000-00000000") == true)
      let calls = try DynamoStage.calls(server).map(\.operation)
      let last = try #require(calls.lastIndex(of: "ExportTableToPointInTime"))
      #expect(try #require(calls.firstIndex(of: "ListExports")) > last)
      let tokens = Set(try orders(server).compactMap { $0["ClientToken"]?.string })
      #expect(tokens.count == 1)
    }
  }

  @Test("a process that dies while it waits goes on waiting for the same export")
  func waitsOn() async throws {
    try await run(script(dead: 20)) { _, run, server in
      let report = try await run.apply(try await run.plan())
      #expect(report.outputs["items"] == "7")
      #expect(try orders(server).count == 1)
    }
  }

  @Test("a failed export says why, and a retry orders another")
  func retriesFailed() async throws {
    try await run(script(fails: 1)) { _, run, server in
      let plan = try await run.plan()
      let failure = await #expect(throws: Failure.self) { try await run.apply(plan) }
      #expect(failure?.summary.contains("S3AccessDenied: Access Denied") == true)
      #expect(failure?.isTransient == false)
      let report = try await run.apply(plan)
      #expect(report.outputs["export"]?.hasSuffix("-00000001") == true)
      let tokens = Set(try orders(server).compactMap { $0["ClientToken"]?.string })
      #expect(tokens.count == 2)
    }
  }

  @Test("a table whose past is not kept is refused while planning")
  func refusesWithoutPast() async throws {
    try await run(script(isKept: false)) { _, run, server in
      let failure = await #expect(throws: Failure.self) { try await run.plan() }
      #expect(failure?.kind == .refused && failure?.summary.contains("not kept") == true)
      let orders = try orders(server)
      #expect(orders.isEmpty)
    }
  }

  @Test("what the export of moto's table holds is what the table holds, as boto3 reads it")
  func exportsOnMoto() async throws {
    let server = try MotoServer.shared()
    _ = try server.python(
      """
      d, s3 = client("dynamodb"), client("s3")
      s3.create_bucket(Bucket="exports-of-tables")
      d.create_table(TableName="export-me", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
      d.update_continuous_backups(TableName="export-me",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
      for n in range(12): d.put_item(TableName="export-me", Item={"id": {"S": str(n)}})
      """)
    let stage = DynamoStage(server.environment, folder: folder.path)
    let input = TablesExport.Input(
      tables: [try stage.url("export-me")], to: try ResourceURL("s3://exports-of-tables/a"))
    let run = stage.run { try TablesExport(input, in: $0) }
    let report = try await run.apply(try await run.plan())
    #expect(report.outputs["items"] == "12")
    let read = try server.python(
      """
      import gzip
      s3 = client("s3"); ids = []
      for o in s3.list_objects_v2(Bucket="exports-of-tables", Prefix="a/AWSDynamoDB/")["Contents"]:
        body = s3.get_object(Bucket="exports-of-tables", Key=o["Key"])["Body"].read()
        ids += [json.loads(l)["Item"]["id"]["S"] for l in gzip.decompress(body).splitlines()]
      print(sorted(map(int, ids)) == list(range(12)))
      """)
    #expect(read.contains("True"))
  }
}
