import Foundation
import Harness
import Testing

@testable import Program

@Suite("Sandboxes, and records of the old tool", .waiting)
struct AmplifySwitchTests {
  private static let migration = """
    export: ["Book"],
    steps: [{ runImport: "Book", collisions: "first",
      sql: ["SELECT seq, drop_attr(item, 'id') AS put FROM input"] }]
    """

  /// A table as the old tool leaves it: its own attributes only, and no word about whose it is.
  private static let asOfOld = """
    for item in client_.scan(TableName=sys.argv[1])["Items"]:
      if item["action"]["S"] == "backend":
        key = {k: item[k] for k in ("action", "timestamp")}
        client_.delete_item(TableName=sys.argv[1], Key=key)
      if item["action"]["S"] == "export":
        book = item["exported"]["M"]["Book"]["M"]
        client_.put_item(TableName=sys.argv[1], Item={
          "exported": {"M": {"Book": {"M": {n: book[n] for n in ("strategy", "key")}}}},
          **{k: item[k] for k in ("action", "timestamp", "name", "executedAt")}})
    client_.put_item(TableName=sys.argv[1], Item={
      "action": {"S": "run"}, "timestamp": {"N": "5"}, "name": {"S": "theirs"},
      "executedAt": {"S": "2026-01-01T00:00:00.000Z"}})
    """

  @Test("a sandbox goes the same way, and on from what the old tool has recorded")
  func sandbox() async throws {
    try await AmplifyStage.run { stage in
      let (old, new) = ("\(stage.app)-old", "\(stage.app)-new")
      let backend = AmplifyBackend(kind: .sandbox, namespace: stage.app, name: "bob")
      func run(_ verb: String, _ more: String...) throws -> Binary.Output {
        let folder = verb == "init" ? [] : ["--migrationsDir", "migrations", "--yes"]
        return try stage.cutover.run(
          ["amplify", "sandbox", verb, "--identifier", "bob"] + folder + more,
          environment: stage.environment)
      }
      let nameless = try run("init")
      #expect(nameless.code == 65 && nameless.errors.contains("package.json"), "\(nameless.all)")
      try stage.cutover.write("package.json", "{ \"name\": \"\(stage.app)\" }")
      try stage.make(old)
      try stage.load(old, "change_book_key_collision/Book.before.jsonl")
      try stage.deploy(["Book": old], root: backend.sandboxStack)
      #expect(try run("init").code == 0)
      try stage.write("1763720000000_book-key", Self.migration)
      let export = try run("export")
      #expect(export.code == 0, "\(export.all)")
      _ = try stage.python(Self.asOfOld, [backend.names.table])

      let changes = try run("export", "--changes")
      #expect(changes.code == 65 && changes.errors.contains("nobody recorded"), "\(changes.all)")
      try stage.make(new, keys: ["author", "title"])
      try stage.deploy(["Book": new], root: backend.sandboxStack)
      let migrate = try run("migrate")
      #expect(migrate.code == 0, "\(migrate.all)")
      #expect(try stage.items(new).count == 7)
      let records = try stage.items(backend.names.table)
      #expect(records.contains { $0.contains("theirs") } && records.count == 3, "\(records)")
    }
  }
}
