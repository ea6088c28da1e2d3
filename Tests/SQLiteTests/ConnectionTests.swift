import Foundation
import Harness
import SQLite
import Testing

@Suite(.waiting) struct ConnectionTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("test.db")
  }

  private func memory() throws -> Connection { try Connection(.memory, mode: .create) }

  @Test("every kind of value survives, with NULs, broken UTF-8 and empty ones")
  func roundTrip() throws {
    let connection = try memory()
    try connection.run("CREATE TABLE t(v)")
    let values: [Column] = [
      .null, .integer(Int64.min), .integer(Int64.max), .real(-0.5), .real(1e308), .text([]),
      .text(Array("a\u{0}b".utf8)), .text([0xff, 0xfe, 0x00]), "é", .blob([]), .blob([0, 1, 255]),
    ]
    for value in values { try connection.run("INSERT INTO t VALUES (?)", value) }
    #expect(try connection.rows("SELECT v FROM t ORDER BY rowid") == values.map { [$0] })
    #expect(
      try connection.rows("SELECT typeof(v) FROM t ORDER BY rowid").compactMap {
        $0[0].stringValue
      } == [
        "null", "integer", "integer", "real", "real", "text", "text", "text", "text", "blob",
        "blob",
      ])
  }

  @Test("the sqlite3 shell reads what was written, and the other way round")
  func shell() throws {
    let connection = try Connection(.file(path), mode: .create)
    try connection.makeDurable()
    try connection.run("CREATE TABLE t(a INTEGER, b TEXT) STRICT")
    try connection.run("INSERT INTO t VALUES (?, ?)", 1, "grün")
    #expect(
      try Tool.sqlite3(path, "SELECT a, b FROM t; PRAGMA journal_mode;").text == "1|grün\nwal\n")
    #expect(try Tool.sqlite3(path, "INSERT INTO t VALUES (2, 'blau');").status == 0)
    #expect(try connection.row("SELECT b FROM t WHERE a = ?", 2) == ["blau"])
  }

  @Test("a statement that is used again while it runs does not disturb the outer one")
  func nested() throws {
    let connection = try memory()
    try connection.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3);")
    var pairs = 0
    try connection.forEach("SELECT a FROM t", []) { _ in
      try connection.forEach("SELECT a FROM t", []) { _ in pairs += 1 }
    }
    #expect(pairs == 9)
  }

  @Test("SQL texts that Swift calls equal are different statements")
  func canonicalEquivalence() throws {
    let connection = try memory()
    let composed = "SELECT '\u{e9}'"
    let decomposed = "SELECT 'e\u{301}'"
    #expect(composed == decomposed)
    #expect(try connection.value(composed) == .text([0xc3, 0xa9]))
    #expect(try connection.value(decomposed) == .text([0x65, 0xcc, 0x81]))
  }

  @Test(
    "anything but exactly one statement is refused",
    arguments: [
      "", " -- nothing", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t", "SELECT 1;\u{0}x",
    ])
  func oneStatement(_ sql: String) throws {
    let connection = try memory()
    #expect(throws: DatabaseError.self) { try connection.rows(sql) }
  }

  @Test("comments and semicolons after a statement are fine")
  func trailingComments() throws {
    let connection = try memory()
    #expect(try connection.value("SELECT 1 ; -- one\n /* or\n two */ ;") == 1)
  }

  @Test("too few and too many values are refused")
  func valueCount() throws {
    let connection = try memory()
    #expect(throws: DatabaseError.self) { try connection.rows("SELECT ?, ?", 1) }
    #expect(throws: DatabaseError.self) { try connection.rows("SELECT ?", 1, 2) }
  }

  @Test("a transaction that throws leaves nothing, a savepoint only what came before it")
  func transactions() throws {
    struct Stop: Error {}
    let connection = try memory()
    try connection.run("CREATE TABLE t(a)")
    #expect(throws: Stop.self) {
      try connection.write { connection in
        try connection.run("INSERT INTO t VALUES (1)")
        throw Stop()
      }
    }
    #expect(!connection.isInTransaction)
    try connection.write { connection in
      try connection.run("INSERT INTO t VALUES (2)")
      _ = try? connection.savepoint { connection in
        try connection.run("INSERT INTO t VALUES (3)")
        throw Stop()
      }
      try connection.savepoint { _ = try $0.run("INSERT INTO t VALUES (4)") }
    }
    #expect(try connection.rows("SELECT a FROM t ORDER BY a") == [[2], [4]])
  }

  @Test("the second writer waits, and then says that the database is busy")
  func busy() throws {
    let first = try Connection(.file(path), mode: .create)
    try first.run("CREATE TABLE t(a)")
    let second = try Connection(.file(path), mode: .write, busyTimeout: .milliseconds(20))
    try first.write { _ in
      let error = #expect(throws: DatabaseError.self) { try second.write { _ in } }
      #expect(error?.isBusy == true)
    }
    try second.write { _ = try $0.run("INSERT INTO t VALUES (1)") }
  }

  @Test("a cursor lends raw bytes and goes back to the start")
  func cursor() throws {
    let connection = try memory()
    try connection.run("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)")
    var insert = try connection.prepare("INSERT INTO t(b) VALUES (?)")
    for number in 0..<100 {
      try Array("row \(number)".utf8).withUnsafeBytes { bytes in
        try insert.bind(text: bytes, at: 1)
      }
      #expect(try !insert.step())
      insert.reset()
    }
    var cursor = try connection.prepare("SELECT a, b FROM t WHERE a > ? ORDER BY a")
    var count = 0
    try cursor.bind([.integer(90)])
    while try cursor.step() {
      count += cursor.withBytes(1) { $0.count }
      #expect(cursor.kind(1) == .text)
    }
    #expect(count == 60)
    let (columns, parameters, isReadOnly) = (
      cursor.columnNames, cursor.parameterNames, cursor.isReadOnly
    )
    #expect(columns == ["a", "b"])
    #expect(parameters == [nil])
    #expect(isReadOnly)
  }

  @Test("a cursor outlives the last use of its connection")
  func lifetime() throws {
    func cursor() throws -> Statement { try memory().prepare("SELECT 'still here'") }
    var statement = try cursor()
    #expect(try statement.step())
    #expect(statement.string(0) == "still here")
  }

  @Test(
    "paths mean themselves, whatever characters they hold",
    arguments: [
      ":memory:", "file:x?mode=memory", "a%41.db", "a#b?c.db", "ü 'x\" .db", "-wal",
    ])
  func paths(_ name: String) throws {
    let path = folder.file(name)
    let connection = try Connection(.file(path), mode: .create)
    try connection.run("CREATE TABLE t(a)")
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test("identifiers and literals are quoted so that the names survive")
  func quoting() throws {
    let connection = try memory()
    for name in ["a\"b", "a\"\u{301}b", "select", "ü b", "a'b", "[x]"] {
      try connection.run("CREATE TABLE \(Identifier.quoted(name))(a)")
      #expect(
        try connection.value("SELECT count(*) FROM sqlite_schema WHERE name = ?", .string(name))
          == 1)
      #expect(try connection.value("SELECT \(Identifier.literal(name))") == .string(name))
    }
    #expect(throws: DatabaseError.self) { try Identifier.quoted("a\u{0}b") }
  }
}
