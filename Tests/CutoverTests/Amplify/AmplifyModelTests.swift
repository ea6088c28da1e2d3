import Foundation
import Harness
import Testing

@Suite("Models of an Amplify backend are changed in place and made of others", .waiting)
struct AmplifyModelTests {
  private static let completed = """
    steps: [{ updateModel: "Todo", sql: [
      "SELECT seq, amend_typed(item, 'completed', flag(0)) AS put, NULL AS skip",
      "FROM input WHERE kind(item, 'completed') IS NULL",
      "UNION ALL SELECT seq, NULL, 'has it' FROM input WHERE kind(item, 'completed') IS NOT NULL",
    ] }]
    """

  @Test("an attribute is added where it lacks, and undo brings every item back")
  func update() async throws {
    try await AmplifyStage.run { stage in
      let table = "\(stage.app)-Todo"
      try stage.make(table)
      try stage.load(table, "add_completed_field/Todo.before.jsonl")
      try stage.deploy(["Todo": table])
      #expect(try stage.run("init").code == 0)
      try stage.write("1763720000000_completed", Self.completed)
      let output = try stage.run("migrate")
      #expect(output.code == 0, "\(output.all)")
      #expect(try stage.compare(table, "add_completed_field/Todo.after.filter.jsonl") == "same")
      #expect(try stage.run("undo", "--reason", "try").code == 0)
      #expect(try stage.compare(table, "add_completed_field/Todo.before.jsonl") == "same")
    }
  }

  @Test("profiles are made of the users of a pool, with the same ids however often")
  func put() async throws {
    try await AmplifyStage.run { stage in
      let table = "\(stage.app)-Profile"
      try stage.make(table)
      try stage.deploy(["Profile": table])
      #expect(try stage.run("init").code == 0)
      let pool = try stage.python(
        """
        c = client("cognito-idp")
        pool = c.create_user_pool(PoolName=sys.argv[1])["UserPool"]["Id"]
        for n in range(3):
          c.admin_create_user(UserPoolId=pool, Username=f"user{n}", MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": f"u{n}@example.org"}] if n else [])
        print(pool)
        """, [stage.app]
      ).trimmingCharacters(in: .whitespacesAndNewlines)
      try stage.write(
        "1763720000000_profiles",
        """
        steps: [{ putModel: "Profile", from: "users+cognito://us-east-1/\(pool)", sql: [
          "SELECT seq, item('id', uuid('profile', attr(item, 'id')),",
          "  'owner', attr(item, 'id') || '::' || attr(item, 'name'),",
          "  'name', coalesce(attr(item, 'attributes', 'email'), '')) AS put FROM input",
        ] }]
        """)
      let output = try stage.run("migrate")
      #expect(output.code == 0, "\(output.all)")
      let first = try stage.items(table)
      #expect(first.count == 3 && first.contains { $0.contains("u2@example.org") })
      // As if nobody had recorded it: the same items are made, and none is there twice.
      let more = ["--registry", "dynamodb://us-east-1/amplify-data-migration-\(stage.app)-main"]
      let unmark = try stage.cutover.run(
        [
          "migrations", "mark", "1763720000000", "--pending", "--reason", "again", "--folder",
          "migrations", "--layout", "amplify", "-e", "amplify-\(stage.app)-main",
        ] + more,
        environment: stage.environment)
      #expect(unmark.code == 0, "\(unmark.all)")
      #expect(try stage.run("migrate").code == 0)
      #expect(try stage.items(table) == first)
      let wrong = try stage.run("undo", "--reason", "try")
      #expect(wrong.code == 0, "\(wrong.all)")
    }
  }

  @Test("what a throttled table gives back is written in the end")
  func unprocessed() async throws {
    try await AmplifyStage.run { stage in
      let (table, source) = ("\(stage.app)-Book", "\(stage.app)-source")
      try stage.make(table)
      try stage.make(source)
      try stage.load(source, "change_book_key_collision/Book.before.jsonl")
      try stage.deploy(["Book": table, "Old": source])
      #expect(try stage.run("init").code == 0)
      try stage.write(
        "1_copy",
        """
        steps: [{ putModel: "Book", from: "model://Old", writes: "plain",
          sql: "SELECT seq, item AS put FROM input" }]
        """)
      try stage.set(#"{"unprocessed": 3}"#)
      let output = try stage.run("migrate")
      #expect(output.code == 0, "\(output.all)")
      #expect(try stage.compare(table, "change_book_key_collision/Book.before.jsonl") == "same")
    }
  }

  @Test("late, equal and edited migrations are told and refused, and run when allowed")
  func order() async throws {
    try await AmplifyStage.run { stage in
      let table = "\(stage.app)-Todo"
      try stage.make(table)
      try stage.deploy(["Todo": table])
      #expect(try stage.run("init").code == 0)
      try stage.write("20_second", Self.completed)
      #expect(try stage.run("migrate").code == 0)
      try stage.write("10_first", Self.completed)
      let late = try stage.run("migrate")
      #expect(late.code == 65 && late.errors.contains("10_first is late"), "\(late.all)")
      #expect(try stage.run("migrate", "--allow", "late").code == 0)
      #expect(try stage.records().count { $0.contains("\"run\"") } == 2)
      try stage.write("20_second", Self.completed + ", description: \"edited\"")
      let edited = try stage.run("migrate")
      #expect(edited.code == 65 && edited.errors.contains("20_second is edited"), "\(edited.all)")
    }
  }

  @Test("mistakes are told with their places before anything is asked for")
  func mistakes() async throws {
    try await AmplifyStage.run { stage in
      try stage.deploy(["Todo": "\(stage.app)-Todo", "Book": "\(stage.app)-Book"])
      let missing = try stage.run("migrate")
      #expect(missing.code == 65 && missing.errors.contains("no table of migrations"))
      #expect(try stage.run("init").code == 0)
      let create = try stage.cutover(
        "amplify", "create", "--name", "try", "--migrationsDir", "migrations")
      #expect(create.code == 0, "\(create.all)")
      let empty = try stage.run("migrate")
      #expect(empty.code == 65 && empty.errors.contains("neither exports models nor has steps"))
      let name = try stage.cutover(
        "amplify", "create", "--name", "it's", "--migrationsDir", "migrations")
      #expect(name.code == 64, "\(name.all)")
      try FileManager.default.removeItem(atPath: stage.cutover.folder.file("migrations"))
      try stage.write("1_a", "steps: [{ updateModel: \"Tood\", sql: \"SELECT 1\" }]")
      let unknown = try stage.run("migrate")
      #expect(
        unknown.code == 65 && unknown.errors.contains("did you mean 'Todo'"), "\(unknown.all)")
      try stage.write("1_a", "steps: [{ runImport: \"Todo\", sql: \"SELECT 1\" }]")
      let never = try stage.run("migrate")
      #expect(never.code == 65 && never.errors.contains("no export is recorded"), "\(never.all)")
      #expect(try !stage.records().contains { $0.contains("\"lock\"") })
      let branch = try stage.cutover.run(
        [
          "amplify", "init", "--appId", stage.app, "--branch", "other", "--table",
          "amplify-data-migration-\(stage.app)-main",
        ], environment: stage.environment)
      #expect(
        branch.code == 65 && branch.errors.contains("belongs to branch main"), "\(branch.all)")
      try stage.set(#"{"branches": {}}"#)
      let gone = try stage.run("migrate")
      #expect(
        gone.code == 65 && gone.errors.contains("Amplify knows no branch main"), "\(gone.all)")
    }
  }
}
