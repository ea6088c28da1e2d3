import Foundation
import Harness
import JSON
import Testing

@Suite("Steps that are tied to others", .waiting)
struct LinkedStepTests {
  @Test("the temporary user is taken away though the test fails, and is there for the next try")
  func closes() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("user"), stage.step("smoke", script: "test -e \(stage.folder)/mended || exit 1"),
      stage.step("tidy", more: #"closes: ["user", "smoke"], "#), stage.step("end"))
    let run = try stage.run("--no-wait")
    #expect(run.code == 3, "\(run.all)")
    #expect(stage.log == ["user", "tidy"])
    #expect(
      try stage.states() == [
        "user": "done", "smoke": "stopped", "tidy": "done", "end": "waiting",
      ])
    try stage.cutover.write("mended", "")
    let again = try stage.cutover("retry", "smoke", "--reason", "mended")
    #expect(again.code == 0, "\(again.all)")
    #expect(stage.log == ["user", "tidy", "user", "smoke", "tidy", "end"])
  }

  @Test("going back undoes what was closed, and not what closed it")
  func closesBackwards() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("user"), stage.step("smoke", script: "exit 1", more: #"attempts: 1, "#),
      stage.step("tidy", more: #"closes: ["user", "smoke"], "#))
    #expect(try stage.run("--no-wait").code == 3)
    let back = try stage.cutover("rollback", "--reason", "test")
    #expect(back.code == 0, "\(back.all)")
    #expect(stage.log == ["user", "tidy", "undo smoke", "undo user"])
  }

  private let invariants = """
    invariants: { quiet: { uses: "validate", with: { within: "1ms", every: "1ms", checks: [
      { command: { argv: ["/bin/sh", "-c", "test ! -e loud"] } } ] } } },
    """

  @Test("an invariant that does not hold stops a step before it changes anything")
  func before() throws {
    let stage = try Stage()
    let step = stage.step("one", script: "touch \(stage.folder)/ran", more: #"holds: ["quiet"], "#)
    try stage.write(step, stage.step("two"), sections: invariants(in: stage))
    try stage.cutover.write("loud", "")
    let run = try stage.run("--no-wait")
    #expect(run.code == 3, "\(run.all)")
    #expect(run.all.contains("one is not begun, for the invariant quiet does not hold"))
    #expect(stage.log.isEmpty)
    try FileManager.default.removeItem(atPath: "\(stage.folder)/loud")
    let again = try stage.cutover("retry", "one", "--reason", "quiet now")
    #expect(again.code == 0, "\(again.all)")
    #expect(stage.log == ["one", "two"])
  }

  @Test("a step that breaks an invariant has failed, and what comes next is not begun")
  func after() throws {
    let stage = try Stage()
    let step = stage.step(
      "one", script: "touch \(stage.folder)/loud", more: #"holds: ["quiet"], "#)
    try stage.write(step, stage.step("two"), sections: invariants(in: stage))
    let run = try stage.run("--no-wait")
    #expect(run.code == 3, "\(run.all)")
    #expect(run.all.contains("the invariant quiet does not hold"), "\(run.all)")
    #expect(stage.log == ["one"])
  }

  private func invariants(in stage: Stage) -> String {
    invariants.replacingOccurrences(of: "loud", with: "\(stage.folder)/loud")
  }

  @Test("an invariant that would change something is refused, and status shows a running clock")
  func changes() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("fill"),
      stage.step(
        "settle",
        more: #"deadline: { since: "fill", within: "24h", warn: "1ms" }, holds: ["bad"], "#),
      sections: """
        invariants: { bad: { uses: "command.run", with: { apply: { argv: ["/bin/true"] } } } },
        """)
    let run = try stage.run("--no-wait")
    #expect(run.code == 3, "\(run.all)")
    #expect(run.all.contains("the invariant bad would change something"), "\(run.all)")
    let status = try stage.cutover("status").text
    #expect(status.contains("left for settle, until"), "\(status)")
    #expect(status.contains("24h after fill began"), "\(status)")
    #expect(try stage.status()["clocks"]?.elements?.first?["step"]?.string == "settle")
    let id = try #require(try stage.status()["rollout"]?.string)
    #expect(try stage.cutover("history", id).text.contains("the clock runs out: settle"))
  }
}
