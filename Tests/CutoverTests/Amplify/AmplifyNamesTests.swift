import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Program

@Suite("Backends, models and migrations of Amplify", .waiting)
struct AmplifyNamesTests {
  @Test("names are the old tool's where they are names, and of one backend only")
  func names() {
    let main = AmplifyNames(namespace: "d1a2b3", name: "main")
    #expect(main.table == "amplify-data-migration-d1a2b3-main")
    #expect(main.bucket == "amplify-export-d1a2b3-main")
    #expect(main.environment == "amplify-d1a2b3-main")
    let others = [
      "Main", "a_b", "a-b", "feature/x", "feature-x", "ÄÖ", String(repeating: "x", count: 300),
    ]
    let all =
      ([main] + others.map { AmplifyNames(namespace: "d1a2b3", name: $0) })
      + [AmplifyNames(namespace: "@scope/app", name: "bob")]
    #expect(Set(all.map(\.table)).count == all.count)
    #expect(Set(all.map(\.bucket)).count == all.count)
    #expect(Set(all.map(\.environment)).count == all.count)
    for names in all {
      #expect((3...63).contains(names.bucket.utf8.count) && names.table.utf8.count <= 255)
      #expect(names.bucket.wholeMatch(of: /[a-z0-9][a-z0-9-]*[a-z0-9]/) != nil, "\(names.bucket)")
      #expect(names.table.wholeMatch(of: /[A-Za-z0-9_.-]+/) != nil, "\(names.table)")
      #expect(names.environment.utf8.count <= 64 - "-dry-run".count)
      #expect(names.environment.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil)
    }
  }

  /// By python: hashlib.sha512(b"my-appbob").hexdigest()[:10].
  @Test("a sandbox's stack is called as Amplify's own tool calls it")
  func sandbox() {
    let backend = AmplifyBackend(kind: .sandbox, namespace: "my-app", name: "bob")
    #expect(backend.sandboxStack == "amplify-myapp-bob-sandbox-fad960dff2")
    let long = AmplifyBackend(
      kind: .sandbox, namespace: String(repeating: "n", count: 200),
      name: String(repeating: "u", count: 90))
    #expect(long.sandboxStack.utf8.count <= 128)
  }

  private func resource(_ path: [String], _ id: String, _ type: String, _ name: String? = "t")
    -> StackResource
  {
    StackResource(path: path, logicalID: id, physicalID: name, type: type)
  }

  private static let stack = "AWS::CloudFormation::Stack"
  private static let managed = "Custom::AmplifyDynamoDBTable"

