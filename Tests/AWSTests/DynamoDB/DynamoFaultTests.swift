import Harness
import JSON
import Resources
import Testing
import Wire

@testable import AWS

@Suite("Tables of DynamoDB on a bad day", .waiting)
struct DynamoFaultTests {
  private func store(
    _ name: String, _ environment: [String: String]
  ) throws -> DynamoTable {
    let session = AWSSession(
      AWSSession.Settings(environment: environment, homeFolder: "/nonexistent", random: { 0.01 }),
      clock: ManualClock(movesByItself: true)
    ) {
      HTTPClient(
        HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
    }
    return try DynamoTable(
      ResourceURL("dynamodb://us-east-1/\(name)"), in: session, purpose: nil)
  }

  private func items(_ count: Int) -> [Item] {
    (0..<count).map { number in
      Item(
        bytes: Array(#"{"id":{"S":"é\"\#(number)"},"v":{"N":"\#(number).50"}}"#.utf8),
        isCanonical: false)
    }
  }

  /// Writes until everything was taken, as a copy does.
  private func writeAll(_ changes: [ItemChange], to store: DynamoTable) async throws -> Int {
    var left = changes
    var rounds = 0
    while !left.isEmpty {
      rounds += 1
      try #require(rounds < 200)
      left = try await store.write(left).unprocessed
    }
    return rounds
  }

  @Test("an export that was begun is looked for among all, or it is said that it cannot be")
  func manyExports() async throws {
    let script = """
      def handle(self, path, query):
          operation = self.headers["X-Amz-Target"].split(".")[1]
          body = json.loads(self.body())
          if operation == "DescribeTable":
              return self.answer(body=json.dumps({"Table": {"TableArn": "arn:t", "KeySchema": [],
                                                            "TableStatus": "ACTIVE"}}))
          if operation == "ListExports":
              start = int(body.get("NextToken", 0))
              some = [{"ExportArn": "e%d" % n} for n in range(start, start + 5)]
              answer = {"ExportSummaries": some}
              if start < 15: answer["NextToken"] = str(start + 5)
              return self.answer(body=json.dumps(answer))
          arn = body["ExportArn"]
          self.answer(body=json.dumps({"ExportDescription": {
              "ExportArn": arn, "ExportStatus": "COMPLETED", "ClientToken": "token-" + arn}}))
      """
    try await ScriptedServer.run(script) { server in
      let table = try store(
        "busy-table",
        [
          "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
        ])
      #expect(try await table.export(begunWith: "token-e7", amongFirst: 10)?.id == "e7")
      #expect(try await table.export(begunWith: "token-e19")?.id == "e19")
      #expect(try await table.export(begunWith: "token-none", amongFirst: 20) == nil)
      let failure = await #expect(throws: Failure.self) {
        try await table.export(begunWith: "token-e12", amongFirst: 10)
      }
      #expect(failure?.summary.contains("more exports than can be looked through") == true)
    }
  }

  @Test("unprocessed items, throttling and replies cut short lose nothing")
  func losesNothing() async throws {
    let server = try MotoServer.shared()
    let faults = FaultyDynamo.Faults(unprocessed: 30, throttled: 10, cutShort: 5)
    try await FaultyDynamo.run(before: server, faults) { proxy in
      let store = try store("faults-write", proxy.environment)
      try await store.create(like: TableDescription(keys: [.init(name: "id", type: "S")]))
      let items = items(300)
      let rounds = try await writeAll(items.map { .put($0) }, to: store)
      #expect(rounds > 1, "the faults came")
      var found: Set<[UInt8]> = []
      var position: PagePosition?
      repeat {
        let page = try await store.page(after: position, limit: 40)
        for item in page.elements { found.insert(try ItemForm.canonical(item.bytes)) }
        position = page.next
      } while position != nil
      #expect(found == Set(try items.map { try ItemForm.canonical($0.bytes) }))
      var keys: [ItemKey] = []
      for item in items { keys.append(try await store.key(of: item)) }
      let read = try await store.items(for: keys)
      #expect(read.allSatisfy { $0 != nil })
      _ = try await writeAll(keys.prefix(100).map { .delete($0) }, to: store)
    }
    let count = try server.python(
      """
      pages = client("dynamodb").get_paginator("scan").paginate(TableName="faults-write")
      print(sum(len(page["Items"]) for page in pages))
      """)
    #expect(Int(count.filter(\.isNumber)) == 200)
  }

  @Test("a later change of a key never overtakes an earlier one that was not taken")
  func keepsOrder() async throws {
    let server = try MotoServer.shared()
    try await FaultyDynamo.run(before: server, .init(unprocessed: 30)) { proxy in
      let store = try store("faults-order", proxy.environment)
      try await store.create(like: TableDescription(keys: [.init(name: "id", type: "S")]))
      let versions = (0..<5).flatMap { version in
        (0..<30).map { number in
          ItemChange.put(
            Item(
              bytes: Array(#"{"id":{"S":"\#(number)"},"v":{"N":"\#(version)"}}"#.utf8),
              isCanonical: true))
        }
      }
      _ = try await writeAll(versions, to: store)
    }
    let values = try server.python(
      """
      found = client("dynamodb").scan(TableName="faults-order")["Items"]
      print(len(found), {item["v"]["N"] for item in found})
      """)
    #expect(values.contains("30 {'4'}"))
  }

  @Test("what DynamoDB refuses is named, and the items beside it get in")
  func namesRefused() async throws {
    let server = try MotoServer.shared()
    let store = try store("faults-refused", server.environment)
    try await store.create(like: TableDescription(keys: [.init(name: "id", type: "S")]))
    let texts = [
      #"{"id":{"S":"good"}}"#,
      #"{"id":{"S":"large"},"v":{"S":"\#(String(repeating: "x", count: 410_000))"}}"#,
    ]
    let changes = texts.map { ItemChange.put(Item(bytes: Array($0.utf8), isCanonical: true)) }
    let failure = await #expect(throws: Failure.self) { try await store.write(changes) }
    #expect(failure?.summary.contains(#"{"id":{"S":"large"}}"#) == true)
    #expect(failure?.hint.contains("400 KB") == true)
    let page = try await store.page(after: nil, limit: 10)
    #expect(page.elements.count == 1)
  }
}
