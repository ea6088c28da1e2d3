import Actions
import Harness
import JSON
import Resources
import Rollouts
import Testing

/// Migrations of the kind that Amplify's users write, item by item against their fixtures.
@Suite("Migrations out of exports", .waiting)
struct AmplifyFixtureTests {
  private let folder: TemporaryFolder
  private let world: MotoWorld

  init() throws {
    folder = try TemporaryFolder()
    world = try MotoWorld(folder: folder.path)
  }

  private static let byName = "SELECT seq, drop_attr(item, 'id') AS put FROM input"

  private func source(_ fixture: String, _ bucket: String) throws -> String {
    try world.upload("\(fixture)/export", to: bucket)
    let key = try JSONValue(reading: ExportWorld.bytes("\(fixture)/export-key.json"))["key"]?.string
    return "export+s3://\(bucket)/\(key ?? "")?keys=id"
  }

  @Test(
    "items whose key changes are written once, the first wins, and the others are kept aside",
    arguments: [
      ("change_book_key", "", 165, 114, 51, 0), ("change_book_key_collision", ".tuple", 9, 7, 2, 0),
      ("change_book_key_invalid", "", 14, 4, 1, 9),
    ])
  func keyChanges(
    name: String, form: String, read: Int, written: Int, skipped: Int, rejected: Int
  ) async throws {
    let table = name.replacing("_", with: "-")
    try world.make(table, keys: ["author", "title"])
    let run = try world.migration(
      "step", from: try source(name, "tree-\(table)"), to: table, sql: Self.byName,
      more: [("rejects", 9)], target: [("collisions", "first")])
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(verification.ledgers.compactMap(\.imbalance) == [])
    #expect(
      report.outputs == [
        "read": "\(read)", "migrated": "\(written)", "skipped": "\(skipped)",
        "rejected": "\(rejected)",
      ])
    #expect(try world.compare(table, "\(name)/Book.after\(form).jsonl") == "same")
    #expect(try world.compareLosers("step", "\(name)/Book.skipped\(form).jsonl") == "same")
    if rejected > 0 { try checkRejects() }
    try await run.undo(plan)
    #expect(try world.count(table) == 0)
  }

  /// Each bad item is named with what is wrong.
  private func checkRejects() throws {
    let words = [
      "missing": "lacks part", "type": "must have the type", "empty": "is empty",
      "too-long": "is the most",
    ]
    let rejects = try JSONValue(reading: ExportWorld.bytes("change_book_key_invalid/rejects.json"))
    for reject in rejects.elements ?? [] {
      let reason = reject["author"]?.string ?? reject["title"]?.string ?? ""
      let found = try Tool.sqlite3(
        "\(world.folder)/step/migration.db",
        "SELECT reason FROM reject WHERE key LIKE '%\(reject["id"]?.string ?? "")%'")
      #expect(found.text.contains(words[reason] ?? "none"), "\(reason): \(found.text)")
    }
  }

  @Test("a damaged export writes nothing")
  func damaged() async throws {
    try world.make("book-damaged", keys: ["author", "title"])
    try world.upload("export_damaged/data_bitflip/export", to: "tree-damaged")
    let key = try JSONValue(reading: ExportWorld.bytes("export_damaged/data_bitflip/case.json"))
    let run = try world.migration(
      "step", from: "export+s3://tree-damaged/\(key["key"]?.string ?? "")?keys=id",
      to: "book-damaged", sql: Self.byName)
    let plan = try await run.plan()
    let failure = try await #require(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure.summary.contains("is damaged: its MD5 is"))
    #expect(try world.count("book-damaged") == 0)
  }

  @Test(
    "an attribute is added in place, to all items or to those that lack it",
    arguments: [
      ("todo-all", "", "SELECT seq, amend_typed(item, 'completed', flag(0)) AS put FROM input"),
      (
        "todo-some", ".filter",
        """
        SELECT seq, CASE WHEN kind(item, 'completed') IS NULL
          THEN amend_typed(item, 'completed', flag(0)) END AS put,
          CASE WHEN kind(item, 'completed') IS NOT NULL THEN 'has it' END AS skip FROM input
        """
      ),
    ])
  func completed(table: String, form: String, sql: String) async throws {
    let before = "add_completed_field/Todo.before.jsonl"
    try world.make(table, keys: ["id"], from: before)
    let run = try world.migration(
      "step", from: "dynamodb://us-east-1/\(table)", to: table, sql: sql)
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    #expect(try await run.verify(plan, report).verdict.isPassed)
    #expect(try world.compare(table, "add_completed_field/Todo.after\(form).jsonl") == "same")
    try await run.undo(plan)
    #expect(try world.compare(table, before) == "same")
  }

  @Test("the changes of a window are merged over the full export into a table")
  func incremental() async throws {
    let fixture = "book_incremental/new_image"
    let base = try source("change_book_key", "tree-incremental")
    _ = try world.python(
      """
      s3 = client("s3"); top = sys.argv[1]
      for folder, _, names in os.walk(top):
          for name in names:
              path = os.path.join(folder, name)
              s3.put_object(Bucket="tree-incremental", Key=os.path.relpath(path, top),
                            Body=open(path, "rb").read())
      """, ["\(ExportWorld.fixtures)/\(fixture)/export"])
    let key = try JSONValue(reading: ExportWorld.bytes("\(fixture)/export-key.json"))["summary"]?
      .string
    try world.make("book-merged", keys: ["id"])
    let run = try world.migration(
      "step", from: "\(base)&then=\(key ?? "")", to: "book-merged",
      sql: "SELECT seq, item AS put FROM input")
    let plan = try await run.plan()
    #expect(try await run.verify(plan, try await run.apply(plan)).verdict.isPassed)
    #expect(try world.compare("book-merged", "\(fixture)/Book.merged.jsonl") == "same")
  }

  @Test("profiles are made of the pages of a user pool's listing, beside those that are there")
  func profiles() async throws {
    let fixture = "add_profile_model"
    try world.make("profile", keys: ["id"], from: "\(fixture)/Profile.before.jsonl")
    // The old tool drew an id and a time for each user; here they stand beside the user.
    _ = try world.python(
      """
      import sqlite3
      read = lambda name: json.load(open(sys.argv[1] + "/" + name + ".json"))
      users = [u for page in read("listusers.pages") for u in page["Users"]]
      db = sqlite3.connect(sys.argv[2])
      db.execute("CREATE TABLE users(id TEXT PRIMARY KEY, at TEXT, name TEXT, attributes TEXT)")
      db.executemany("INSERT INTO users VALUES (?, ?, ?, ?)", [
          (i, t, u["Username"], json.dumps(u.get("Attributes", []), ensure_ascii=False))
          for u, i, t in zip(users, read("ids"), read("clock"))])
      db.commit()
      """, ["\(ExportWorld.fixtures)/\(fixture)", folder.file("users.db")])
    let run = try world.migration(
      "step", from: "sqlite://\(folder.file("users.db"))#users", to: "profile",
      sql: """
        SELECT seq, item('id', attr(item, 'id'), 'createdAt', attr(item, 'at'),
          'updatedAt', attr(item, 'at'),
          'owner', attr(item, 'name') || '::' || attr(item, 'name'),
          'name', coalesce((SELECT json_extract(value, '$.Value')
            FROM json_each(attr(item, 'attributes'))
            WHERE json_extract(value, '$.Name') IN ('email', 'Email')
            ORDER BY key LIMIT 1), '')) AS put
        FROM input
        """)
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    #expect(try await run.verify(plan, report).verdict.isPassed)
    #expect(report.outputs["migrated"] == "49")
    #expect(try world.compare("profile", "\(fixture)/Profile.after.email.jsonl") == "same")
    try await run.undo(plan)
    #expect(try world.compare("profile", "\(fixture)/Profile.before.jsonl") == "same")
  }
}
