import Foundation
import Harness
import SQLite
import Testing

@Suite(.waiting) struct DatabaseErrorTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("test.db")
  }

  private func failure(_ body: () throws -> Void) -> DatabaseError? {
    #expect(throws: DatabaseError.self) { try body() }
  }

  private func makeDatabase(rows: Int) throws {
    let connection = try Connection(.file(path), mode: .create)
    try connection.run("CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)")
    try connection.write { connection in
      for number in 0..<rows {
        try connection.run("INSERT INTO t VALUES (?, ?)", .integer(number), "some text to fill it")
      }
    }
  }

  @Test("a missing file, a missing folder and a folder cannot be opened")
  func cannotOpen() throws {
    for path in [path, folder.file("none/test.db"), folder.path] {
      let error = failure { _ = try Connection(.file(path), mode: .read).userVersion() }
      #expect(error?.isCannotOpen == true)
    }
  }

  @Test("a file of something else is not a database")
  func notADatabase() throws {
    try Data(repeating: 65, count: 5000).write(to: URL(fileURLWithPath: path))
    let error = failure { _ = try Connection(.file(path), mode: .write).rows("SELECT * FROM t") }
    #expect(error?.isNotADatabase == true)
  }

  @Test("a truncated file is corrupt")
  func corrupt() throws {
    try makeDatabase(rows: 5000)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.truncate(atOffset: 8192)
    let connection = try Connection(.file(path), mode: .write)
    let error = failure { _ = try connection.rows("SELECT sum(length(b)) FROM t") }
    #expect(error?.isCorrupt == true)
  }

  @Test("damage inside the file shows in the integrity check")
  func integrity() throws {
    try makeDatabase(rows: 5000)
    #expect(
      try Connection(.file(path), mode: .read).integrityProblems(problemsMax: 10).isEmpty)
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seek(toOffset: 3 * 4096)
    try handle.write(contentsOf: Data(repeating: 0xee, count: 512))
    let problems = try Connection(.file(path), mode: .read).integrityProblems(problemsMax: 3)
    #expect((1...4).contains(problems.count))
  }

  @Test("writing through a reading connection says that it is read-only")
  func readOnly() throws {
    try makeDatabase(rows: 1)
    let connection = try Connection(.file(path), mode: .read)
    #expect(failure { try connection.run("DELETE FROM t") }?.isReadOnly == true)
  }

  @Test("constraints and raised errors are told apart, with the message of the trigger")
  func constraints() throws {
    let connection = try Connection(.memory, mode: .create)
    try connection.execute(
      """
      CREATE TABLE t(a INTEGER PRIMARY KEY);
      CREATE TRIGGER no BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'never delete'); END;
      INSERT INTO t VALUES (1);
      """)
    let double = failure { try connection.run("INSERT INTO t VALUES (1)") }
    #expect(double?.isConstraint == true && double?.isRaised == false)
    let raised = failure { try connection.run("DELETE FROM t") }
    #expect(raised?.isRaised == true && raised?.message == "never delete")
  }

  @Test("a full file system says so, and the transaction is not half written")
  func full() throws {
    let connection = try Connection(.file(path), mode: .create)
    try connection.makeDurable()
    try connection.run("CREATE TABLE t(a)")
    // SQLite's own bound gives the same code as a disk without room.
    try connection.rows("PRAGMA max_page_count = 20")
    let error = failure {
      try connection.write { connection in
        for _ in 0..<100 { try connection.run("INSERT INTO t VALUES (zeroblob(4000))") }
      }
    }
    #expect(error?.isFull == true)
    #expect(!connection.isInTransaction)
    #expect(try connection.value("SELECT count(*) FROM t") == 0)
  }

  @Test("values that were bound never show in the text of an error")
  func secrets() throws {
    let connection = try Connection(.memory, mode: .create)
    try connection.run("CREATE TABLE t(a TEXT CHECK (a = 'x')) STRICT")
    let error = failure { try connection.run("INSERT INTO t VALUES (?)", "hunter2") }
    #expect(error.map { !"\($0)".contains("hunter2") } == true)
  }
}
