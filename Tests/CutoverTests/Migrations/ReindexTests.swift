import Foundation
import Harness
import JSON
import Testing

/// The recorded calls of the old script, against a server that answers as the function and the
/// service do.
@Suite("cutover migrate vams v2.2-to-v2.3", .waiting)
struct ReindexTests {
  /// Answers by the function's name, and lists what it was asked at /calls.
  private static let server = #"""
    def answer(results):
        return {"statusCode": 200, "body": json.dumps({"message": "m", "results": results})}
    def done(asked, **more):
        part = {"total_count": 3, "success_count": 3, "failed_count": 0, "errors": []}
        results = {name: dict(part) for name in ("assets", "files")
                   if asked["operation"] in ("both", name)}
        if asked["clear_indexes"]:
            results["clear_indexes"] = {
                "asset_index": {"success": True}, "file_index": {"success": True}}
        results.update(more)
        return answer(results)
    def handle(self, path, query):
        if path == "/calls":
            return self.answer(200, [], json.dumps(shared.get("calls", [])))
        if path == "/":
            # CloudWatch: a document is added until the third look.
            form = urllib.parse.parse_qs(self.body().decode())
            with changed:
                looks = shared.setdefault("looks", [])
                looks.append(form["MetricDataQueries.member.1.Expression"][0])
            points = "".join(f"<member>{1 if len(looks) < 3 else 0}.0</member>" for _ in range(9))
            return self.answer(200, [], "<GetMetricDataResponse><GetMetricDataResult>"
                "<MetricDataResults><member><Id>change</Id><StatusCode>Complete</StatusCode>"
                f"<Values>{points}</Values></member></MetricDataResults>"
                "</GetMetricDataResult></GetMetricDataResponse>")
        if path == "/looks":
            return self.answer(200, [], json.dumps(shared.get("looks", [])))
        name = path.split("/")[3]
        asked = json.loads(self.body())
        with changed:
            shared.setdefault("calls", []).append(
                [name, self.headers["X-Amz-Invocation-Type"], asked])
        failed = {"total_count": 3, "success_count": 1, "failed_count": 2, "errors": []}
        fatal = {"failed_count": 0, "errors": [{"type": "fatal", "error": "no table"}]}
        error = lambda status, kind: self.answer(
            status, [("x-amzn-ErrorType", kind)], json.dumps({"Message": kind}))
        match name:
            case "ok": self.answer(200, [], json.dumps(done(asked)))
            case "empty": self.answer(200, [], json.dumps(answer({})))
            case "assetsonly":
                self.answer(200, [], json.dumps(done({**asked, "operation": "assets"})))
            case "forgetful":
                self.answer(200, [], json.dumps(done({**asked, "clear_indexes": False})))
            case "dies":
                import boto3
                boto3.client(
                    "sqs", region_name="us-east-1", endpoint_url=MOTO, aws_access_key_id="a",
                    aws_secret_access_key="b",
                ).send_message(QueueUrl=DEAD, MessageBody="not indexed")
                self.answer(200, [], json.dumps(done(asked)))
            case "partial": self.answer(200, [], json.dumps(done(asked, files=failed)))
            case "fatal": self.answer(200, [], json.dumps(done(asked, assets=fatal)))
            case "unclear":
                self.answer(200, [], json.dumps(done(asked, clear_indexes_error="refused")))
            case "halfclear": self.answer(200, [], json.dumps(done(asked, clear_indexes={
                "asset_index": {"success": True}, "file_index": {"success": False}})))
            case "app500": self.answer(200, [], json.dumps(
                {"statusCode": 500, "body": json.dumps({"error": "broken"})}))
            case "function_error": self.answer(
                200, [("X-Amz-Function-Error", "Unhandled")],
                json.dumps({"errorType": "KeyError", "errorMessage": "x"}))
            case "not_found": error(404, "ResourceNotFoundException")
            case "denied": error(403, "AccessDeniedException")
            case _: self.hang_up()

