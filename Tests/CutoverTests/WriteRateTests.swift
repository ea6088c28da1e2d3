import Foundation
import Harness
import Testing

@Suite("cutover run --max-write-rate", .waiting)
struct WriteRateTests {
  private func stage() throws -> Stage {
    let stage = try Stage()
    _ = try Tool.run([
      "python3", "-c",
      """
      import sqlite3, sys
      book = sqlite3.connect(sys.argv[1])
      book.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT NOT NULL)")
      book.executemany("INSERT INTO t VALUES (?, ?)", [(n, "v%d" % n) for n in range(400)])
      book.commit()
      """, "\(stage.folder)/a.db",
    ])
    try stage.write(
      stage.step("one"),
      """
      { id: "copy", uses: "tables.copy", with: { maxWriteRate: 1000000,
          from: "sqlite://\(stage.folder)/a.db#t", to: "sqlite://\(stage.folder)/b.db#t" } },
      """, stage.step("two"))
    return stage
  }

  private func count(_ stage: Stage) throws -> Int {
    let text = try Tool.run([
      "python3", "-c",
      """
      import os, sqlite3, sys
      there = os.path.exists(sys.argv[1])
      print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM t").fetchone()[0]
            if there else 0)
      """, "\(stage.folder)/b.db",
    ]).text
    return Int(text.filter(\.isNumber)) ?? 0
  }

  private func limits(_ stage: Stage) throws -> String {
    try Tool.run([
      "python3", "-c",
      """
      import json, sqlite3, sys
      book = sqlite3.connect(sys.argv[1])
      rows = book.execute("SELECT detail FROM fact WHERE kind = 'writes-limited' ORDER BY sequence")
      print([json.loads(row[0]).get("unitsPerSecond") for row in rows])
      """, "\(stage.folder)/state/journal.db",
    ]).text
  }

  @Test("the limit stands in the plan, is kept for the next driver, and is changed by resume")
  func keepsLimit() throws {
    let stage = try stage()
    let plan = try stage.cutover(
      "plan", "p.json5", "--live", "blue", "--no-permissions", "--max-write-rate", "20")
    #expect(
      plan.text.contains("write at most 20 units of 1 KB a second (--max-write-rate)"),
      "\(plan.all)")
    let first = try stage.cutover.start(
      "run", "p.json5", "--live", "blue", "--yes", "--max-write-rate", "20")
    #expect(first.reads("· copy"))
    first.signal(SIGINT)
    _ = first.rest()
    #expect(first.wait() == 130)
    // Twenty seconds' worth of items: whoever carries on without a word keeps the limit.
    let second = try stage.cutover.start("resume")
    #expect(second.reads("driven by"))
    second.signal(SIGKILL)
    _ = second.rest()
    #expect(second.wait() == 128 + SIGKILL)
    #expect(try count(stage) < 400)
    #expect(try limits(stage).contains("[20]"))
    let third = try stage.cutover("resume", "--max-write-rate", "0")
    #expect(third.code == 0, "\(third.all)")
    #expect(try count(stage) == 400)
    #expect(try limits(stage).contains("[20, None]"))
  }

  @Test("a rate that is none is refused, and so is one for a rollout that is being driven")
  func refuses() throws {
    let stage = try stage()
    let wrong = try stage.run("--max-write-rate", "-5")
    #expect(wrong.code == 64, "\(wrong.all)")
    try stage.write(stage.waiting("wait"))
    let driver = try stage.begin(until: "· wait")
    let driven = try stage.cutover("resume", "--max-write-rate", "7")
    #expect(driven.code == 64 && driven.errors.contains("cutover pause"), "\(driven.all)")
    try stage.go("wait")
    _ = driver.rest()
    #expect(driver.wait() == 0)
  }
}
