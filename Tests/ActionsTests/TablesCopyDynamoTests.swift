import AWS
import Actions
import Harness
import Resources
import Rollouts
import Testing

/// From DynamoDB to DynamoDB, on a server that turns writes away, read back with boto3.
@Suite("tables.copy between tables of DynamoDB", .waiting)
struct TablesCopyDynamoTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func fill(_ server: MotoServer, _ name: String) throws {
    _ = try server.python(
      """
      d = client("dynamodb"); name = sys.argv[1]
      d.create_table(TableName=name, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"},
          {"AttributeName": "sk", "KeyType": "RANGE"}])
      for i in range(150):
        d.put_item(TableName=name, Item={"pk": {"S": "p%d é" % (i % 4)}, "sk": {"S": str(i)},
          "n": {"N": "%d.5" % i}, "tags": {"SS": ["b", "a"]}, "l": {"L": [{"NULL": True}]}})
      """, [name])
  }

  /// Whether boto3 finds the same items in both.
  private func isAlike(_ server: MotoServer, _ one: String, _ other: String) throws -> String {
    try server.python(
      """
      d = client("dynamodb")
      def items(name):
        pages = d.get_paginator("scan").paginate(TableName=name)
        found = [i for page in pages for i in page["Items"]]
        for i in found: i.get("tags", {}).get("SS", []).sort()
        return sorted(json.dumps(i, sort_keys=True) for i in found)
      print(items(sys.argv[1]) == items(sys.argv[2]), len(items(sys.argv[2])))
      """, [one, other])
  }

  @Test("every item arrives in a table made alike, whatever is turned away, and is taken back")
  func copies() async throws {
    let server = try MotoServer.shared()
    try fill(server, "copy-dynamo-a")
    let faults = FaultyDynamo.Faults(unprocessed: 30, throttled: 10, cutShort: 3)
    try await FaultyDynamo.run(before: server, faults) { proxy in
      let stage = DynamoStage(proxy.environment, folder: folder.path)
      var input = TablesCopy.Input(pairs: [
        .init(from: try stage.url("copy-dynamo-a"), to: try stage.url("copy-dynamo-b"))
      ])
      input.batch = 40
      input.segments = 3
      let run = stage.run { [input] in try TablesCopy(input, in: $0) }
      let plan = try await run.plan()
      let report = try await run.apply(plan)
      let verification = try await run.verify(plan, report)
      #expect(verification.verdict.isPassed, "\(verification.verdict)")
      #expect(verification.ledgers[0].isBalanced && verification.ledgers[0].written == 150)
      #expect(try isAlike(server, "copy-dynamo-a", "copy-dynamo-b").contains("True 150"))
      try await run.undo(plan)
    }
    let left = try server.python("print(tables())")
    #expect(left.contains("'copy-dynamo-a'") && !left.contains("'copy-dynamo-b'"))
  }

  @Test("a busy target keeps what others write meanwhile, and the copy says whose it is")
  func keepsOthers() async throws {
    let server = try MotoServer.shared()
    try fill(server, "copy-busy-a")
    let stage = DynamoStage(server.environment, folder: folder.path)
    var input = TablesCopy.Input(pairs: [
      .init(from: try stage.url("copy-busy-a"), to: try stage.url("copy-busy-b"))
    ])
    input.target = .busy
    let run = stage.run { [input] in try TablesCopy(input, in: $0) }
    _ = try server.python(
      """
      d = client("dynamodb")
      t = d.describe_table(TableName="copy-busy-a")["Table"]
      d.create_table(TableName="copy-busy-b", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=t["AttributeDefinitions"], KeySchema=t["KeySchema"])
      """)
    let plan = try await run.plan()
    _ = try server.python(
      """
      client("dynamodb").put_item(TableName="copy-busy-b",
        Item={"pk": {"S": "p3 é"}, "sk": {"S": "7"}, "by": {"S": "others"}})
      """)
    let failure = await #expect(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure?.kind == .refused && failure?.summary.contains(#""sk":{"S":"7"}"#) == true)
    let theirs = try server.python(
      """
      key = {"pk": {"S": "p3 é"}, "sk": {"S": "7"}}
      print(client("dynamodb").get_item(TableName="copy-busy-b", Key=key)["Item"]["by"]["S"])
      """)
    #expect(theirs.contains("others"))
  }
}