    """#

  /// Runs the command with a configuration; gives its output and what the function was asked.
  private func run(
    _ config: JSONValue, _ more: [String], _ server: ScriptedServer
  ) async throws -> (Binary.Output, calls: [JSONValue]) {
    let binary = try Binary()
    try binary.write("old.json", config.text)
    let before = try Self.calls(server)
    let output = try binary.run(
      [
        "migrate", "vams", "v2.2-to-v2.3", "--config", "old.json", "--yes", "--playbooks",
        VAMSMigrationStage.playbooks,
      ] + more,
      environment: [
        "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
      ])
    return (output, Array(try Self.calls(server).dropFirst(before.count)))
  }

  private static func calls(
    _ server: ScriptedServer, _ what: String = "calls"
  ) throws -> [JSONValue] {
    let text = try Tool.run(["curl", "--silent", "\(server.base)/\(what)"]).text
    return try JSONValue(reading: Array(text.utf8)).elements ?? []
  }

  @Test("asks what the old script asked, and fails where it called a failure success")
  func recorded() async throws {
    let text = try String(
      contentsOfFile: "\(AWSStage.fixtures)/vams/v2.2_to_v2.3_reindex/cases.jsonl", encoding: .utf8)
    try await ScriptedServer.run(Self.server) { server in
      for line in text.split(separator: "\n") {
        let recorded = try JSONValue(reading: Array(line.utf8))
        let name = try #require(recorded["case"]?.string)
        var config = try #require(recorded["config"])
        if config["function_name"]?.string != nil {
          config["function_name"] = recorded["lambdaBehaviour"]
        }
        let arguments = (recorded["args"]?.elements ?? []).compactMap(\.string)
        let (output, calls) = try await run(config, arguments, server)
        var expected = recorded["calls"]?.elements?.first?["payload"]
        // A dry run and a trial leave the indexes alone, and an option wins over the file.
        if arguments.contains("--dry-run") || expected?["limit"] != nil {
          expected?["clear_indexes"] = .bool(false)
        }
        if name.hasPrefix("cli both") { expected?["operation"] = .string("both") }
        #expect(calls.count == (expected == nil ? 0 : 1), "\(name): \(output.all)")
        #expect(
          calls.first?[2]?.compact(sortedKeys: true) == expected?.compact(sortedKeys: true),
          "\(name): \(output.all)")
        let isGood =
          recorded["upstreamExitCode"]?.text == "0" && recorded["upstreamBug"]?.bool != true
        #expect((output.code == 0) == isGood, "\(name): \(output.code) \(output.all)")
      }
    }
  }

  @Test(
    "each way to fail has its own words, and the function is invoked once",
    arguments: [
      ("partial", "body.results.files.failed_count is 2"), ("fatal", "assets.errors[0] is"),
      ("unclear", "clear_indexes_error is \"refused\""),
      ("halfclear", "file_index.success is false"),
      ("app500", "answered with status 500"), ("function_error", "failed with KeyError"),
      ("not_found", "ResourceNotFoundException"), ("denied", "AccessDenied"),
      ("silence", "may have run, and how it ended is not known"),
    ])
  func failures(behaviour: String, said: String) async throws {
    try await ScriptedServer.run(Self.server) { server in
      let (output, calls) = try await run(
        ["function_name": .string(behaviour), "aws_region": "us-east-1"], [], server)
      #expect(output.code == 3 && output.all.contains(said), "\(output.all)")
      #expect(calls.count == 1)
    }
  }

  @Test("an answer without a part that was asked for is no success; one that was not is not missed")
  func parts() async throws {
    try await ScriptedServer.run(Self.server) { server in
      for (behaviour, more, said) in [
        ("empty", [], "body.results.assets.failed_count is missing"),
        ("assetsonly", [], "body.results.files.failed_count is missing"),
        ("forgetful", ["--clear-indexes"], "clear_indexes.asset_index.success is missing"),
        ("assetsonly", ["--operation", "assets"], nil),
      ] as [(String, [String], String?)] {
        let (output, _) = try await run(
          ["function_name": .string(behaviour), "aws_region": "us-east-1"], more, server)
        #expect(output.code == (said == nil ? 0 : 3), "\(behaviour): \(output.all)")
        if let said { #expect(output.all.contains(said), "\(behaviour): \(output.all)") }
      }
    }
  }

  @Test("what ends as a dead letter while the function still runs fails the wait for its queue")
  func deadLetters() async throws {
    let moto = try MotoServer.shared()
    let name = "d\(UUID().uuidString.prefix(8))"
    let dead = try moto.python(
      """
      sqs = client("sqs", region_name="us-east-1")
      dead = sqs.create_queue(QueueName="\(name)-dead")["QueueUrl"]
      arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
      policy = {"deadLetterTargetArn": arn["QueueArn"], "maxReceiveCount": 3}
      sqs.create_queue(
        QueueName="\(name)-assetIndexer", Attributes={"RedrivePolicy": json.dumps(policy)})
      print(dead)
      """
    ).trimmingCharacters(in: .whitespacesAndNewlines)
    let base = try #require(moto.environment["AWS_ENDPOINT_URL"])
    let script = "MOTO, DEAD = \"\(base)\", \"\(dead)\"\n\(Self.server)"
    try await ScriptedServer.run(script) { server in
      let output = try Binary().run(
        [
          "migrate", "vams", "v2.2-to-v2.3", "--function-name", "dies", "--region", "us-east-1",
          "--set", "assetQueue=\(name)-assetIndexer", "--set", "settled=1s", "--playbooks",
          VAMSMigrationStage.playbooks, "--yes",
        ], environment: moto.environment.merging(["AWS_ENDPOINT_URL_LAMBDA": server.base]) { $1 })
      #expect(output.code == 3, "\(output.all)")
      #expect(
        output.all.contains("1 messages of \(name)-assetIndexer ended in \(name)-dead"),
        "\(output.all)")
    }
  }

  @Test("killed while the function ran, it is not invoked again before a person has looked")
  func killed() async throws {
    try await ScriptedServer.run(Self.server) { server in
      let binary = try Binary()
      let environment = [
        "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
      ]
      let words = [
        "migrate", "vams", "v2.2-to-v2.3", "--function-name", "ok", "--region", "us-east-1",
        "--playbooks", VAMSMigrationStage.playbooks, "--yes",
      ]
      let killed = try binary.run(
        words, program: .crashRunner,
        environment: environment.merging(["CUTOVER_KILL": "journal-before:6"]) { $1 })
      #expect(killed.code == 128 + SIGKILL, "\(killed.all)")
      #expect(try Self.calls(server).count == 1)
      let again = try binary.run(words, environment: environment)
      #expect(again.code == 3 && again.all.contains("reindex"), "\(again.all)")
      #expect(try Self.calls(server).count == 1)
      let retried = try binary.run(["retry", "reindex"], environment: environment)
      #expect(retried.code == 0, "\(retried.all)")
      #expect(try Self.calls(server).count == 2)
    }
  }

  @Test("it waits until the queues of both indexers are empty and the counts of documents settle")
  func queues() async throws {
    let moto = try MotoServer.shared()
    let name = "q\(UUID().uuidString.prefix(8))"
    _ = try moto.python(
      """
      for kind in ("asset", "file"):
        client("sqs", region_name="us-east-1").create_queue(QueueName=f"\(name)-{kind}Indexer")
      client("sqs", region_name="us-east-1").send_message(
        QueueUrl=client("sqs", region_name="us-east-1").get_queue_url(
          QueueName="\(name)-fileIndexer")["QueueUrl"], MessageBody="one to index")
      """)
    try await ScriptedServer.run(Self.server) { server in
      let binary = try Binary()
      let environment = moto.environment.merging([
        "AWS_ENDPOINT_URL_LAMBDA": server.base, "AWS_ENDPOINT_URL_CLOUDWATCH": server.base,
      ]) { $1 }
      let words = [
        "migrate", "vams", "v2.2-to-v2.3", "--function-name", "ok", "--region", "us-east-1",
        "--set", "assetQueue=\(name)-assetIndexer", "--set", "fileQueue=\(name)-fileIndexer",
        "--set", "settled=1s", "--set", "indexes=the-domain", "--set", "look=1s", "--playbooks",
        VAMSMigrationStage.playbooks, "--yes",
      ]
      let stuck = try binary.run(words + ["--set", "within=3s"], environment: environment)
      #expect(stuck.code == 3 && stuck.all.contains("files-indexed"), "\(stuck.all)")
      _ = try moto.python(
        """
        queue = client("sqs", region_name="us-east-1").get_queue_url(
          QueueName="\(name)-fileIndexer")["QueueUrl"]
        client("sqs", region_name="us-east-1").purge_queue(QueueUrl=queue)
        """)
      let resumed = try binary.run(["retry", "files-indexed"], environment: environment)
      #expect(resumed.code == 0, "\(resumed.all)")
      #expect(try Self.calls(server).count == 1)
      // Two looks that saw a change, and three in a row that did not.
      let looks = try Self.calls(server, "looks").compactMap(\.string)
      #expect(looks.count == 5)
      #expect(looks.first?.contains(#"MetricName="SearchableDocuments" "the-domain""#) == true)
    }
  }
}
