import Foundation
import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite("Records of migrations", .waiting)
struct MigrationsRecordTests {
  private static let table = "values-records"

  private func table(_ server: MotoServer, _ name: String) throws {
    _ = try server.python(
      """
      names = ['pk', 'sk']
      client('dynamodb').create_table(TableName=sys.argv[1], BillingMode='PAY_PER_REQUEST',
        KeySchema=[dict(AttributeName=n, KeyType=k) for n, k in zip(names, ['HASH', 'RANGE'])],
        AttributeDefinitions=[dict(AttributeName=n, AttributeType='S') for n in names])
      """, [name])
  }

  private func keys(_ server: MotoServer, _ name: String) throws -> String {
    try server.python(
      """
      items = boto3.resource('dynamodb').Table(sys.argv[1]).scan()['Items']
      print(sorted((i['pk'], i['sk'], sorted(i)) for i in items), end='')
      """, [name])
  }

  @Test("in a deploy table, what is missing is told, recorded, and taken out again")
  func deploy() async throws {
    let server = try MotoServer.shared()
    let stage = try ValuesStage(server)
    try table(server, "values-records")
    let old = "2021-09-01T10:00:00.000Z"
    _ = try server.python(
      """
      key = 'migration|0004-one.js'
      boto3.resource('dynamodb').Table('values-records').put_item(
        Item={'pk': key, 'sk': key, 'createdAt': sys.argv[1]})
      """, [old])
    let folder = stage.folder.file("migrations")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in [
      "0000-validate.js", "0004-one.js", "0004-two.js", "0004-two.test.js", "0005-three.js",
      ".x.js",
    ] {
      try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    let input = """
      { folder: '\(folder)', match: ['*.js'], except: ['*.test.*', '0000*'],
        records: { table: 'dynamodb://us-east-1/values-records' } }
      """
    let check = try stage.rig(MigrationsCheck.self, input)
    let found = try await check.apply()
    #expect(
      found.outputs == [
        "answer": "needed", "missing": "0004-two.js,0005-three.js", "missingCount": "2",
      ])
    #expect(try await check.verify().isPassed)

    let record = try stage.rig(MigrationsRecord.self, input)
    #expect(
      try await record.plan().changes == [
        "record 0004-two.js as applied", "record 0005-three.js as applied",
      ])
    for _ in 0..<2 {
      #expect(try await record.apply().outputs == ["added": "2"])
    }
    #expect(try await record.verify().isPassed)
    let three = "('migration|0004-one.js', 'migration|0004-one.js', ['createdAt', 'pk', 'sk'])"
    #expect(
      try keys(server, Self.table) == "[\(three), "
        + "\(three.replacing("one", with: "two")), "
        + "\(three.replacing("0004-one", with: "0005-three"))]")
    #expect(
      try await stage.rig(MigrationsCheck.self, input).apply().outputs["answer"] == "not-needed")
    let forced = try await stage.rig(
      MigrationsCheck.self, input.replacing("{ folder", with: "{ force: true, folder")
    ).apply()
    #expect(forced.outputs["answer"] == "needed" && forced.outputs["missing"] == "")

    // Somebody records it anew: that one is theirs, and stays.
    _ = try server.python(
      """
      key = 'migration|0005-three.js'
      boto3.resource('dynamodb').Table('values-records').put_item(
        Item={'pk': key, 'sk': key, 'createdAt': sys.argv[1]})
      """, [old])
    try await record.undo()
    #expect(record.journal.notes.count == 1)
    #expect(
      try keys(server, Self.table) == "[\(three), "
        + "\(three.replacing("0004-one", with: "0005-three"))]")
  }

  @Test("in the data itself records are read and written under one partition key")
  func data() async throws {
    let stage = try ValuesStage()
    let path = stage.folder.file("data.db")
    let made = try Tool.sqlite3(
      path,
      """
      CREATE TABLE items (pk TEXT NOT NULL, sk TEXT NOT NULL, createdAt TEXT, PRIMARY KEY (pk, sk));
      INSERT INTO items VALUES ('migration', 'migration|one', '2021-09-01T10:00:00.000Z');
      INSERT INTO items VALUES ('migration', 'migration|bad', NULL);
      """)
    #expect(made.status == 0)
    let records = "records: { table: 'sqlite://\(path)#items', layout: 'data' }"
    let record = try stage.rig(MigrationsRecord.self, "{ expected: ['two', 'one'], \(records) }")
    try await record.apply()
    let rows = try Tool.sqlite3(path, "SELECT pk, sk FROM items ORDER BY sk;").text
    #expect(rows == "migration|migration|bad\nmigration|migration|one\nmigration|migration|two\n")
    try await record.undo()
    #expect(try Tool.sqlite3(path, "SELECT count(*) FROM items;").text == "2\n")

    // A record that cannot be read is neither answer.
    let failure = try await stage.rig(
      MigrationsCheck.self, "{ expected: ['one', 'bad'], \(records) }"
    ).refusal()
    #expect(failure.summary.contains("the record of bad cannot be read"))
    let noTable = try stage.rig(
      MigrationsCheck.self,
      "{ expected: ['one'], records: { table: 'sqlite://\(path)#none' } }")
    await #expect(throws: Failure.self) { try await noTable.apply() }
  }

  @Test("an empty folder, or none, is no answer unless it is said to be fine")
  func empty() async throws {
    let stage = try ValuesStage()
    let records = "records: { table: 'sqlite:///nowhere/x.db#t' }"
    for input in [
      "folder: '\(stage.folder.path)', match: ['*.sql']", "folder: '/nowhere/at/all'",
      "expected: []", "expected: ['a', 'a']", "expected: ['a'], folder: '/tmp'", "",
    ] {
      let rig = try stage.rig(
        MigrationsCheck.self, "{ \(input)\(input.isEmpty ? "" : ",") \(records) }")
      await #expect(throws: Failure.self, "\(input)") { try await rig.apply() }
    }
    let fine = try await stage.rig(
      MigrationsCheck.self, "{ expected: [], emptyIsFine: true, \(records) }"
    ).apply()
    #expect(fine.outputs["answer"] == "not-needed")
  }

  @Test("a pattern takes stars for anything, and marks for one character")
  func patterns() {
    for (pattern, name) in [
      ("*", ""), ("*.test.*", "a.test.ts"), ("0000*", "0000"), ("a*b*c", "aXbYbZc"),
      ("?.js", "é.js"), ("**", "x"),
    ] { #expect(NamePattern(pattern).matches(name), "\(pattern) \(name)") }
    for (pattern, name) in [
      ("", "a"), ("*.test.*", "test.ts"), ("a*b*c", "aXbYbZ"), ("?.js", ".js"), ("a", "A"),
    ] { #expect(!NamePattern(pattern).matches(name), "\(pattern) \(name)") }
  }
}
