import Foundation
import Harness
import JSON
import Testing

@Suite("The migration of VAMS 2.3 to 2.4", .waiting)
struct MetadataMigrationTests {
  private static let tables = [
    "entities": "auth_entities_table_name", "constraints": "constraints_table_name",
    "metadata": "old_metadata_table_name", "metadataV2": "new_metadata_table_name",
    "schemas": "old_metadata_schema_table_name", "schemasV2": "new_metadata_schema_table_name",
  ]

  private func make(_ prefix: String, _ fixture: String = "v2.3_to_v2.4", load: Bool) throws
    -> MigrationStage
  {
    try MigrationStage(
      "v2.3-to-v2.4", fixture: fixture, prefix: prefix, tables: Self.tables, load: load)
  }

  @Test("gives what was recorded, invokes the function once, and takes all of it back")
  func recorded() async throws {
    let migration = try make("v234-", load: true)
    let before = try migration.digest()
    try await Self.reindexer { lambda in
      let run = try migration.run(
        ["schemasFound": "replace", "reindexer": "good", "clearIndexes": "true"], lambda: lambda)
      #expect(run.code == MigrationStage.waiting, "\(run.all)")
      #expect(
        try Tool.run(["curl", "--silent", "\(lambda)/_seen"]).text
          == #"[{"operation": "both", "dry_run": false, "clear_indexes": true}]"#)
    }
    #expect(try migration.compare() == "alike: 752 items")
    let back = try migration.rollback()
    #expect(back.code == 0, "\(back.all)")
    #expect(try migration.digest() == before)
  }

  @Test("old records go when asked, even after a kill; run again, it changes nothing")
  func deleted() throws {
    let migration = try make("v234d-", "v2.3_to_v2.4_delete_old_data", load: true)
    let before = try migration.digest()
    let words = ["delete": "yes", "leftovers": "delete"]
    let killed = try migration.run(words, program: .crashRunner, kill: "journal-after:24")
    #expect(killed.code == 128 + SIGKILL, "\(killed.all)")
    let run = try migration.run(words)
    #expect(run.code == MigrationStage.waiting, "\(run.all)")
    #expect(try migration.compare() == "alike: 198 items")
    #expect(try migration.rollback().code == 0)
    #expect(try migration.digest() == before)
    #expect(try migration.run().code == MigrationStage.waiting)
    #expect(try migration.accept().code == 0)
    let after = try migration.digest()
    let again = try migration.run()
    #expect(again.code == MigrationStage.waiting, "\(again.all)")
    #expect(try migration.digest() == after)
  }

  @Test("a function that fails stops the run, and what is migrated stays provable")
  func reindexFails() async throws {
    let migration = try make("v234r-", load: false)
    try await Self.reindexer { lambda in
      for (function, word) in [
        ("broken", "failed with KeyError"), ("refuses", "answered with status 500"),
        ("partly", "body.results.files.failed_count is 2"),
        ("uncleared", "body.results.clear_indexes_error is"),
        ("fatal", "body.results.assets.errors[0] is"),
        ("empty", "body.results.assets.failed_count is missing"),
      ] {
        let run = try migration.run(["reindexer": function], lambda: lambda)
        #expect(run.code == MigrationStage.stopped, "\(run.all)")
        #expect(run.all.contains(word), "\(run.all)")
        #expect(try migration.rollback().code == 0)
      }
      // Each was invoked once only.
      let seen = try Tool.run(["curl", "--silent", "\(lambda)/_seen"]).text
      #expect(seen.components(separatedBy: "operation").count == 7)
    }
  }

