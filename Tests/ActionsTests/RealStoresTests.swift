import Actions
import Foundation
import Harness
import Local
import Resources
import Rollouts
import SQLite
import Testing
import Transforms

/// The data actions against the stores that users have, read back by other programs.
@Suite("Copies between real stores", .waiting)
struct RealStoresTests {
  private let folder: TemporaryFolder
  private let site: MemorySite

  init() throws {
    folder = try TemporaryFolder()
    site = MemorySite(folder: folder.path, providers: LocalProviders.all)
  }

  private func url(_ scheme: String, _ name: String) throws -> ResourceURL {
    try ResourceURL("\(scheme)://\(folder.file(name))")
  }

  private func makeUsers(_ count: Int) throws {
    let database = try Connection(.file(folder.file("a.db")), mode: .create)
    try database.execute(
      """
      CREATE TABLE users(
        id INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL, balance REAL, old TEXT);
      WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < \(count))
      INSERT INTO users SELECT x, 'Zoë ' || x, 'O''Neil', x / 4.0, NULLIF(x % 3, 0) FROM n;
      """)
  }

  private func rows(_ name: String, _ sql: String) throws -> [[Column]] {
    try Connection(.file(folder.file(name)), mode: .read).rows(sql)
  }

  private func run(_ input: TablesCopy.Input) -> StubbornRun<TablesCopy> {
    StubbornRun(pace: site.pace) { [site] in
      try TablesCopy(input, in: site.site(transforms: SQLTransforms()))
    }
  }

  @Test("a table with a changed schema is filled through a transform, and emptied again")
  func transformed() async throws {
    try makeUsers(5000)
    let target = try Connection(.file(folder.file("b.db")), mode: .create)
    try target.execute(
      """
      CREATE TABLE people(
        id INTEGER PRIMARY KEY, full_name TEXT NOT NULL, cents INTEGER NOT NULL, kind TEXT);
      """)
    let input = TablesCopy.Input(pairs: [
      TablePair(
        from: try url("sqlite", "a.db#users"), to: try url("sqlite", "b.db#people"),
        transform: """
          SELECT seq, CASE WHEN attr(item, 'id') % 1000 = 0 THEN NULL ELSE
            item('id', attr(item,'id'), 'full_name', attr(item,'first') || ' ' || attr(item,'last'),
              'cents', CAST(round(attr(item,'balance') * 100) AS INTEGER),
              'kind', coalesce(attr(item,'old'), 'none')) END AS put,
            CASE WHEN attr(item, 'id') % 1000 = 0 THEN 'a round number' END AS skip
          FROM input
          """)
    ])
    let run = run(input)
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    let ledger = verification.ledgers[0]
    #expect(ledger.imbalance == nil)
    #expect(ledger.read == 5000 && ledger.skipped == ["a round number": 5])
    let found = try rows("b.db", "SELECT id, full_name, cents, kind FROM people WHERE id IN (3, 7)")
    #expect(
      found == [
        [3, .string("Zoë 3 O'Neil"), 75, "none"], [7, .string("Zoë 7 O'Neil"), 175, "1"],
      ])

    try target.execute("UPDATE people SET kind = 'changed on B' WHERE id = 7")
    try await run.undo(plan)
    let left = try rows("b.db", "SELECT count(*) FROM people")
    #expect(left == [[0]])
    let archive = try String(contentsOfFile: folder.file("work/undo-people.jsonl"), encoding: .utf8)
    #expect(archive.contains("changed on B") && archive.split(separator: "\n").count == 1)
  }

  @Test("a table is made and copied by the store itself, proven, and dropped again")
  func serverSide() async throws {
    try makeUsers(5000)
    let input = TablesCopy.Input(pairs: [
      TablePair(from: try url("sqlite", "a.db#users"), to: try url("sqlite", "b.db#users"))
    ])
    let run = run(input)
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(verification.ledgers[0].isBalanced && verification.ledgers[0].read == 5000)
    let query = "SELECT * FROM users ORDER BY id"
    let one = try Tool.sqlite3(folder.file("a.db"), query)
    let other = try Tool.sqlite3(folder.file("b.db"), query)
    #expect(one.bytes == other.bytes && one.bytes.count > 5000)
    try await run.undo(plan)
    let left = try rows("b.db", "SELECT count(*) FROM sqlite_schema WHERE name = 'users'")
    #expect(left == [[0]])
  }

  @Test("a transform that fails over one row names it, writes the others, and goes on when mended")
  func failingRow() async throws {
    try makeUsers(20)
    let bad = try Connection(.file(folder.file("a.db")), mode: .write)
    try bad.execute("UPDATE users SET last = '' WHERE id = 13")
    let input = TablesCopy.Input(pairs: [
      TablePair(
        from: try url("sqlite", "a.db#users"), to: try url("sqlite", "b.db#people"),
        transform: """
          SELECT seq, item('id', attr(item,'id'), 'last', attr(item,'last')) AS put
          FROM input WHERE attr(item, 'last') <> ''
          """)
    ])
    try Connection(.file(folder.file("b.db")), mode: .create)
      .execute("CREATE TABLE people(id INTEGER PRIMARY KEY, last TEXT)")
    let run = run(input)
    let plan = try await run.plan()
    let failure = await #expect(throws: Failure.self) { _ = try await run.apply(plan) }
    #expect(failure?.summary.contains(#"{"id":{"N":"13"}}: the transform yields no row"#) == true)
    let written = try rows("b.db", "SELECT count(*) FROM people")
    #expect(written == [[19]])
    try bad.execute("UPDATE users SET last = 'x' WHERE id = 13")
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed && report.ledgers[0].read == 20)
  }

  @Test("a folder of files is copied with its bytes, proven, and taken back")
  func folders() async throws {
    for name in ["in/a.txt", "in/deep/er/b.bin", "in/Zoë %.txt", "in/empty"] {
      let path = folder.file(name)
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data("content of \(name)".utf8).write(to: URL(fileURLWithPath: path))
    }
    let input = BucketsSync.Input(from: try url("dir", "in"), to: try url("dir", "out"))
    let run = StubbornRun(pace: site.pace) { [site] in
      try BucketsSync(input, in: site.site())
    }
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(verification.ledgers[0].isBalanced)
    let difference = try Tool.run([
      "diff", "-r", "-x", ".cutover", folder.file("in"), folder.file("out"),
    ])
    #expect(difference.status == 0, "\(difference.text)")
    try await run.undo(plan)
    #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
  }
}
