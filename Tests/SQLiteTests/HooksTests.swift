import Dispatch
import Harness
import SQLite
import Testing

@Suite(.waiting) struct HooksTests {
  private func connection() throws -> Connection {
    let connection = try Connection(.memory, mode: .create)
    try connection.execute(
      "CREATE TABLE t(a); CREATE INDEX i ON t(a); INSERT INTO t VALUES (1), (2);")
    return connection
  }

  @Test("a confined connection reads, joins, recurses and uses JSON")
  func reading() throws {
    let connection = try connection()
    connection.confineToReading()
    #expect(try connection.value("SELECT sum(a) FROM t") == 3)
    #expect(try connection.value("SELECT count(*) FROM json_each('[1,2,3]'), t") == 6)
    #expect(
      try connection.value(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<9) "
          + "SELECT max(i) FROM n") == 9)
  }

  @Test(
    "a confined connection refuses whatever is not reading",
    arguments: [
      "INSERT INTO t VALUES (3)", "DELETE FROM t", "UPDATE t SET a = 0", "DROP TABLE t",
      "CREATE TABLE u(a)", "CREATE TEMP TABLE u(a)", "ATTACH '/tmp/x.db' AS x",
      "PRAGMA user_version = 9", "PRAGMA journal_mode = DELETE", "VACUUM INTO '/tmp/x.db'",
      "SELECT load_extension('x')", "BEGIN", "SAVEPOINT s", "REINDEX", "ANALYZE",
      "SELECT * FROM pragma_database_list", "CREATE VIEW v AS SELECT 1",
    ])
  func confined(_ sql: String) throws {
    let connection = try connection()
    // Compiled before it was confined, so that the cache cannot be a way around.
    _ = try? connection.prepare(sql)
    connection.confineToReading()
    let error = #expect(throws: DatabaseError.self) { try connection.rows(sql) }
    #expect(error?.isUnauthorized == true || error?.message.contains("authorized") == true)
    connection.authorize(nil)
    #expect(try connection.value("SELECT sum(a) FROM t") == 3)
  }

  @Test("a closure decides table by table")
  func perTable() throws {
    let connection = try connection()
    try connection.run("CREATE TABLE hidden(a)")
    connection.authorize { access in
      if case .read(let table, _) = access.kind, table == "hidden" { return false }
      return access.isReading
    }
    #expect(try connection.value("SELECT count(a) FROM t") == 2)
    #expect(throws: DatabaseError.self) { try connection.rows("SELECT a FROM hidden") }
    #expect(throws: DatabaseError.self) { try connection.rows("SELECT count(*) FROM hidden") }
  }

  private static let endless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT count(*) FROM n"

  @Test("a statement without an end is stopped by its handler")
  func stopped() throws {
    let connection = try connection()
    var calls = 0
    connection.stopWhen(everySteps: 1000) {
      calls += 1
      return calls > 50
    }
    let error = #expect(throws: DatabaseError.self) { try connection.rows(Self.endless) }
    #expect(error?.isInterrupted == true)
    #expect(calls == 51)
    connection.stopWhen(everySteps: 0, nil)
    #expect(try connection.value("SELECT 1") == 1)
  }

  @Test("another thread interrupts, also after the connection is gone")
  func interrupted() throws {
    var connection: Connection? = try connection()
    let interrupter = try #require(connection?.interrupter)
    var asked = false
    connection?.stopWhen(everySteps: 1000) {
      // Asked once the statement runs, so that the interruption cannot come too early.
      if !asked { DispatchQueue.global().async { interrupter.interrupt() } }
      asked = true
      return false
    }
    let error = #expect(throws: DatabaseError.self) { try connection?.rows(Self.endless) }
    #expect(error?.isInterrupted == true)
    connection = nil
    interrupter.interrupt()
  }

  @Test("functions of ours take and give every kind of value, and their errors")
  func functions() throws {
    let connection = try connection()
    try connection.define("same", argumentCount: 1, isDeterministic: true) { $0[0] }
    for value: Column in [nil, 5, "a\u{0}b", "", .real(2.5), .blob([]), .blob([0, 9])] {
      #expect(try connection.value("SELECT same(?)", value) == value)
    }
    try connection.define("fails", argumentCount: 0, isDeterministic: false) {
      (_) throws(FunctionError) in
      throw FunctionError("no luck today")
    }
    let error = #expect(throws: DatabaseError.self) { try connection.rows("SELECT fails()") }
    #expect(error?.message == "no luck today")
  }

  @Test("limits bound what foreign SQL may ask for")
  func limits() throws {
    let connection = try connection()
    connection.limit(.valueBytes, to: 1000)
    let error = #expect(throws: DatabaseError.self) {
      try connection.rows("SELECT zeroblob(1000000)")
    }
    #expect(error?.isTooBig == true)
  }
}