  @Test("models are found below the one stack of data, by either type of table")
  func models() throws {
    let url = try ResourceURL("cloudformation://cn-north-1/root?profile=p")
    let plain = [
      resource([], "userdata0A1B2C3D", Self.stack), resource([], "data7552DF31", Self.stack),
      resource(["userdata0A1B2C3D"], "OtherTable", Self.managed),
      resource(["data7552DF31", "Todo"], "TodoTable", Self.managed, "todo-1"),
      resource(["data7552DF31", "Book"], "BookTableAAAA0000", "AWS::DynamoDB::Table", "book-1"),
      resource(["data7552DF31"], "GhostTable", Self.managed, nil),
    ]
    let models = try AmplifyModels(StackContents(resources: plain, outputs: []), of: url)
    #expect(models.tables.keys.sorted().map(\.text) == ["Book", "Todo"])
    #expect(try models.url(of: "Todo").text == "dynamodb://cn-north-1/todo-1?profile=p")
    #expect(throws: Refusal.self) { try models.url(of: "Ghost") }
    for more in [
      resource([], "data0000AAAA", Self.stack),
      resource(["data7552DF31", "Other"], "TodoTable", Self.managed, "todo-2"),
    ] {
      #expect(throws: Refusal.self) {
        try AmplifyModels(StackContents(resources: plain + [more], outputs: []), of: url)
      }
    }
    #expect(throws: Refusal.self) {
      try AmplifyModels(StackContents(resources: [plain[0]], outputs: []), of: url)
    }
  }

  private func problems(_ text: String) throws -> [String] {
    let file = MigrationFile(
      order: try #require(MigrationOrder("1")), name: "a", path: "m/1_a.json5",
      bytes: Array(text.utf8))
    do throws(PlaybookProblems) {
      _ = try AmplifyMigrationReader.read(file)
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test("every mistake of a migration is told with its place")
  func mistakes() throws {
    let found = try problems(
      """
      { migration: 2, exports: [], export: ["Book", "Book", "a b"],
        steps: [
          { updateModel: "Todo", sqll: [], dryRun: true },
          { putModel: "Todo", sql: [] },
          { updateModel: "A", runImport: "B" },
          { runImport: "Book", id: "x", sql: [] }, { uses: "validate", id: "x", with: {} },
        ] }
      """)
    #expect(
      found == [
        "m/1_a.json5:1:1: expected migration: 1, which tells the format",
        "m/1_a.json5:1:17: a migration has no 'exports'; did you mean 'export'?",
        "m/1_a.json5:1:47: the model Book is named twice",
        "m/1_a.json5:1:55: expected the name of a model, found the text 'a b'",
        "m/1_a.json5:3:28: a step 'updateModel' has no 'sqll'; did you mean 'sql'?",
        "m/1_a.json5:3:38: a step 'updateModel' has no 'dryRun'",
        "m/1_a.json5:4:5: 'from' is missing: the table that items are made of",
        "m/1_a.json5:5:5: a step says one of updateModel, putModel, runImport, uses, and this one "
          + "says 2",
        "m/1_a.json5:6:46: two steps have the id 'x'",
      ])
    #expect(try problems("{ migration: 1, steps: [] }").count == 1)
    #expect(try problems("{ migration: 1, export: [\"Book\"] }") == [])
  }

  @Test("the record of an export is the old tool's with more beside it, and the old one is read")
  func exports() throws {
    let url = try ResourceURL("dynamodb://us-east-1/t")
    let order = try #require(MigrationOrder("8"))
    let old = Item(
      bytes: Array(
        #"""
        {"action":{"S":"export"},"executedAt":{"S":"2026-01-01T00:00:00.000Z"},
        "exported":{"M":{
        "Book":{"M":{"strategy":{"S":"PITR"},
        "key":{"S":"AWSDynamoDB/1-a/manifest-summary.json"}}}}},
        "name":{"S":"key"},"timestamp":{"N":"8"}}
        """#.utf8), isCanonical: false)
    var exports = try AmplifyExports(old, of: order, at: url)
    let key = UTF8Key("Book")
    let place = CloudPlace(region: "eu-west-1")
    #expect(
      exports.models[key]?.url(keys: nil, standardBucket: "b", at: place)
        == "export+s3://b/AWSDynamoDB/1-a/manifest-summary.json?keys=id&region=eu-west-1")
    exports.models[key]?.bucket = "c"
    exports.models[key]?.keys = "a,b:N"
    exports.models[key]?.changes = ["AWSDynamoDB/2-b/manifest-summary.json"]
    exports.models[key]?.former = ["x"]
    exports.models[key]?.items = 7
    exports.rollouts = ["r"]
    #expect(try AmplifyExports(try exports.item, of: order, at: url) == exports)
    #expect(
      exports.models[key]?.url(keys: nil, standardBucket: "b", at: CloudPlace())
        == "export+s3://c/AWSDynamoDB/1-a/manifest-summary.json?keys=a,b:N"
        + "&then=/AWSDynamoDB/2-b/manifest-summary.json")
  }

  @Test("the migrations that are shipped are read, and come in their order")
  func shipped() throws {
    let folder = try MigrationFolder.read("\(AmplifyStage.playbooks)/migrations")
    #expect(folder.files.count == 3 && folder.misnamed.isEmpty)
    let migrations = try folder.files.map { try AmplifyMigrationReader.read($0) }
    #expect(
      migrations.map { $0.steps.map(\.id) } == [
        ["update-Todo"], ["put-Profile"], ["import-Book"],
      ])
    #expect(migrations.map(\.exports) == [[], [], ["Book"]])
  }
}
