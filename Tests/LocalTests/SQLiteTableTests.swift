import Foundation
import Harness
import Resources
import Testing

@testable import Local

/// A database made by the `sqlite3` shell, so that nothing under test had a hand in it.
struct Fixture {
  let folder: TemporaryFolder
  var path: String { folder.file("a.db") }

  init(_ sql: String) throws {
    folder = try TemporaryFolder()
    try run(sql)
  }

  @discardableResult
  func run(_ sql: String) throws -> String {
    let output = try Tool.sqlite3(path, sql)
    guard output.status == 0 else { throw HarnessError(output.errorText) }
    return output.text
  }

  func table(_ name: String, of file: String? = nil) throws -> SQLiteTable {
    try SQLiteTable(ResourceURL("sqlite://\(file ?? path)#\(name)"))
  }
}

func item(_ text: String) -> Item { Item(bytes: Array(text.utf8), isCanonical: true) }

func texts(_ page: Page<Item>) -> [String] {
  page.elements.map { String(decoding: $0.bytes, as: UTF8.self) }
}

@Suite(.waiting) struct SQLiteTableTests {
  @Test("every kind of value becomes an attribute that says which it was")
  func kinds() async throws {
    let fixture = try Fixture(
      """
      CREATE TABLE t(id INTEGER PRIMARY KEY, v);
      INSERT INTO t VALUES (1, 1), (2, 1.0), (3, '1'), (4, x'00ff'), (5, NULL), (6, ''), (7, x''),
        (8, 9223372036854775807), (9, -9223372036854775808), (10, 1e300), (11, 0.1), (12, 9e999),
        (13, 'a' || char(0) || 'b'), (14, CAST(x'61ff62' AS TEXT)), (15, '"\\' || char(10, 1, 9)),
        (16, 'é€😀');
      """)
    let page = try await fixture.table("t").page(after: nil, limit: 100)
    let expected = [
      #"{"N":"1"}"#, #"{"N":"1.0"}"#, #"{"S":"1"}"#, #"{"B":"AP8="}"#, nil, #"{"S":""}"#,
      #"{"B":""}"#, #"{"N":"9223372036854775807"}"#, #"{"N":"-9223372036854775808"}"#,
      #"{"N":"1e+300"}"#, #"{"N":"0.1"}"#, #"{"N":"1e999"}"#, #"{"S":"a\u0000b"}"#,
      #"{"M":{"sqlite:text":{"B":"Yf9i"}}}"#, #"{"S":"\"\\\n\u0001\t"}"#, #"{"S":"é€😀"}"#,
    ]
    let wanted = expected.enumerated().map { index, value in
      #"{"id":{"N":"\#(index + 1)"}"# + (value.map { #","v":\#($0)}"# } ?? "}")
    }
    #expect(texts(page) == wanted)
    #expect(page.next == nil)
    // The text of a real number shows that it is one, and is not the one text of its value.
    let others = page.elements.enumerated().filter { !$0.element.isCanonical }.map { $0.offset + 1 }
    #expect(others == [2, 10, 12])
  }

  @Test("what was read is written back with the same values and storage classes")
  func roundTrip() async throws {
    let fixture = try Fixture(
      """
      CREATE TABLE t(id INTEGER PRIMARY KEY, v, r REAL, n NUMERIC, i INT, s TEXT, b BLOB);
      CREATE TABLE u(id INTEGER PRIMARY KEY, v, r REAL, n NUMERIC, i INT, s TEXT, b BLOB);
      WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 500)
      INSERT INTO t SELECT x,
        CASE x % 7 WHEN 0 THEN NULL WHEN 1 THEN random() WHEN 2 THEN random() / 1e12
          WHEN 3 THEN randomblob(x % 50) WHEN 4 THEN CAST(randomblob(9) AS TEXT)
          WHEN 5 THEN random() * 1e280 ELSE hex(randomblob(5)) END,
        x / 3.0, x / 2.0, random(), CAST(randomblob(6) AS TEXT) || char(0), randomblob(3) FROM c;
      """)
    let page = try await fixture.table("t").page(after: nil, limit: 1000)
    _ = try await fixture.table("u").write(page.elements.map { .put($0) })
    let again = try await fixture.table("u").page(after: nil, limit: 1000)
    #expect(page.elements == again.elements)
    let differences = """
      SELECT count(*) FROM t JOIN u USING (id) WHERE t.v IS NOT u.v OR typeof(t.v) <> typeof(u.v)
      OR t.r IS NOT u.r OR t.n IS NOT u.n OR typeof(t.n) <> typeof(u.n) OR t.i IS NOT u.i
      OR CAST(t.s AS BLOB) IS NOT CAST(u.s AS BLOB) OR t.b IS NOT u.b;
      SELECT count(*) FROM u;
      """
    #expect(try fixture.run(differences) == "0\n500\n")
  }

