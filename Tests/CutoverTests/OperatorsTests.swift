import Foundation
import Harness
import Testing

@Suite("Two operators", .waiting)
struct OperatorsTests {
  @Test("a second run is told who drives and since when, and changes nothing")
  func held() throws {
    let stage = try Stage()
    try stage.write(stage.waiting("one"))
    let driver = try stage.begin(until: "· one")
    for words in [["run", "p.json5", "--yes"], ["run", "p.json5", "--yes", "--take-over"]] {
      let second = try stage.cutover.run(words)
      #expect(second.code == 75, "\(second.all)")
      #expect(second.errors.contains("(process \(driver.pid)) since "))
      #expect(second.errors.contains("ago"))
    }
    let status = try stage.cutover("status").text
    #expect(status.contains("driven by"))
    #expect(status.contains("Next: cutover watch"))
    try stage.go("one")
    #expect(driver.wait() == 0)
  }

  @Test("pause from another process stops at the next checkpoint; resume carries on")
  func pause() throws {
    let stage = try Stage()
    try stage.write(stage.waiting("one"), stage.step("two"))
    let driver = try stage.begin(until: "· one")
    let paused = try stage.cutover("pause", "--reason", "lunch", "--as", "kim")
    #expect(paused.code == 0, "\(paused.all)")
    #expect(paused.text.contains("has taken note"))
    try stage.go("one")
    #expect(driver.rest().contains("paused by kim: lunch"))
    #expect(driver.wait() == 2)
    #expect(!stage.log.contains("two"))
    #expect(try stage.cutover("status").text.contains("paused by kim"))
    // Somebody else's pause is theirs to end.
    #expect(try stage.cutover("run", "p.json5", "--yes").code == 2)
    let resumed = try stage.cutover("resume")
    #expect(resumed.code == 0, "\(resumed.all)")
    #expect(stage.log.last == "two")
  }

  @Test("a gate is opened from another process while the driver waits")
  func approve() throws {
    let stage = try Stage()
    try stage.write(stage.gate("ask"), stage.step("one"))
    let driver = try stage.begin(until: "· ask")
    let approved = try stage.cutover("approve", "ask")
    #expect(approved.code == 0, "\(approved.all)")
    #expect(driver.rest().contains("approved by"))
    #expect(driver.wait() == 0)
  }

  @Test("rollback is asked of a living driver, which then ends with 1")
  func rollback() throws {
    let stage = try Stage()
    try stage.write(stage.step("one"), stage.gate("ask"))
    let driver = try stage.begin(until: "· ask")
    #expect(try stage.cutover("rollback", "--reason", "no").code == 0)
    #expect(driver.rest().contains("rolled back"))
    #expect(driver.wait() == 1)
    #expect(stage.log == ["one", "undo one"])
  }

  @Test("a killed driver is told from a living one, and taken over at once")
  func takeOver() throws {
    let stage = try Stage()
    try stage.write(stage.step("one"), stage.gate("ask"), stage.step("two"))
    let driver = try stage.begin(until: "· ask")
    driver.signal(SIGKILL)
    #expect(driver.wait() == 128 + SIGKILL)
    let status = try stage.cutover("status").text
    #expect(status.contains("its driver is gone"))
    #expect(status.contains("● ask  asks"))
    #expect(status.contains("Next: cutover approve ask"))
    // Nobody drives: the word is recorded, and the rollout waits for a driver.
    #expect(try stage.cutover("approve", "ask").code == 0)
    let resumed = try stage.cutover("resume")
    #expect(resumed.code == 0, "\(resumed.all)")
    #expect(stage.log == ["one", "two"])
    #expect(try stage.cutover("history", "last").text.contains("taken over from"))
    #expect(try stage.cutover("journal", "verify").code == 0)
  }

  @Test("a driver that was stopped is alive: it is not taken over")
  func stopped() throws {
    let stage = try Stage()
    try stage.write(stage.waiting("one"))
    let driver = try stage.begin(until: "· one")
    driver.signal(SIGSTOP)
    #expect(try stage.cutover("run", "p.json5", "--yes", "--take-over").code == 75)
    driver.signal(SIGCONT)
    try stage.go("one")
    #expect(driver.wait() == 0)
  }

  @Test("a holder on another host is taken over only when silent, and only by a person's word")
  func elsewhere() throws {
    let stage = try Stage()
    try stage.write(stage.gate("ask"), stage.step("one"))
    try stage.run("--no-wait")
    let journal = stage.folder + "/state/journal.db"
    func lease(heartbeat: String) throws {
      let edit = try Tool.sqlite3(
        journal, "UPDATE lease SET held = 1, host = 'elsewhere', heartbeat = \(heartbeat);")
      try #require(edit.status == 0, "\(edit.errorText)")
    }
    let now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
    try lease(heartbeat: now)
    let refused = try stage.cutover("resume", "--no-wait")
    #expect(refused.code == 75, "\(refused.all)")
    try lease(heartbeat: now)
    let early = try stage.cutover("run", "p.json5", "--yes", "--take-over")
    #expect(early.code == 75)
    #expect(early.errors.contains("too lately"))
    try lease(heartbeat: "'2026-01-01T00:00:00.000Z'")
    let unsaid = try stage.cutover("run", "p.json5", "--yes")
    #expect(unsaid.code == 75)
    #expect(unsaid.errors.contains("--take-over"))
    let taken = try stage.cutover("run", "p.json5", "--yes", "--take-over", "--no-wait")
    #expect(taken.code == 2, "\(taken.all)")
  }

  @Test("watch shows what the driver writes, and ends as it ends")
  func watch() throws {
    let stage = try Stage()
    try stage.write(stage.waiting("one"), stage.step("two"))
    let driver = try stage.begin(until: "· one")
    let watcher = try stage.cutover.start("watch")
    #expect(watcher.reads("stage  blue → green"))
    try stage.go("one")
    #expect(driver.wait() == 0)
    let text = watcher.rest()
    #expect(watcher.wait() == 0, "\(text)")
    #expect(text.contains("✓ two"))
    #expect(text.contains("completed"))
  }

  @Test("requests do not fit every moment, and say so")
  func refusals() throws {
    let stage = try Stage()
    try stage.write(stage.gate("ask"), stage.step("one"))
    try stage.run("--no-wait")
    for (words, message) in [
      (["approve", "one"], "not a gate"), (["retry", "one"], "not stopped"),
      (["approve", "none"], "none"), (["skip", "ask", "--reason", "x"], "waits for an answer"),
      (["pause", "--environment", "other"], "no rollout is open in other"),
    ] {
      let output = try stage.cutover.run(words)
      #expect(output.code == 64, "\(words): \(output.all)")
      #expect(output.errors.contains(message), "\(output.errors)")
    }
    #expect(try stage.cutover("pause").code == 0)
    #expect(try stage.cutover("pause").errors.contains("paused already"))
  }
}
