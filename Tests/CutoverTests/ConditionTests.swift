import Harness
import JSON
import Testing

@Suite("Steps with a condition", .waiting)
struct ConditionTests {
  /// A step that gives the output `answer`, read from a file.
  private func asking(_ stage: Stage) -> String {
    """
    { id: "need", uses: "command.run", with: { changes: false, outputs: "lines",
        apply: { argv: ["/bin/sh", "-c", "echo answer=$(cat \(stage.folder)/answer)"] } } },
    """
  }

  private let decided =
    #"when: { value: "${steps.need.outputs.answer}", is: ["needed"], "#
    + #"isNot: ["not-needed"] }, "#

  @Test("a step is left out by a parameter, those after it go on, and nothing of it is undone")
  func byParameter() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("one"), stage.step("two", more: #"title: "Move to ${to}", when: "${migrate}", "#),
      stage.step("three"),
      stage.gate("ask"), parameters: "migrate: false")
    let plan = try stage.cutover("plan", "p.json5", "--live", "blue")
    #expect(plan.text.contains("left out: its condition gives 'false'"), "\(plan.all)")
    #expect(plan.text.contains("Move to green"), "\(plan.all)")
    let run = try stage.run("--no-wait")
    #expect(run.code == 2, "\(run.all)")
    #expect(stage.log == ["one", "three"])
    #expect(run.text.contains("left out: its condition gives 'false'"), "\(run.all)")
    #expect(try stage.states()["two"] == "done")
    let status = try stage.cutover("status").text
    #expect(status.contains("– two    left out: its condition gives 'false'"), "\(status)")
    let back = try stage.cutover("rollback", "--reason", "test")
    #expect(back.code == 0, "\(back.all)")
    #expect(stage.log == ["one", "three", "undo three", "undo one"])
    let second = try stage.run("--no-wait", "--set", "migrate=true")
    #expect(second.code == 2, "\(second.all)")
    #expect(Array(stage.log.suffix(3)) == ["one", "two", "three"])
  }

  @Test("what neither means yes nor no stops the rollout before the step does anything")
  func cannotTell() throws {
    let stage = try Stage()
    try stage.write(asking(stage), stage.step("move", more: decided), stage.step("end"))
    try stage.cutover.write("answer", "perhaps")
    let run = try stage.run()
    #expect(run.code == 3, "\(run.all)")
    #expect(run.all.contains("nobody can tell whether step move is wanted"))
    #expect(run.all.contains("'perhaps'"))
    #expect(stage.log.isEmpty)
    let skipped = try stage.cutover("skip", "move", "--reason", "looked at it")
    #expect(skipped.code == 0, "\(skipped.all)")
    #expect(stage.log == ["end"])
  }

  @Test(
    "an earlier step's answer decides, once, and the journal keeps it",
    arguments: [("needed", ["move", "end"]), ("not-needed", ["end"])])
  func byOutput(answer: String, log: [String]) throws {
    let stage = try Stage()
    try stage.write(asking(stage), stage.step("move", more: decided), stage.step("end"))
    try stage.cutover.write("answer", answer)
    let plan = try stage.cutover("plan", "p.json5", "--live", "blue")
    #expect(plan.code == 0, "\(plan.all)")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.all)")
    #expect(stage.log == log)
    let plans = try Tool.run([
      "sqlite3", "\(stage.folder)/state/journal.db",
      "SELECT count(*) FROM fact WHERE kind = 'planned' AND detail LIKE '%leftOut%'",
    ])
    #expect(plans.text == (answer == "needed" ? "0\n" : "1\n"))
  }

  @Test("a gate with a condition asks nobody where it is left out")
  func gate() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("one"),
      #"{ id: "ask", uses: "gate.approval", when: "${production}", with: { comment: false } },"#,
      stage.step("two"), parameters: "production: false")
    let run = try stage.run("--no-wait")
    #expect(run.code == 0, "\(run.all)")
    #expect(stage.log == ["one", "two"])
  }
}
