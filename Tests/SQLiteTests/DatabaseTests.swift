import Foundation
import Harness
import SQLite
import Testing

@Suite(.waiting) struct DatabaseTests {
  @Test("transactions of many tasks never interleave")
  func serial() async throws {
    let database = try await Database.open(.memory, mode: .create) { connection in
      try connection.execute("CREATE TABLE t(n INTEGER); INSERT INTO t VALUES (0);")
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<50 {
        group.addTask {
          try await database.write { connection in
            let former = try connection.value("SELECT n FROM t")?.integerValue ?? -1
            try connection.run("UPDATE t SET n = ?", .integer(former + 1))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await database.rows("SELECT n FROM t") == [[50]])
  }

  @Test("a database that refuses its file stays closed, and a closed one refuses calls")
  func closed() async throws {
    struct Refusal: Error {}
    await #expect(throws: Refusal.self) {
      try await Database.open(.memory, mode: .create) { _ in throw Refusal() }
    }
    let database = try await Database.open(.memory, mode: .create) { _ in }
    await database.close()
    await #expect(throws: DatabaseError.self) { try await database.rows("SELECT 1") }
  }

  @Test("a backup holds what was committed when it was taken, while others go on writing")
  func backup() throws {
    let folder = try TemporaryFolder()
    let source = try Connection(.file(folder.file("source.db")), mode: .create)
    try source.makeDurable()
    try source.run("CREATE TABLE t(a, b)")
    try source.write { connection in
      for number in 0..<2000 {
        try connection.run("INSERT INTO t VALUES (?, zeroblob(500))", .integer(number))
      }
    }
    let writer = try Connection(.file(folder.file("source.db")), mode: .write)
    let target = try Connection(.file(folder.file("copy.db")), mode: .create)
    var steps = 0
    try source.backUp(into: target, pagesPerStep: 50) { _, _ in
      steps += 1
      if steps == 2 { _ = try? writer.run("DELETE FROM t WHERE a = 0") }
    }
    #expect(steps > 2)
    let shell = try Tool.sqlite3(
      folder.file("copy.db"), "PRAGMA integrity_check; SELECT count(*) FROM t;")
    #expect(shell.text == "ok\n1999\n")
  }

  @Test("a frozen file is read where no lock can be made")
  func frozen() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("frozen.db")
    do {
      let connection = try Connection(.file(path), mode: .create)
      try connection.makeDurable()
      try connection.execute("CREATE TABLE t(a); INSERT INTO t VALUES (7);")
    }
    #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    let reader = try Connection(.file(path), mode: .readFrozen)
    #expect(try reader.value("SELECT a FROM t") == 7)
    #expect(!FileManager.default.fileExists(atPath: path + "-shm"))
  }
}
