import Foundation
import Harness
import Testing

@Suite("A model's key is changed through an export", .waiting)
struct AmplifyKeyChangeTests {
  private static let migration = """
    export: ["Book"],
    steps: [{ runImport: "Book", collisions: "first",
      sql: ["SELECT seq, drop_attr(item, 'id') AS put FROM input"] }]
    """

  /// The whole way as a pipeline goes it, with every command given twice.
  @Test("export, deployment, migrate, undo and destroy, each of them again without harm")
  func wholeWay() async throws {
    try await AmplifyStage.run { stage in
      let (old, new) = ("\(stage.app)-old", "\(stage.app)-new")
      let fixture = "change_book_key_collision"
      try stage.make(old)
      try stage.load(old, "\(fixture)/Book.before.jsonl")
      try stage.deploy(["Book": old])
      for _ in 0..<2 {
        let made = try stage.run("init")
        #expect(made.code == 0, "\(made.all)")
      }
      try stage.write("1763720000000_book-key", Self.migration)
      let export = try stage.run("export")
      #expect(export.code == 0, "\(export.all)")
      #expect(export.text.contains("9 items"), "\(export.all)")
      let record = try #require(try stage.records().first { $0.contains("exported") })
      #expect(record.contains("PITR") && record.contains("/export/"))

      // The deployment replaces the table, and the pipeline is started once more.
      try stage.make(new, keys: ["author", "title"])
      _ = try stage.python("client_.delete_table(TableName=sys.argv[1])", [old])
      try stage.deploy(["Book": new])
      let again = try stage.run("export")
      #expect(again.code == 0 && again.text.contains("exported already"), "\(again.all)")
      #expect(try stage.records().contains(record))
      let forced = try stage.run("export", "--again")
      #expect(forced.code == 65, "\(forced.all)")
      #expect(forced.errors.contains("is not the one that was exported"), "\(forced.all)")
      #expect(try stage.count("export") == 1)

      let early = try stage.run("destroy", "--yes")
      #expect(
        early.code == 65 && early.errors.contains("no migration has imported"), "\(early.all)")
      try checkTrial(stage, new)
      let migrate = try stage.run("migrate")
      #expect(migrate.code == 0, "\(migrate.all)")
      #expect(try verdict(stage, new, fixture) == "same")
      let nothing = try stage.run("migrate")
      #expect(nothing.code == 0 && nothing.text.contains("Nothing is pending"), "\(nothing.all)")
      #expect(try stage.records().count { $0.contains("\"run\"") } == 1)

      let undo = try stage.run("undo", "--reason", "try")
      #expect(undo.code == 0, "\(undo.all)")
      #expect(try stage.items(new) == [])
      #expect(try stage.run("migrate").code == 0)
      #expect(try verdict(stage, new, fixture) == "same")
      try checkDestruction(stage)
    }
  }

  private func checkTrial(_ stage: AmplifyStage, _ table: String) throws {
    let trial = try stage.run("migrate", "--dry-run", "--limit", "3")
    #expect(trial.code == 0, "\(trial.all)")
    #expect(try stage.items(table) == [])
    #expect(try !stage.records().contains { $0.contains("\"run\"") })
  }

  /// Which of two wins depends on the order of the files; that one of each key is there does not.
  private func verdict(
    _ stage: AmplifyStage, _ table: String, _ fixture: String
  ) throws -> String {
    try stage.python(
      """
      folder = sys.argv[2]
      key = lambda l: tuple(json.loads(l)[n]["S"] for n in ("author", "title"))
      before = []
      for l in lines(folder + "/Book.before.jsonl"):
        item = json.loads(l); item.pop("id"); before.append(line(item))
      now = held(sys.argv[1])
      wanted = sorted(key(l) for l in lines(folder + "/Book.after.tuple.jsonl"))
      print("same" if sorted(map(key, now)) == wanted and set(now) <= set(before) else now)
      """, [table, "\(AmplifyStage.exports)/\(fixture)"]
    ).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func checkDestruction(_ stage: AmplifyStage) throws {
    let bucket = "amplify-export-\(stage.app)-main"
    _ = try stage.python(
      """
      s3 = client("s3")
      s3.put_bucket_versioning(Bucket=sys.argv[1], VersioningConfiguration={"Status": "Enabled"})
      for _ in range(2): s3.put_object(Bucket=sys.argv[1], Key="x", Body=b"x")
      s3.delete_object(Bucket=sys.argv[1], Key="x")
      """, [bucket])
    let silent = try stage.run("destroy")
    #expect(silent.code == 64 && silent.text.contains("delete the bucket"), "\(silent.all)")
    let destroy = try stage.run("destroy", "--yes")
    #expect(destroy.code == 0, "\(destroy.all)")
    let left = try stage.python(
      """
      buckets = [b["Name"] for b in client("s3").list_buckets()["Buckets"]]
      print([n for n in buckets + tables() if sys.argv[1] in n and "amplify-" in n])
      """, [stage.app])
    #expect(left == "[]\n")
    let again = try stage.run("destroy", "--yes")
    #expect(again.code == 0 && again.text.contains("Neither"), "\(again.all)")
  }

  @Test("killed while an export is waited for, it goes on with the same export")
  func killedExport() async throws {
    try await AmplifyStage.run { stage in
      let old = "\(stage.app)-old"
      try stage.make(old)
      try stage.load(old, "change_book_key_collision/Book.before.jsonl")
      try stage.deploy(["Book": old])
      #expect(try stage.run("init").code == 0)
      try stage.write("1763720000000_book-key", Self.migration)
      try stage.set(#"{"hold": {"name": "DescribeExport", "left": 0}}"#)
      let child = try Child(
        stage.words("export"), in: stage.cutover.folder.path, environment: stage.environment,
        input: "")
      try stage.waitUntilHeld()
      child.signal(SIGKILL)
      _ = child.rest()
      #expect(child.wait() == 128 + SIGKILL)
      #expect(try !stage.records().contains { $0.contains("exported") })
      // The service is out of breath for a while, which is no reason to begin another.
      try stage.set(#"{"hold": null, "throttled": 2}"#)
      let output = try stage.run("export")
      #expect(output.code == 0, "\(output.all)")
      #expect(try stage.count("export") == 1)
      let first = try #require(try stage.records().first { $0.contains("exported") })
      #expect(!first.contains("former"))
      // All of it once more, from the same table: the former export is kept aside.
      #expect(try stage.run("export", "--again").code == 0)
      let second = try #require(try stage.records().first { $0.contains("exported") })
      #expect(try stage.count("export") == 2 && second.contains("former"), "\(second)")
    }
  }

  @Test("an export that fails is told, recorded nowhere, and begun anew by retry")
  func failedExport() async throws {
    try await AmplifyStage.run { stage in
      let old = "\(stage.app)-old"
      try stage.make(old)
      try stage.deploy(["Book": old])
      #expect(try stage.run("init").code == 0)
      try stage.write("1763720000000_book-key", Self.migration)
      try stage.set(#"{"failing": "the bucket is gone"}"#)
      let output = try stage.run("export")
      #expect(output.code == 3 && output.all.contains("the bucket is gone"), "\(output.all)")
      #expect(try !stage.records().contains { $0.contains("exported") })
      try stage.set(#"{"failing": null}"#)
      let retry = try stage.cutover.run(
        ["retry", "export-Book", "--reason", "mended"], environment: stage.environment)
      #expect(retry.code == 0, "\(retry.all)")
      let second = try stage.run("export")
      #expect(second.code == 0, "\(second.all)")
      #expect(try stage.count("export") == 2)
    }
  }

  @Test("killed in the middle of an import, it goes on, and nothing is there twice")
  func killedImport() async throws {
    try await AmplifyStage.run { stage in
      let (old, new) = ("\(stage.app)-old", "\(stage.app)-new")
      try stage.make(old)
      try stage.load(old, "change_book_key_collision/Book.before.jsonl")
      try stage.deploy(["Book": old])
      #expect(try stage.run("init").code == 0)
      try stage.write(
        "1763720000000_book-key", Self.migration.replacing("sql:", with: "batch: 2, sql:"))
      #expect(try stage.run("export").code == 0)
      try stage.make(new, keys: ["author", "title"])
      try stage.deploy(["Book": new])
      // Records and locks are written too, so the import's own writes are what comes after some.
      try stage.set(#"{"hold": {"name": "PutItem", "left": 4}}"#)
      let child = try Child(
        stage.words("migrate"), in: stage.cutover.folder.path, environment: stage.environment,
        input: "")
      try stage.waitUntilHeld()
      child.signal(SIGKILL)
      _ = child.rest()
      #expect(child.wait() == 128 + SIGKILL)
      try stage.set(#"{"hold": null}"#)
      let half = try stage.items(new)
      #expect(half.count < 7)
      let dry = try stage.run("migrate", "--dry-run", "--limit", "1")
      #expect(dry.code == 75 && dry.errors.contains("is open"), "\(dry.all)")
      let (here, away) = (
        stage.cutover.folder.file("migrations"), stage.cutover.folder.file("away")
      )
      try FileManager.default.moveItem(atPath: here, toPath: away)
      try FileManager.default.createDirectory(atPath: here, withIntermediateDirectories: true)
      let none = try stage.run("migrate")
      #expect(none.code == 75 && none.errors.contains("is open"), "\(none.all)")
      try FileManager.default.removeItem(atPath: here)
      try FileManager.default.moveItem(atPath: away, toPath: here)
      #expect(try stage.items(new) == half)
      let other = try Binary()
      try FileManager.default.createSymbolicLink(
        atPath: other.folder.file("migrations"),
        withDestinationPath: stage.cutover.folder.file("migrations"))
      let rival = try other.run(stage.words("migrate"), environment: stage.environment)
      #expect(rival.code == 75 && rival.errors.contains("is being migrated by"), "\(rival.all)")
      let destroy = try other.run(
        stage.words("destroy", ["--yes"]), environment: stage.environment)
      #expect(destroy.code == 75, "\(destroy.all)")
      let output = try stage.run("migrate")
      #expect(output.code == 0, "\(output.all)")
      #expect(try verdict(stage, new, "change_book_key_collision") == "same")
      #expect(try !stage.records().contains { $0.contains("\"lock\"") })
    }
  }

  @Test("a damaged export is refused before the first write")
  func damaged() async throws {
    try await AmplifyStage.run { stage in
      let (old, new) = ("\(stage.app)-old", "\(stage.app)-new")
      try stage.make(old)
      try stage.load(old, "change_book_key_collision/Book.before.jsonl")
      try stage.deploy(["Book": old])
      #expect(try stage.run("init").code == 0)
      try stage.write("1763720000000_book-key", Self.migration)
      #expect(try stage.run("export").code == 0)
      try stage.make(new, keys: ["author", "title"])
      try stage.deploy(["Book": new])
      _ = try stage.python(
        """
        s3, bucket = client("s3"), sys.argv[1]
        for o in s3.list_objects_v2(Bucket=bucket)["Contents"]:
          if "/data/" in o["Key"] and o["Size"] > 20:
            body = bytearray(s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read())
            body[-9] ^= 1
            s3.put_object(Bucket=bucket, Key=o["Key"], Body=bytes(body))
            break
        """, ["amplify-export-\(stage.app)-main"])
      let output = try stage.run("migrate")
      #expect(output.code == 3 && output.all.contains("is damaged"), "\(output.all)")
      #expect(try stage.items(new) == [])
      #expect(try !stage.records().contains { $0.contains("\"run\"") })
    }
  }

  @Test("what changed between the export and the deployment comes along")
  func gap() async throws {
    try await AmplifyStage.run { stage in
      let (old, new) = ("\(stage.app)-old", "\(stage.app)-new")
      try stage.make(old)
      try stage.load(old, "change_book_key_collision/Book.before.jsonl")
      try stage.deploy(["Book": old])
      #expect(try stage.run("init").code == 0)
      try stage.write("1763720000000_book-key", Self.migration)
      let soon = "1200"
      try stage.set("{\"ago\": \(soon)}")
      #expect(try stage.run("export").code == 0)
      try stage.set(#"{"ago": 0}"#)
      _ = try stage.python(
        """
        for l in lines(sys.argv[2]):
          client_.delete_item(TableName=sys.argv[1], Key={"id": json.loads(l)["id"]})
        put = lambda i, a, t: client_.put_item(TableName=sys.argv[1], Item={
          "id": {"S": i}, "author": {"S": a}, "title": {"S": t}})
        put("late", "Ann", "New")
        """, [old, "\(AmplifyStage.exports)/change_book_key_collision/Book.before.jsonl"])
      let changes = try stage.run("export", "--changes")
      #expect(changes.code == 0, "\(changes.all)")
      let early = try stage.run("export", "--changes")
      #expect(early.code == 65 && early.errors.contains("15 minutes"), "\(early.all)")
      try stage.make(new, keys: ["author", "title"])
      try stage.deploy(["Book": new])
      let migrate = try stage.run("migrate")
      #expect(migrate.code == 0, "\(migrate.all)")
      #expect(try stage.items(new) == [#"{"author": {"S": "Ann"}, "title": {"S": "New"}}"#])
    }
  }
}