  @Test("what the old script drops is kept: types, lists, dependencies, prefixes of other ids")
  func kept() throws {
    let migration = try make("v234k-", load: false)
    try migration.put(
      Self.entities,
      #"{"entityType":{"S":"constraint"},"sk":{"S":"constraint#noid"},"criteriaAnd":"#
        + #"{"L":[{"M":{"value":{"L":[{"S":"a"},{"S":"b"}]}}}]}}"#,
      #"{"entityType":{"S":"constraint"},"sk":{"S":"constraint#team"},"constraintId":"#
        + #"{"S":"team"},"userPermissions":{"L":[{"M":{"userId":{"S":"u"}}}]}}"#)
    try migration.put(Self.constraints, #"{"constraintId":{"S":"team-2#group#admin"}}"#)
    try migration.put(
      Self.metadata,
      #"{"databaseId":{"S":"d"},"assetId":{"S":"a"},"count":{"N":"42.10"},"flag":{"BOOL":true},"#
        + #""dims":{"M":{"x":{"N":"1"}}},"list":{"L":[{"S":"a"}]},"title":{"S":"kept"}}"#)
    try migration.put(
      Self.schemas,
      #"{"databaseId":{"S":"d"},"field":{"S":"f1"},"dataType":{"S":"string"},"#
        + #""dependsOn":{"L":[{"S":"f2"}]},"sequenceNumber":{"N":"1"}}"#)
    let run = try migration.run(["delete": "yes"])
    #expect(run.code == MigrationStage.waiting, "\(run.all)")
    let constraints = try migration.show(Self.constraints)
    #expect(constraints.count == 3)
    #expect(constraints.contains { $0.contains(#"{"S": "team#user#u"}"#) })
    #expect(
      constraints.contains {
        $0.contains(#"{"S": "noid"}"#) && $0.contains(#"[{\"value\":[\"a\",\"b\"]}]"#)
      })
    let values = try migration.show("\(Self.prefix)AssetFileMetadataStorageTableV2")
    for (name, value, type) in [
      ("count", "42.10", "number"), ("flag", "true", "boolean"),
      ("dims", #"{\"x\":1}"#, "json"), ("list", #"[\"a\"]"#, "json"), ("title", "kept", "string"),
    ] {
      #expect(
        values.contains {
          $0.contains(#""metadataKey": {"S": "\#(name)"}"#)
            && $0.contains(#""metadataValue": {"S": "\#(value)"}"#)
            && $0.contains(#""metadataValueType": {"S": "\#(type)"}"#)
        }, "\(name) in \(values)")
    }
    let schema = try migration.show("\(Self.schemas)V2").joined()
    #expect(schema.contains(#"\"sequence\":1,\"dependsOnFieldKeyName\":[\"f2\"]"#), "\(schema)")
    #expect(schema.contains(#""metadataEntityType": {"S": "assetMetadata"}"#))
    for table in [Self.entities, Self.metadata, Self.schemas] {
      #expect(try migration.show(table) == [])
    }
  }

  @Test("what stands in no new table stays, by name, unless a person says that it may go")
  func homeless() throws {
    let migration = try make("v234h-", load: false)
    func constraint(_ id: String, _ more: String) -> String {
      #"{"entityType":{"S":"constraint"},"sk":{"S":"constraint#\#(id)"},"name":{"S":"n"}\#(more)}"#
    }
    try migration.put(
      Self.entities, constraint("plain", #","constraintId":{"S":"plain"}"#),
      constraint("dated", #","effectiveFrom":{"S":"2030"},"createdBy":{"S":"me"}"#),
      constraint("other", #","constraintId":{"S":"renamed"}"#))
    func metadata(_ id: String, _ more: String) -> String {
      #"{"databaseId":{"S":"d"},"assetId":{"S":"\#(id)"},"title":{"S":"t"},"#
        + #""_metadata_last_updated":{"S":"then"}\#(more)}"#
    }
    try migration.put(
      Self.metadata, metadata("plain", ""), metadata("secret", #","_secretnote":{"S":"x"}"#),
      metadata("empty", #","blank":{"S":""}"#), metadata("null", #","none":{"NULL":true}"#))
    func field(_ db: String, _ name: String, _ type: String, _ more: String = "") -> String {
      #"{"databaseId":{"S":"\#(db)"},"field":{"S":"\#(name)"},"dataType":{"S":"\#(type)"}\#(more)}"#
    }
    let numbered = #","sequenceNumber":{"N":"1"},"dependsOn":{"L":[{"S":"x"}]}"#
    try migration.put(
      Self.schemas, field("d", "plain", "string", #","sequenceNumber":{"S":""}"#),
      field("d", "numbered", "string", numbered),
      field("d", "odd", "string", #","help":{"S":"text"}"#),
      field("d", "first", "number", #","sequenceNumber":{"S":"first"}"#),
      field("d", "values", "string", #","inlineControlledListValues":{"S":"a,b"}"#),
      field("d", "place", "location", #","latitudeField":{"S":"lat"}"#),
      field("d", "spot", "location", #","latitudeField":{"S":"1.5"},"longitudeField":{"S":""}"#),
      // An earlier script has left out of its schema what it could not read.
      field("e", "whole", "string", #","required":{"BOOL":true}"#),
      field("e", "numbered", "string", numbered))
    try migration.put(
      "\(Self.schemas)V2",
      #"{"metadataSchemaId":{"S":"m"},"databaseId:metadataEntityType":{"S":"e:assetMetadata"},"#
        + #""schemaName":{"S":"migratedSchema"},"fields":{"S":"{\"fields\": ["#
        + #"{\"required\": false, \"metadataFieldKeyName\": \"numbered\", "#
        + #"\"metadataFieldValueType\": \"string\"}, {\"metadataFieldKeyName\": \"whole\", "#
        + #"\"metadataFieldValueType\": \"string\", \"required\": true, \"sequence\": null}]}"}}"#)
    let run = try migration.run(["delete": "yes"])
    #expect(run.code == MigrationStage.waiting, "\(run.all)")
    for reason in [
      "createdBy, effectiveFrom", "sk", "_secretnote", "blank", "none", "help", "sequenceNumber",
      "inlineControlledListValues", "latitudeField",
    ] {
      #expect(run.all.contains("has what 2.4 has no place for: \(reason): 1"), "\(run.all)")
    }
    #expect(run.all.contains("its database has no schema with all of it: 1"), "\(run.all)")
    func left(_ table: String, _ name: String) throws -> Set<String> {
      Set(
        try migration.show(table).compactMap {
          try JSONValue(reading: Array($0.utf8))[name]?["S"]?.string
        })
    }
    #expect(try left(Self.entities, "sk") == ["constraint#dated", "constraint#other"])
    #expect(try left(Self.metadata, "assetId") == ["secret", "empty", "null"])
    let schemas = ["odd", "first", "values", "place", "numbered"]
    #expect(try left(Self.schemas, "field") == Set(schemas))
    #expect(try migration.show(Self.schemas).count == schemas.count)
    #expect(try migration.accept().code == 0)
    let again = try migration.run(["delete": "yes", "leftovers": "delete"])
    #expect(again.code == MigrationStage.waiting, "\(again.all)")
    #expect(try left(Self.entities, "sk") == [])
    #expect(try left(Self.metadata, "assetId") == [])
    // Not found in its schema is not found, whatever a person says of leftovers.
    #expect(try left(Self.schemas, "field") == ["numbered"])
  }

  @Test("nothing goes whose successor is not there as it should be")
  func unproven() throws {
    let migration = try make("v234u-", load: false)
    let edited =
      #"{"databaseId:assetId":{"S":"d:a"},"databaseId:assetId:filePath":{"S":"d:a:/"},"#
      + #""metadataKey":{"S":"title"},"metadataValue":{"S":"since"}}"#
    try migration.put("\(Self.prefix)AssetFileMetadataStorageTableV2", edited)
    try migration.put(
      Self.metadata, #"{"databaseId":{"S":"d"},"assetId":{"S":"a"},"title":{"S":"old"}}"#,
      #"{"databaseId":{"S":"d"},"assetId":{"S":"b"},"bytes":{"B":"AAE="},"title":{"S":"x"}}"#,
      // Two that fold into one key.
      #"{"databaseId":{"S":"d"},"assetId":{"S":"c"},"title":{"S":"one"}}"#,
      #"{"databaseId":{"S":"d"},"assetId":{"S":"/c//"},"title":{"S":"two"}}"#)
    try migration.put(
      Self.schemas,
      #"{"databaseId":{"S":"d"},"field":{"S":"f"},"dataType":{"S":"controlled-list"}}"#)
    let earlier =
      #"{"metadataSchemaId":{"S":"m"},"databaseId:metadataEntityType":{"S":"d:assetMetadata"},"#
      + #""schemaName":{"S":"migratedSchema"}}"#
    try migration.put("\(Self.schemas)V2", earlier)
    let words = ["delete": "yes", "schemasFound": "replace"]
    let strict = try migration.run(words)
    #expect(strict.code == MigrationStage.stopped)
    #expect(strict.all.contains("the value of bytes is binary, which 2.4 cannot have"))
    #expect(strict.all.contains("another item gives metadata something else"), "\(strict.all)")
    #expect(try migration.rollback().code == 0)
    let run = try migration.run(words.merging(["rejects": "2"]) { $1 })
    #expect(run.code == MigrationStage.waiting, "\(run.all)")
    #expect(run.all.contains("the target's own is kept: 1"), "\(run.all)")
    // Of the two that fold, the one that was migrated is gone.
    #expect(try migration.show(Self.metadata).count == 3)
    #expect(try migration.show(Self.schemas).count == 1)
    #expect(try migration.show("\(Self.schemas)V2").count == 1)
  }

  private static let prefix = "vams-"
  private static let entities = "vams-AuthEntitiesTable"
  private static let constraints = "vams-ConstraintsStorageTable"
  private static let metadata = "vams-MetadataStorageTable"
  private static let schemas = "vams-MetadataSchemaStorageTable"

  /// Lambda, with functions that answer as the reindexer does when all or something goes wrong.
  private static func reindexer(_ body: (String) async throws -> Void) async throws {
    try await ScriptedServer.run(
      #"""
      def part(failed=0, errors=()):
          return {"total_count": 9, "success_count": 9 - failed, "failed_count": failed,
                  "errors": list(errors)}

      def handle(self, path, query):
          if path == "/_seen": return self.answer(body=json.dumps(shared.get("seen")))
          asked = json.loads(self.body())
          with changed: shared.setdefault("seen", []).append(asked)
          name = path.split("/")[3]
          if name == "broken":
              return self.answer(200, [("X-Amz-Function-Error", "Unhandled")],
                                 '{"errorType": "KeyError", "errorMessage": "no"}')
          if name == "refuses":
              return self.answer(body='{"statusCode": 500, "body": "{\\"error\\": \\"no\\"}"}')
          results = {} if name == "empty" else {"assets": part(), "files": part()}
          if asked["clear_indexes"]:
              results["clear_indexes"] = {
                  "asset_index": {"success": True}, "file_index": {"success": True}}
          if name == "partly": results["files"] = part(2)
          if name == "fatal": results["assets"] = part(0, [{"type": "fatal", "error": "no"}])
          if name == "uncleared": results["clear_indexes_error"] = "no"
          self.answer(body=json.dumps(
              {"statusCode": 200, "body": json.dumps({"message": "done", "results": results})}))
      """#
    ) { server in try await body(server.base) }
  }
}