  @Test(
    "what a column would convert or lose is refused, by name and with a way out",
    arguments: [
      (#"{"id":{"N":"1"},"i":{"S":"12"}}"#, "'i' is text that looks like a number"),
      (#"{"id":{"N":"1"},"r":{"N":"1"}}"#, "'r' is a whole number"),
      (#"{"id":{"N":"1"},"s":{"N":"1"}}"#, "'s' is a whole number"),
      (#"{"id":{"N":"1"},"i":{"N":"1.0"}}"#, "'i' is '1.0', which SQLite would convert"),
      (#"{"id":{"N":"1"},"r":{"N":"1.50"}}"#, "cannot hold exactly; the nearest it holds is 1.5"),
      (#"{"id":{"N":"1"},"i":{"N":"9223372036854775808"}}"#, "cannot hold exactly"),
      (#"{"id":{"N":"1"},"r":{"N":"0.1234567890123456789012"}}"#, "cannot hold exactly"),
      (#"{"id":{"N":"1"},"i":{"N":"007"}}"#, "cannot hold exactly"),
      (#"{"id":{"N":"1"},"i":{"N":"-0"}}"#, "cannot hold exactly"),
      (#"{"id":{"N":"1"},"v":{"NULL":true}}"#, "'v' has the type 'NULL'"),
      (#"{"id":{"N":"1"},"v":{"BOOL":true}}"#, "'v' has the type 'BOOL'"),
      (#"{"id":{"N":"1"},"v":{"M":{"a":{"S":""}}}}"#, "'v' is a map"),
      (#"{"id":{"N":"1"},"v":{"B":"?"}}"#, "'v' is not base64"),
      (#"{"id":{"N":"1"},"w":{"S":""}}"#, "no column 'w'"),
      (#"{"id":{"N":"1"},"V":{"S":""}}"#, "no column 'V'"),
      (#"{"id":{"N":"1"},"v":{"S":""},"v":{"S":""}}"#, "'v' stands in an item twice"),
      (#"{"id":{"N":"1"},"v":{"S":"\ud800"}}"#, "half of a surrogate pair"),
      (#"{"id":{"N":"1"},"v":{"S":"a","N":"1"}}"#, "'v' has two types"),
      (#"{"v":{"S":""}}"#, "'id' is part of the key"),
      (#"{"id":{"N":"1"}"#, "not DynamoDB JSON"),
      (#"[]"#, "not DynamoDB JSON"),
    ])
  func refused(text: String, problem: String) async throws {
    let fixture = try Fixture(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, v, r REAL, i INTEGER, s TEXT);")
    await #expect {
      try await fixture.table("t").write([.put(item(#"{"id":{"N":"0"}}"#)), .put(item(text))])
    } throws: { error in
      "\(error)".contains(problem) && (error as? Failure)?.hint.isEmpty == false
    }
    #expect(try fixture.run("SELECT count(*) FROM t") == "0\n")
  }

  @Test("a row that breaks another constraint fails the whole batch")
  func constraint() async throws {
    let fixture = try Fixture("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT UNIQUE);")
    let batch = ["1", "2"].map { ItemChange.put(item(#"{"id":{"N":"\#($0)"},"v":{"S":"x"}}"#)) }
    await #expect { try await fixture.table("t").write(batch) } throws: {
      "\($0)".contains("UNIQUE constraint failed: t.v")
    }
    #expect(try fixture.run("SELECT count(*) FROM t") == "0\n")
  }

  @Test("a description tells columns, key, indexes and size")
  func description() async throws {
    let fixture = try Fixture(
      """
      CREATE TABLE t(b TEXT NOT NULL, a VARCHAR(9), c, g AS (a || b), PRIMARY KEY(b, a));
      CREATE INDEX i ON t(c); INSERT INTO t VALUES ('x', 'y', 1);
      """)
    let found = try await #require(fixture.table("t").description())
    #expect(found.keys.map(\.name) == ["b", "a"])
    #expect(found.keys.map(\.isRequired) == [true, false])
    #expect(found.attributes == [.init(name: "c", type: "")])
    #expect(found.indexes == ["CREATE INDEX i ON t(c)"])
    #expect(found.itemCount == 1 && found.byteCount == 4096)
    #expect(found.definition?.hasPrefix("CREATE TABLE t(") == true)
  }

  @Test("missing, foreign and odd files and tables are told apart")
  func oddFiles() async throws {
    let fixture = try Fixture("CREATE TABLE t(a PRIMARY KEY); CREATE VIEW v AS SELECT 1;")
    #expect(try await fixture.table("none").description() == nil)
    #expect(try await fixture.table("t", of: "/nowhere/at/all.db").description() == nil)
    await #expect { try await fixture.table("v").description() } throws: {
      "\($0)".contains("is a view")
    }
    await #expect { try await fixture.table("T").description() } throws: {
      "\($0)".contains("written 't'")
    }
    await #expect { try await fixture.table("t", of: "/tmp").description() } throws: {
      "\($0)".contains("is not a file")
    }
    let foreign = fixture.folder.file("foreign.db")
    try Data(repeating: 65, count: 10_000).write(to: URL(fileURLWithPath: foreign))
    await #expect { try await fixture.table("t", of: foreign).description() } throws: {
      "\($0)".contains("no SQLite database")
    }
    await #expect { try await fixture.table("none").page(after: nil, limit: 1) } throws: {
      "\($0)".contains("no such table")
    }
    #expect(throws: Failure.self) { try SQLiteTable(ResourceURL("sqlite:///a.db")) }
    #expect(throws: Failure.self) { try SQLiteTable(ResourceURL("sqlite://a.db#t")) }
    #expect(throws: Failure.self) { try SQLiteTable(ResourceURL("sqlite:///a/../b.db#t")) }
  }

  @Test("keys of the column's own collation page without loss")
  func collation() async throws {
    let fixture = try Fixture(
      """
      CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL);
      INSERT INTO t VALUES ('b'), ('A'), ('a2'), ('C'), ('B2'), ('c2'), ('É'), ('é');
      """)
    var found: [String] = []
    var position: PagePosition?
    repeat {
      let page = try await fixture.table("t").page(after: position, limit: 1)
      found += texts(page)
      position = page.next
    } while position != nil
    #expect(found.count == 8 && Set(found.map { Array($0.utf8) }).count == 8)
  }

  @Test("a row whose key is partly NULL is refused at the start, not lost in the middle")
  func nullKey() async throws {
    let fixture = try Fixture(
      "CREATE TABLE t(a, b, PRIMARY KEY(a, b)); INSERT INTO t VALUES (1, 1), (1, NULL), (2, 1);")
    await #expect { try await fixture.table("t").page(after: nil, limit: 2) } throws: {
      "\($0)".contains("partly NULL")
    }
  }

  @Test("large rows end a page early, and nothing is lost by it")
  func largeRows() async throws {
    let fixture = try Fixture(
      """
      CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB);
      WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 12)
      INSERT INTO t SELECT x, zeroblob(1500000) FROM c;
      """)
    let table = try fixture.table("t")
    var count = 0
    var position: PagePosition?
    repeat {
      let page = try await table.page(after: position, limit: 1000)
      #expect(page.elements.count <= 5)
      count += page.elements.count
      position = page.next
    } while position != nil
    #expect(count == 12)
  }

  @Test("a file that vanishes or is replaced between two pages is noticed")
  func vanished() async throws {
    let fixture = try Fixture(
      "CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3);")
    let table = try fixture.table("t")
    let first = try await table.page(after: nil, limit: 1)
    try FileManager.default.removeItem(atPath: fixture.path)
    await #expect { try await table.page(after: first.next, limit: 1) } throws: {
      "\($0)".contains("the file is not there")
    }
    try fixture.run("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (5);")
    #expect(try await texts(table.page(after: first.next, limit: 9)) == [#"{"id":{"N":"5"}}"#])
  }

  @Test("a column that is added while the table is open is seen")
  func alteredMeanwhile() async throws {
    let fixture = try Fixture("CREATE TABLE t(id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);")
    let table = try fixture.table("t")
    _ = try await table.page(after: nil, limit: 1)
    try fixture.run("ALTER TABLE t ADD COLUMN c DEFAULT 7;")
    #expect(
      try await texts(table.page(after: nil, limit: 1)) == [#"{"c":{"N":"7"},"id":{"N":"1"}}"#])
  }

  @Test("a table keyed by row id is updated in place")
  func rowIDs() async throws {
    let fixture = try Fixture("CREATE TABLE t(v, rowid); INSERT INTO t VALUES ('a', 'shadow');")
    let table = try fixture.table("t")
    let text = #"{"_rowid_":{"N":"1"},"rowid":{"S":"shadow"},"v":{"S":"a"}}"#
    #expect(try await texts(table.page(after: nil, limit: 9)) == [text])
    _ = try await table.write([
      .put(item(#"{"_rowid_":{"N":"1"},"v":{"S":"b"}}"#)),
      .put(item(#"{"_rowid_":{"N":"9"},"v":{"S":"c"}}"#)),
    ])
    #expect(try fixture.run("SELECT _rowid_, v, rowid IS NULL FROM t") == "1|b|1\n9|c|1\n")
  }

  @Test("a position of another table's key is refused")
  func foreignPosition() async throws {
    let fixture = try Fixture("CREATE TABLE t(id INTEGER PRIMARY KEY);")
    for text in ["", "1", "1;i1;i2", "2;i1", "1;x", "1;iabc"] {
      await #expect(throws: Failure.self) {
        try await fixture.table("t").page(after: PagePosition(text), limit: 1)
      }
    }
  }
}
