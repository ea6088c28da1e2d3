import Harness
import Resources
import Testing

@testable import AWS

@Suite("Values in DynamoDB", .waiting)
struct DynamoValuesTests {
  private static let url = "dynamodb://us-east-1/values-deploy"

  private func word(_ text: String) -> StoredValue? { StoredValue(text, as: .word) }

  @Test("items keep the laws of a store of values, and are what the scripts of EF-CMS wrote")
  func laws() async throws {
    let server = try MotoServer.shared()
    _ = try server.python(
      """
      names = ['pk', 'sk']
      client('dynamodb').create_table(TableName='values-deploy', BillingMode='PAY_PER_REQUEST',
        KeySchema=[dict(AttributeName=n, KeyType=k) for n, k in zip(names, ['HASH', 'RANGE'])],
        AttributeDefinitions=[dict(AttributeName=n, AttributeType='S') for n in names])
      """)
    let session = MotoSession.make(server)
    let open = { @Sendable in try DynamoValues(ResourceURL(Self.url), in: session, purpose: nil) }
    try await ValueStoreLaws(
      spoil: { key in
        _ = try server.python(
          """
          client('dynamodb').put_item(TableName='values-deploy', Item={
            'pk': {'S': sys.argv[1]}, 'sk': {'S': sys.argv[1]}, 'current': {'S': 'true'}})
          """, [key])
      }, open: open
    ).check()

    let store = try open()
    _ = try await store.replace("current-color", .word, former: nil, with: word("green"))
    _ = try await store.replace("migrate", .flag, former: nil, with: .flag(false))
    _ = try await store.replace("count", .number, former: nil, with: .init("7", as: .number))
    let items = try server.python(
      """
      table = boto3.resource('dynamodb').Table('values-deploy')
      table.update_item(Key={'pk': 'current-color', 'sk': 'current-color'},
        UpdateExpression='SET note = :n', ExpressionAttributeValues={':n': 'mine'})
      table.put_item(Item={'pk': 'bare', 'sk': 'bare'})
      for key in ['current-color', 'migrate', 'count']:
        print(table.get_item(Key={'pk': key, 'sk': key})['Item']['current'], end=' ')
      """)
    #expect(items == "green False 7 ")
    _ = try await store.replace("current-color", .word, former: word("green"), with: word("blue"))
    let kept = try server.python(
      """
      table = boto3.resource('dynamodb').Table('values-deploy')
      item = table.get_item(Key={'pk': 'current-color', 'sk': 'current-color'})['Item']
      print(item['current'], item['note'], end='')
      """)
    #expect(kept == "blue mine")
    // An item with more in it than the value is somebody else's too.
    let refusal = try await #require(throws: Failure.self) {
      try await store.replace("current-color", .word, former: word("blue"), with: nil)
    }
    #expect(refusal.kind == .refused && refusal.summary.contains("also holds note"))
    guard case .malformed(let what) = try await store.value(of: "bare", as: .word) else {
      Issue.record("an item without a value is not absent")
      return
    }
    #expect(what.contains("current"))
  }

  @Test("a table that is not there is no absent value")
  func noTable() async throws {
    let session = MotoSession.make(try MotoServer.shared())
    let store = try DynamoValues(
      ResourceURL("dynamodb://us-east-1/values-nowhere"), in: session, purpose: nil)
    await #expect(throws: Failure.self) { try await store.value(of: "a", as: .word) }
    await #expect(throws: Failure.self) {
      try await store.replace("a", .word, former: nil, with: word("b"))
    }
  }

  @Test("reads are consistent, a lost answer is made sure of, and denied is not absent")
  func service() async throws {
    // The first update is taken and its answer lost; asked about 'secret', the service denies.
    let script = #"""
      def handle(self, path, query):
          operation = self.headers["X-Amz-Target"].split(".")[-1]
          asked = json.loads(self.body())
          key = asked["Key"]["id"]["S"]
          assert "sk" not in asked["Key"]
          def error(code):
              self.answer(400, [], json.dumps({"__type": "x#" + code, "message": "on purpose"}))
          if key == "secret": return error("AccessDeniedException")
          if operation == "GetItem":
              if not asked.get("ConsistentRead"): return error("ValidationException")
              item = {"id": {"S": key}, "v": {"S": shared["held"]}} if "held" in shared else None
              return self.answer(200, [], json.dumps({"Item": item} if item else {}))
          if "held" in shared: return error("ConditionalCheckFailedException")
          assert asked["ConditionExpression"] == "attribute_not_exists(#k)"
          assert asked["ExpressionAttributeNames"] == {"#v": "v", "#k": "id"}
          shared["held"] = asked["ExpressionAttributeValues"][":new"]["S"]
          self.hang_up()
      """#
    try await ScriptedServer.run(script) { server in
      let session = TestSession.make([
        "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
      ])
      let store = try DynamoValues(
        ResourceURL("dynamodb://us-east-1/deploy?partition=id&sort=&attribute=v"), in: session,
        purpose: nil)
      #expect(try await store.value(of: "a", as: .word) == .absent)
      let lost = try await #require(throws: Failure.self) {
        try await store.replace("a", .word, former: nil, with: word("ours"))
      }
      #expect(lost.isTransient)
      let again = try await store.replace(
        "a", .word, former: nil, with: word("ours"), again: true)
      #expect(again == .done)
      let late = try await store.replace("a", .word, former: nil, with: word("theirs"))
      #expect(try late == .conflict(.value(#require(word("ours")))))
      let denied = try await #require(throws: Failure.self) {
        try await store.value(of: "secret", as: .word)
      }
      #expect(denied.kind == .refused)
    }
  }
}
