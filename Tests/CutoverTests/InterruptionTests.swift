import Foundation
import Harness
import JSON
import Testing

@Suite("Interruptions", .waiting)
struct InterruptionTests {
  @Test(
    "the first signal pauses at the next checkpoint and says how to carry on",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func once(number: Int32) throws {
    let stage = try Stage()
    try stage.write(stage.step("one"), stage.gate("ask"), stage.step("two"))
    let driver = try stage.begin(until: "· ask")
    driver.signal(number)
    let text = driver.rest()
    #expect(driver.wait() == 130, "\(text)")
    #expect(text.contains("Pausing at the next checkpoint."))
    #expect(text.contains("Next: cutover resume"))
    // Running the playbook again ends one's own interruption.
    let again = try stage.cutover("run", "p.json5", "--yes", "--no-wait")
    #expect(again.code == 2, "\(again.all)")
    #expect(again.text.contains("Carrying on"))
    try stage.cutover("approve", "ask")
    #expect(try stage.cutover("resume").code == 0)
    #expect(stage.log == ["one", "two"])
  }

  @Test("a second signal stops at once, and the rollout is carried on all the same")
  func twice() throws {
    let stage = try Stage()
    try stage.write(stage.waiting("one"), stage.step("two"))
    let driver = try stage.begin(until: "· one")
    driver.signal(SIGINT)
    #expect(driver.reads("Pausing"))
    driver.signal(SIGINT)
    _ = driver.rest()
    #expect(driver.wait() == 130)
    try stage.go("one")
    let again = try stage.cutover("resume")
    #expect(again.code == 0, "\(again.all)")
    #expect(stage.log == ["one", "two"])
  }

  @Test("a reader that goes away does not stop a rollout")
  func closedOutput() throws {
    let stage = try Stage()
    try stage.write(stage.waiting("one"), stage.step("two"))
    let driver = try stage.begin(until: "· one")
    driver.stopReading()
    try stage.go("one")
    #expect(driver.wait() == 0)
    #expect(stage.log == ["one", "two"])
    #expect(try stage.status()["outcome"]?.string == "completed")
  }

  @Test("a journal that cannot be made ends with 74 before anything runs")
  func journalFolder() throws {
    let stage = try Stage()
    try stage.write(stage.step("one"))
    try stage.cutover.write("file", "")
    for path in ["file/journal.db", "/proc/cutover/journal.db"] {
      let output = try stage.run("--journal", path)
      #expect(output.code == 74, "\(output.all)")
      #expect(output.errors.contains(path))
    }
    #expect(stage.log == [])
  }
}
