import Foundation
import Harness
import Resources
import Testing

@testable import Local

@Suite(.waiting) struct SQLiteTableCopyTests {
  private func source() throws -> Fixture {
    try Fixture(
      """
      CREATE TABLE t(a TEXT NOT NULL, b INTEGER NOT NULL, v, PRIMARY KEY(a, b)) WITHOUT ROWID;
      WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 1000)
      INSERT INTO t SELECT 'k' || (x % 10), x, randomblob(20) FROM c;
      """)
  }

  @Test(
    "SQLite copies ranges by itself, and a range that is copied again changes nothing",
    arguments: [1, 7, 100, 999, 1000, 5000])
  func serverSide(limit: Int) async throws {
    let fixture = try source()
    let target = fixture.folder.file("b.db")
    let from = try fixture.table("t")
    let to = try fixture.table("u", of: target)
    #expect(try await !to.canCopy(from: from))
    try await to.create(like: #require(from.description()))
    #expect(try await to.canCopy(from: from))
    var position: PagePosition?
    var copied = 0
    var pages = 0
    repeat {
      let outcome = try await to.copyPage(from: from, after: position, limit: limit)
      if pages % 3 == 0 {
        // As after a crash between the copy and its checkpoint.
        let again = try await fixture.table("u", of: target)
          .copyPage(from: from, after: position, limit: limit)
        #expect(again == outcome)
      }
      copied += outcome.copied
      pages += 1
      position = outcome.next
      if limit == 1, pages == 20 { break }
    } while position != nil
    if limit > 1 {
      #expect(copied == 1000)
      let difference = "ATTACH '\(target)' AS o; SELECT * FROM t EXCEPT SELECT * FROM o.u;"
      #expect(try fixture.run(difference) == "")
    }
    let count = try Tool.sqlite3(target, "SELECT count(*) FROM u").text
    #expect(count == "\(copied)\n")
  }

  @Test("two tables of one file copy too, and a NULL in a key is refused as in pages")
  func sameFile() async throws {
    let fixture = try Fixture(
      """
      CREATE TABLE t(a PRIMARY KEY, v); CREATE TABLE u(a PRIMARY KEY, v);
      INSERT INTO t VALUES (1, 'x'), ('1', NULL);
      """)
    let to = try fixture.table("u")
    #expect(try await to.canCopy(from: fixture.table("t")))
    let outcome = try await to.copyPage(from: fixture.table("t"), after: nil, limit: 10)
    #expect(outcome == TableCopyOutcome(copied: 2, next: nil))
    #expect(try fixture.run("SELECT typeof(a), v FROM u ORDER BY a") == "integer|x\ntext|\n")
    try fixture.run("INSERT INTO t VALUES (NULL, 'lost')")
    await #expect {
      try await to.copyPage(from: fixture.table("t"), after: nil, limit: 10)
    } throws: { "\($0)".contains("partly NULL") }
  }

  @Test("tables that differ, or have no key, are not copied that way")
  func unlike() async throws {
    let fixture = try Fixture(
      """
      CREATE TABLE t(a PRIMARY KEY, v); CREATE TABLE u(a PRIMARY KEY, v TEXT);
      CREATE TABLE r(v); CREATE TABLE s(v);
      """)
    #expect(try await !fixture.table("u").canCopy(from: fixture.table("t")))
    #expect(try await !fixture.table("s").canCopy(from: fixture.table("r")))
    #expect(try await !fixture.table("t").canCopy(from: fixture.table("t")))
  }

  @Test("a lock held by another program is a passing trouble, named as such")
  func locked() async throws {
    let fixture = try Fixture("CREATE TABLE t(a INTEGER PRIMARY KEY);")
    let holder = try SQLiteHolder(fixture.path)
    defer { holder.release() }
    let table = try SQLiteTable(
      ResourceURL("sqlite://\(fixture.path)#t"), busyTimeout: .milliseconds(20))
    await #expect { try await table.write([.put(item(#"{"a":{"N":"1"}}"#))]) } throws: { error in
      (error as? Failure)?.isTransient == true && "\(error)".contains("locked by another program")
    }
  }
}

/// Another program that holds the write lock.
private final class SQLiteHolder {
  private let process = Process()
  private let input = Pipe.make()

  init(_ path: String) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sqlite3", path]
    process.standardInput = input
    let output = Pipe.make()
    process.standardOutput = output
    try process.start()
    input.fileHandleForWriting.write(Data("BEGIN EXCLUSIVE; SELECT 'held';\n".utf8))
    _ = output.fileHandleForReading.availableData
  }

  func release() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}
