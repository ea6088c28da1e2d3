import Harness
import JSON
import Resources
import Testing
import Wire

@testable import AWS

@Suite("Guarded writes of DynamoDB", .waiting)
struct DynamoGuardTests {
  private func store(_ name: String) throws -> DynamoTable {
    let session = MotoSession.make(try MotoServer.shared())
    return try DynamoTable(ResourceURL("dynamodb://us-east-1/\(name)"), in: session, purpose: nil)
  }

  private func made(_ name: String) async throws -> DynamoTable {
    let store = try store(name)
    try await store.create(like: TableDescription(keys: [.init(name: "id", type: "S")]))
    return store
  }

  private func item(_ text: String) -> Item { Item(bytes: Array(text.utf8), isCanonical: false) }

  @Test("attributes that others added are kept, and the write is a conflict")
  func keepsUnknown() async throws {
    let store = try await made("guards-unknown")
    let server = try MotoServer.shared()
    _ = try server.python(
      """
      d = client("dynamodb")
      for id in ("replaced", "removed", "good"):
        item = {"id": {"S": id}, "v": {"N": "1"}}
        if id != "good": item["added"] = {"S": "by others"}
        d.put_item(TableName="guards-unknown", Item=item)
      """)
    let outcome = try await store.write([
      .replace(
        former: item(#"{"id":{"S":"replaced"},"v":{"N":"1.0"}}"#),
        with: item(#"{"id":{"S":"replaced"},"v":{"N":"2"},"w":{"S":"new"}}"#)),
      .remove(former: item(#"{"id":{"S":"removed"},"v":{"N":"1"}}"#)),
      .replace(
        former: item(#"{"v":{"N":"1"},"id":{"S":"good"}}"#),
        with: item(#"{"id":{"S":"good"},"w":{"S":"new"}}"#)),
    ])
    #expect(
      outcome.conflicts.map(\.text).sorted() == [
        #"{"id":{"S":"removed"}}"#, #"{"id":{"S":"replaced"}}"#,
      ])
    #expect(outcome.unprocessed.isEmpty)
    let read = try server.python(
      """
      items = client("dynamodb").scan(TableName="guards-unknown")["Items"]
      print(json.dumps(sorted(items, key=lambda i: i["id"]["S"]), sort_keys=True))
      """)
    #expect(
      read.contains(
        #"[{"id": {"S": "good"}, "w": {"S": "new"}}, "#
          + #"{"added": {"S": "by others"}, "id": {"S": "removed"}, "v": {"N": "1"}}, "#
          + #"{"added": {"S": "by others"}, "id": {"S": "replaced"}, "v": {"N": "1"}}]"#), "\(read)"
    )
  }

  @Test("what others added survives a lost answer too")
  func keepsUnknownUnheard() async throws {
    _ = try await made("guards-unheard")
    let server = try MotoServer.shared()
    _ = try server.python(
      """
      d = client("dynamodb")
      for n in range(40):
        d.put_item(TableName="guards-unheard", Item={
          "id": {"S": str(n)}, "v": {"N": "1"}, "old": {"S": "x"}, "added": {"S": "by others"}})
      """)
    let faults = FaultyDynamo.Faults(throttled: 10, cutShort: 50)
    try await FaultyDynamo.run(before: server, faults) { proxy in
      let store = try DynamoTable(
        ResourceURL("dynamodb://us-east-1/guards-unheard"),
        in: MotoSession.make(server, more: proxy.environment), purpose: nil)
      var left = (0..<40).map { number in
        ItemChange.replace(
          former: item(#"{"id":{"S":"\#(number)"},"v":{"N":"1"},"old":{"S":"x"}}"#),
          with: item(#"{"id":{"S":"\#(number)"},"v":{"N":"2"},"w":{"L":[{"S":"new"}]}}"#))
      }
      var rounds = 0
      while !left.isEmpty {
        left = try await store.write(left).unprocessed
        rounds += 1
        try #require(rounds < 100)
      }
    }
    // Taken back, or done and found done: nothing between, and nothing of the others' is gone.
    let read = try server.python(
      """
      found = client("dynamodb").scan(TableName="guards-unheard")["Items"]
      print(len(found), all(i["added"] == {"S": "by others"} for i in found),
        {(i["v"]["N"], "old" in i, "w" in i) for i in found}
          <= {("1", True, False), ("2", False, True)})
      """)
    #expect(read.contains("40 True True"), "\(read)")
  }

  @Test("every type of value is compared by what it means")
  func comparesMeaning() async throws {
    let store = try await made("guards-types")
    let there = item(
      #"""
      {"id":{"S":"a"},"n":{"N":"1.50"},"ss":{"SS":["b","a"]},"ns":{"NS":["2","1"]},
       "nil":{"NULL":true},"l":{"L":[{"M":{"é":{"BOOL":false}}}]},
       "b":{"B":"AAE="},"e":{"S":""},"size":{"S":"a word"}}
      """#)
    _ = try await store.write([.put(there)])
    let read = try #require(try await store.items(for: [try await store.key(of: there)])[0])
    let new = item(#"{"id":{"S":"a"},"n":{"N":"2"}}"#)
    #expect(try await store.write([.replace(former: read, with: new)]) == WriteOutcome())
    #expect(try await store.write([.remove(former: new)]) == WriteOutcome())
    #expect(try await store.page(after: nil, limit: 9).elements.isEmpty)
  }

  @Test("an item that is to be replaced by its like is looked at, and not written")
  func comparesLike() async throws {
    let store = try await made("guards-like")
    let one = item(#"{"id":{"S":"a"},"n":{"N":"1.0"},"m":{"M":{}}}"#)
    let like = item(#"{"m":{"M":{}},"id":{"S":"a"},"n":{"N":"1"}}"#)
    let key = try await store.key(of: one)
    #expect(
      try await store.write([.replace(former: one, with: like)]) == WriteOutcome(conflicts: [key]))
    _ = try await store.write([.put(one)])
    #expect(try await store.write([.replace(former: one, with: like)]) == WriteOutcome())
    _ = try await store.write([.put(item(#"{"id":{"S":"a"},"n":{"N":"2"}}"#))])
    #expect(
      try await store.write([.replace(former: one, with: like)]) == WriteOutcome(conflicts: [key]))
  }

  @Test("an item with more attributes than a condition holds is compared in full")
  func comparesWide() async throws {
    let store = try await made("guards-wide")
    func wide(_ last: String) -> Item {
      let members = (100..<500).map { #""a\#($0)":{"S":"\#($0 == 499 ? last : "x")"}"# }
      return item(#"{"id":{"S":"a"},\#(members.joined(separator: ","))}"#)
    }
    _ = try await store.write([.put(wide("others'"))])
    let key = try await store.key(of: wide(""))
    let outcome = try await store.write([.replace(former: wide("mine"), with: wide("new"))])
    #expect(outcome == WriteOutcome(conflicts: [key]))
    let there = try #require(try await store.items(for: [key])[0])
    #expect(try ItemForm.canonical(there.bytes) == ItemForm.canonical(wide("others'").bytes))
    let again = try await store.write([.replace(former: there, with: wide("new"))])
    #expect(again == WriteOutcome())
  }

  @Test("what differs in more attributes than an update holds is replaced whole, or taken back")
  func replacesWide() async throws {
    let store = try await made("guards-changed")
    func wide(_ text: String, _ last: String) -> Item {
      let members = (100..<500).map { #""a\#($0)":{"S":"\#($0 == 499 ? last : text)"}"# }
      return item(#"{"id":{"S":"a"},\#(members.joined(separator: ","))}"#)
    }
    _ = try await store.write([.put(wide("x", "others'"))])
    let key = try await store.key(of: wide("", ""))
    let outcome = try await store.write([
      .replace(former: wide("x", "mine"), with: wide("y", "mine"))
    ])
    #expect(outcome == WriteOutcome(conflicts: [key]))
    let there = try #require(try await store.items(for: [key])[0])
    #expect(
      try ItemForm.canonical(there.bytes) == ItemForm.canonical(wide("x", "others'").bytes))
    #expect(
      try await store.write([.replace(former: there, with: wide("y", "z"))]) == WriteOutcome())
  }

  @Test("a condition stays within what an expression may hold")
  func staysSmall() throws {
    let members = (0..<900).map { #""n\#($0)":{"S":"x"}"# }
    let all = try ItemForm.canonical(Array("{\(members.joined(separator: ","))}".utf8))
    let schema = try KeySchema(
      ["KeySchema": [["AttributeName": "n0", "KeyType": "HASH"]]],
      of: ResourceURL("dynamodb://us-east-1/orders"))
    for (item, other) in [(all, all), (Array("{}".utf8), all)] {
      var body = RequestBody()
      body.raw("{\"x\":1")
      ItemCondition(item, without: other, schema).write(to: &body, with: nil)
      body.raw("}")
      let tree = try JSONValue(reading: body.bytes)
      let text = try #require(tree["ConditionExpression"]?.string)
      let words = text.split(separator: " ")
      let operators = words.filter { $0 == "=" || $0 == "AND" || $0.hasPrefix("attribute") }
      #expect(text.utf8.count <= 4096 && operators.count <= 300 && operators.count > 200)
    }
  }

  @Test("lost answers and throttling make no conflicts")
  func outlivesLostAnswers() async throws {
    let server = try MotoServer.shared()
    _ = try await made("guards-lost")
    let faults = FaultyDynamo.Faults(throttled: 10, cutShort: 20)
    try await FaultyDynamo.run(before: server, faults) { proxy in
      let store = try DynamoTable(
        ResourceURL("dynamodb://us-east-1/guards-lost"),
        in: MotoSession.make(server, more: proxy.environment), purpose: nil)
      let items = (0..<80).map { item(#"{"id":{"S":"\#($0)"},"v":{"N":"1"}}"#) }
      let news = (0..<80).map { item(#"{"id":{"S":"\#($0)"},"v":{"N":"2"}}"#) }
      var left = items.map { ItemChange.put($0) }
      while !left.isEmpty { left = try await store.write(left).unprocessed }
      left = zip(items, news).map { .replace(former: $0, with: $1) }
      left += news.prefix(40).map { .remove(former: $0) }
      var rounds = 0
      while !left.isEmpty {
        let outcome = try await store.write(left)
        #expect(outcome.conflicts.isEmpty)
        left = outcome.unprocessed
        rounds += 1
        try #require(rounds < 100)
      }
    }
    let read = try server.python(
      """
      found = client("dynamodb").scan(TableName="guards-lost")["Items"]
      print(len(found), {item["v"]["N"] for item in found})
      """)
    #expect(read.contains("40 {'2'}"), "\(read)")
  }
}
