import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("Items of DynamoDB", .waiting)
struct DynamoBytesTests {
  private func store(_ name: String) throws -> DynamoTable {
    let session = MotoSession.make(try MotoServer.shared())
    return try DynamoTable(
      ResourceURL("dynamodb://us-east-1/\(name)"), in: session, purpose: nil)
  }

  @Test("an item is as large as DynamoDB counts, which is less than its JSON")
  func size() throws {
    let store = try store("bytes-size")
    // By the documentation: 2+2, 2+3+1+1 (a list of a flag), 1+3, 1+2 and 1+3+1+2+1 (a map).
    let rest =
      #""id":{"S":"é"},"li":{"L":[{"BOOL":true}]},"b":{"B":"AAEC"},"n":{"N":"-12"},"#
      + #""m":{"M":{"xy":{"NULL":true}}}"#
    let counted = 4 + 7 + 4 + 3 + 8
    func defect(_ count: Int) -> String? {
      let text = String(repeating: "\\u00e9", count: count / 2) + (count % 2 == 1 ? "x" : "")
      return store.defect(
        of: Item(bytes: Array("{\"t\":{\"S\":\"\(text)\"},\(rest)}".utf8), isCanonical: false))
    }
    #expect(defect(409_600 - counted - 1) == nil)
    #expect(
      defect(409_600 - counted) == "it has 409601 bytes, and DynamoDB takes 409600 at most")
  }

  @Test("every type, escape and digit arrives, as boto3 reads it")
  func carriesEverything() async throws {
    let store = try store("bytes-all")
    try await store.create(
      like: TableDescription(keys: [.init(name: "p é", type: "S"), .init(name: "n", type: "N")]))
    let digits = "12345678901234567890123456789012345678"
    let text = #"""
      {"p é":{"S":"\u00e9\/\"\\\n\u0001 😀"},"n":{"N":"\#(digits)"},"b":{"B":"AAECAw=="},
       "bs":{"BS":["AQ==","Ag=="]},"ns":{"NS":["1","-2.5"]},"ss":{"SS":["b","a"]},
       "l":{"L":[{"NULL":true},{"M":{"x\u0009y":{"BOOL":false}}},{"L":[]}]},"empty":{"S":""}}
      """#
    let item = Item(bytes: Array(text.utf8), isCanonical: false)
    #expect(try await store.write([.put(item)]) == WriteOutcome())
    let read = try MotoServer.shared().python(
      """
      item = client("dynamodb").scan(TableName="bytes-all")["Items"][0]
      print(json.dumps([
        item["p \\u00e9"]["S"] == '\\u00e9/"\\\\\\n\\x01 \\U0001F600', item["n"]["N"],
        item["b"]["B"] == bytes([0, 1, 2, 3]), sorted(item["bs"]["BS"]) == [b"\\x01", b"\\x02"],
        sorted(item["ns"]["NS"]), sorted(item["ss"]["SS"]), item["l"], item["empty"]]))
      """)
    #expect(
      read.contains(
        #"[true, "\#(digits)", true, true, ["-2.5", "1"], ["a", "b"], "#
          + #"{"L": [{"NULL": true}, {"M": {"x\ty": {"BOOL": false}}}, {"L": []}]}, {"S": ""}]"#))
    let page = try await store.page(after: nil, limit: 10)
    #expect(
      try page.elements.map { try ItemForm.canonical($0.bytes) } == [
        try ItemForm.canonical(item.bytes)
      ])
    let key = try await store.key(of: item)
    #expect(try await store.items(for: [key])[0] != nil)
  }

  @Test("segments share no item and hold all of them")
  func readsSegments() async throws {
    let store = try store("bytes-segments")
    try await store.create(like: TableDescription(keys: [.init(name: "id", type: "S")]))
    let items = (0..<60).map {
      Item(bytes: Array(#"{"id":{"S":"\#($0)"}}"#.utf8), isCanonical: true)
    }
    _ = try await store.write(items.map { .put($0) })
    var found: [[UInt8]] = []
    for index in 0..<4 {
      var position: PagePosition?
      repeat {
        let page = try await store.page(
          of: TableSegment(index: index, count: 4), after: position, limit: 7)
        found += try page.elements.map { try ItemForm.canonical($0.bytes) }
        position = page.next
      } while position != nil
    }
    #expect(found.count == 60 && Set(found) == Set(items.map(\.bytes)))
  }

  @Test("a table is described with its indexes and options, and another is made like it")
  func describes() async throws {
    let server = try MotoServer.shared()
    _ = try server.python(
      """
      d = client("dynamodb")
      d.create_table(TableName="bytes-model", BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 7},
        AttributeDefinitions=[
          {"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "g")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"},
          {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{"IndexName": "byG",
          "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
          "Projection": {"ProjectionType": "ALL"},
          "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        DeletionProtectionEnabled=True)
      d.update_time_to_live(TableName="bytes-model",
        TimeToLiveSpecification={"Enabled": True, "AttributeName": "ttl"})
      d.update_continuous_backups(TableName="bytes-model",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
      """)
    let model = try #require(try await store("bytes-model").description())
    #expect(model.keys.map(\.name) == ["pk", "sk"] && model.keys.map(\.type) == ["S", "S"])
    #expect(model.writeUnitsPerSecond == 7 && model.isProtected == true)
    for line in [
      "global index byG (g) with ALL", "billing: 5 read and 7 write units", "time to live: by ttl",
      "point-in-time recovery: on", "stream: NEW_IMAGE", "deletion protection: on",
    ] { #expect(model.indexes.contains(line), "\(model.indexes)") }
    try await store("bytes-copy").create(like: model)
    let made = try #require(try await store("bytes-copy").description())
    let others = made.indexes.filter { !model.indexes.contains($0) }
    #expect(others == ["deletion protection: off"])
    let refusal = await #expect(throws: Failure.self) { try await store("bytes-model").delete() }
    #expect(refusal?.kind == .refused)
    try await store("bytes-copy").delete()
    #expect(try await store("bytes-copy").description() == nil)
  }

  @Test("a table of another kind of store gives one with its key")
  func makesFromColumns() async throws {
    let store = try store("bytes-columns")
    try await store.create(
      like: TableDescription(
        keys: [.init(name: "id", type: "INTEGER"), .init(name: "at", type: "TEXT")],
        attributes: [.init(name: "v", type: "TEXT")], definition: "CREATE TABLE t(…)"))
    let keys = try await store.description()?.keys
    #expect(keys?.map(\.type) == ["N", "S"])
  }

  @Test("permissions name the table in its partition")
  func namesPermissions() throws {
    let list = DynamoPermissions.list(try ResourceURL("dynamodb://cn-north-1/orders"), .write)
    #expect(
      list.contains(
        Permission(
          "dynamodb:BatchWriteItem", on: "arn:aws-cn:dynamodb:cn-north-1:*:table/orders")))
    let orders = try ResourceURL("dynamodb://eu-west-1/orders")
    let table = "arn:aws:dynamodb:eu-west-1:*:table/orders"
    #expect(
      DynamoPermissions.list(orders, .backUp).contains(
        Permission("dynamodb:DeleteBackup", on: "\(table)/backup/*")))
    #expect(
      DynamoPermissions.list(orders, .export).contains(
        Permission("dynamodb:DescribeExport", on: "\(table)/export/*")))
    #expect(
      DynamoPermissions.list(orders, .restore).contains(
        Permission("dynamodb:RestoreTableToPointInTime", on: table)))
  }
}
