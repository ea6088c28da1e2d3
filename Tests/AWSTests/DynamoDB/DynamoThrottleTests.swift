import Harness
import JSON
import Resources
import Testing
import Wire

@testable import AWS

@Suite("Throttled writes of DynamoDB", .waiting)
struct DynamoThrottleTests {
  /// Throttles every write, and tells how many calls it had.
  private static let script = #"""
    def handle(self, path, query):
        count = shared.setdefault("count", {})
        if path == "/count": return self.answer(200, [], json.dumps(count))
        operation = self.headers["X-Amz-Target"].split(".")[-1]
        self.body()
        with changed: count[operation] = count.get(operation, 0) + 1
        if operation == "DescribeTable":
            return self.answer(200, [], json.dumps({"Table": {"TableStatus": "ACTIVE",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}}))
        code = "ThrottlingException" if operation == "DeleteItem" else \
            "ProvisionedThroughputExceededException"
        self.answer(400, [], json.dumps({"__type": "x#" + code, "message": "on purpose"}))


    """#

  @Test("they come back at once, so that whoever writes can slow down; reads are asked again")
  func comeBack() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let environment = [
        "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true",
      ]
      let session = AWSSession(
        AWSSession.Settings(environment: environment, homeFolder: "/nonexistent"),
        clock: ManualClock(movesByItself: true)
      ) {
        HTTPClient(
          HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
      }
      let store = try DynamoTable(
        ResourceURL("dynamodb://us-east-1/orders"), in: session, purpose: nil)
      let item = Item(bytes: Array(#"{"id":{"S":"a"}}"#.utf8), isCanonical: true)
      let other = Item(bytes: Array(#"{"id":{"S":"b"}}"#.utf8), isCanonical: true)
      let changes: [ItemChange] = [.put(item), .remove(former: other)]
      let outcome = try await store.write(changes)
      #expect(Set(outcome.unprocessed) == Set(changes) && outcome.conflicts.isEmpty)
      let insert = try await store.write([.insert(item)])
      #expect(insert.unprocessed == [.insert(item)])
      await #expect(throws: Failure.self) { try await store.page(after: nil, limit: 5) }
      let text = try Tool.run(["curl", "--silent", "\(server.base)/count"]).text
      let count = try JSONValue(reading: Array(text.utf8))
      for operation in ["BatchWriteItem", "DeleteItem", "PutItem"] {
        #expect(count[operation]?.integer == 1, "\(text)")
      }
      #expect(count["Scan"]?.integer == AWSClient.attemptsMax)
    }
  }
}
