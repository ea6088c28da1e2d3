import Harness
import JSON
import Testing

@Suite("A rollout from the command line", .waiting)
struct RolloutTests {
  @Test("a rollout runs through, flips the colour, and the next one goes back")
  func throughAndBack() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("one"), stage.step("two", more: "promotes: true, "), stage.step("three"))
    let output = try stage.run()
    #expect(output.code == 0, "\(output.all)")
    #expect(stage.log == ["one", "two", "three"])
    #expect(try stage.live() == "green")
    #expect(output.text.contains("completed; green is live"))
    #expect(output.text.contains("Next: cutover history "))
    let again = try stage.cutover("run", "p.json5", "--yes")
    #expect(again.code == 0, "\(again.all)")
    #expect(try stage.live() == "blue")
    let environments = try stage.cutover("environments")
    #expect(environments.text.contains("stage  blue"))
    #expect(try stage.cutover("journal", "verify").code == 0)
  }

  @Test("nothing is known at first: the live colour has to be said")
  func firstColour() throws {
    let stage = try Stage()
    try stage.write(stage.step("one"))
    for command in ["plan", "run"] {
      let output = try stage.cutover(command, "p.json5")
      #expect(output.code == 64)
      #expect(output.errors.contains("--live blue or --live green"))
    }
    try stage.run()
    let wrong = try stage.cutover("run", "p.json5", "--live", "green")
    #expect(wrong.code == 64)
    #expect(wrong.errors.contains("blue is recorded as live"))
  }

  @Test("a plan changes nothing, not even by making a journal")
  func plan() throws {
    let stage = try Stage()
    try stage.write(stage.step("one"), stage.gate("ask"), stage.step("two", after: ["one"]))
    let output = try stage.cutover("plan", "p.json5", "--live", "green")
    #expect(output.code == 0, "\(output.all)")
    #expect(output.text.contains("green → blue"))
    #expect(output.text.contains("Next: cutover run p.json5"))
    #expect(output.text.contains("Waits for people at ask"))
    #expect(stage.cutover.read("state/journal.db") == nil)
    #expect(stage.log == [])
    let json = try stage.cutover("plan", "p.json5", "--live", "green", "--json")
    let value = try JSONValue(reading: Array(json.text.utf8))
    #expect(value["steps"]?.elements?.count == 3)
  }

  @Test("a step that stops ends with 3; mended and tried again, the rollout goes through")
  func retry() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("one"), stage.step("two", script: "test -e \(stage.folder)/mended || exit 9"))
    let output = try stage.run()
    #expect(output.code == 3, "\(output.all)")
    #expect(output.text.contains("Next: cutover retry two"))
    #expect(try stage.states() == ["one": "done", "two": "stopped"])
    let status = try stage.cutover("status").text
    #expect(status.contains("✗ two"))
    #expect(status.contains("cutover retry two"))
    try stage.cutover.write("mended", "")
    let retried = try stage.cutover("retry", "two")
    #expect(retried.code == 0, "\(retried.all)")
    #expect(stage.log == ["one", "two"])
  }

  @Test("a failing step whose playbook says so rolls back, and that ends with 1")
  func rollsBackByItself() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("one"), stage.step("two"),
      stage.step("three", script: "exit 9", more: "onFailure: \"rollback\", "))
    let output = try stage.run()
    #expect(output.code == 1, "\(output.all)")
    #expect(stage.log == ["one", "two", "undo three", "undo two", "undo one"])
    #expect(try stage.live() == "blue")
  }

  @Test("rollback takes back in reverse order, and that is what was asked: 0")
  func rollback() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("one"), stage.step("two", more: "promotes: true, "), stage.gate("ask"))
    #expect(try stage.run("--no-wait").code == 2)
    #expect(try stage.live() == "green")
    #expect(try stage.cutover("rollback").code == 64)
    let output = try stage.cutover("rollback", "--reason", "it is slow")
    #expect(output.code == 0, "\(output.all)")
    #expect(stage.log == ["one", "two", "undo two", "undo one"])
    #expect(try stage.live() == "blue")
    #expect(try stage.cutover("history", "last").text.contains("it is slow"))
    #expect(try stage.cutover("resume").code == 64)
  }

  @Test("a gate asks for the right person with a comment")
  func gate() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("one"), stage.gate("ask", "role: \"release\", comment: true"), stage.step("two"))
    let output = try stage.run("--no-wait")
    #expect(output.code == 2)
    #expect(output.text.contains("Next: cutover approve ask --role release --comment TEXT"))
    let roleless = try stage.cutover("approve", "ask", "--comment", "fine")
    #expect(roleless.code == 64)
    #expect(roleless.errors.contains("role 'release'"))
    let silent = try stage.cutover("approve", "ask", "--role", "release")
    #expect(silent.code == 64)
    #expect(silent.errors.contains("needs a comment"))
    let approved = try stage.cutover("approve", "ask", "--role", "release", "--comment", "fine")
    #expect(approved.code == 0, "\(approved.all)")
    #expect(approved.text.contains("Next: cutover resume"))
    #expect(stage.log == ["one"])
    #expect(try stage.cutover("resume").code == 0)
    #expect(stage.log == ["one", "two"])
  }

  @Test("a rejected gate stops the rollout")
  func reject() throws {
    let stage = try Stage()
    try stage.write(stage.gate("ask"), stage.step("one"))
    try stage.run("--no-wait")
    let rejected = try stage.cutover("reject", "ask", "--comment", "not today", "--as", "kim")
    #expect(rejected.code == 0, "\(rejected.all)")
    #expect(try stage.states()["ask"] == "stopped")
    #expect(try stage.cutover("status").text.contains("rejected by kim: not today"))
    #expect(try stage.cutover("resume").code == 3)
    #expect(stage.log == [])
  }

  @Test("a step is skipped only with a reason, and never the promoting one")
  func skip() throws {
    let stage = try Stage()
    try stage.write(
      stage.step("one", script: "exit 1"), stage.step("two", more: "promotes: true, "))
    #expect(try stage.run().code == 3)
    #expect(try stage.cutover("skip", "one").code == 64)
    let promoting = try stage.cutover("skip", "two", "--reason", "no")
    #expect(promoting.code == 64)
    #expect(promoting.errors.contains("cannot be left out"))
    let skipped = try stage.cutover("skip", "one", "--reason", "done by hand")
    #expect(skipped.code == 0, "\(skipped.all)")
    #expect(stage.log == ["two"])
  }

  @Test("a changed file never changes an open rollout")
  func changedFile() throws {
    let stage = try Stage()
    try stage.write(stage.step("one"), stage.gate("ask"), stage.step("two"))
    try stage.run("--no-wait")
    try stage.write(stage.step("one"), stage.gate("ask"), stage.step("other"))
    let refused = try stage.cutover("run", "p.json5", "--yes")
    #expect(refused.code == 65)
    #expect(refused.errors.contains("another text of the playbook"))
    try stage.cutover("approve", "ask")
    #expect(try stage.cutover("resume").code == 0)
    #expect(stage.log == ["one", "two"])
  }

  @Test("parameters given are stored with the rollout")
  func parameters() throws {
    let stage = try Stage()
    try stage.write(
      stage.gate("ask"), stage.step("one", script: "echo ${word} >> \(stage.folder)/log"),
      parameters: "word: \"plain\", count: 1")
    let bad = try stage.run("--set", "wrod=x")
    #expect(bad.code == 65)
    #expect(bad.errors.contains("word"))
    #expect(try stage.run("--set", "word=given", "--set", "count=7", "--no-wait").code == 2)
    let other = try stage.cutover("run", "p.json5", "--yes", "--set", "word=else")
    #expect(other.code == 65)
    #expect(other.errors.contains("other parameters"))
    try stage.cutover("approve", "ask")
    let same = try stage.cutover(
      "run", "p.json5", "--yes", "--set", "count=7", "--set", "word=given")
    #expect(same.code == 0, "\(same.all)")
    #expect(stage.log == ["given", "one"])
  }

  @Test("with --json every line is an object, and the last one tells the ending")
  func json() throws {
    let stage = try Stage()
    try stage.write(stage.step("one"), stage.step("two"))
    let lines = try stage.run("--json").text.split(separator: "\n")
    let values = try lines.map { try JSONValue(reading: Array($0.utf8)) }
    #expect(values.allSatisfy { $0["type"]?.string != nil })
    #expect(values.last?["type"]?.string == "ending")
    #expect(values.last?["outcome"]?.string == "completed")
    #expect(values.last?["exit"]?.integer == 0)
    let export = try stage.cutover("journal", "export", "last").text.split(separator: "\n")
    let facts = try export.map { try JSONValue(reading: Array($0.utf8)) }
      .filter { $0["type"]?.string == "fact" }
    // The very first fact is written before anything is shown.
    #expect(facts.count == values.filter { $0["type"]?.string == "fact" }.count + 1)
    let history = try stage.cutover("history", "last", "--json").text.split(separator: "\n")
    let kinds = try history.map { try JSONValue(reading: Array($0.utf8))["kind"]?.string }
    #expect(kinds.first == "started")
    #expect(kinds.last == "completed")
  }

  @Test("a secret reaches neither the journal nor any output")
  func secrets() throws {
    let stage = try Stage()
    let secret = "tell-nobody-4711"
    try stage.write(
      """
      { id: "one", uses: "command.run", with: {
          stdin: "${secret:env:TOKEN}",
          apply: { argv: ["/bin/sh", "-c", "cat >&2; echo one >> \(stage.folder)/log; exit 3"] },
        } },
      """)
    var output = try stage.cutover(
      "run", "p.json5", "--live", "blue", "--yes", environment: ["TOKEN": secret])
    #expect(output.code == 3, "\(output.all)")
    #expect(!output.all.contains(secret))
    output = try stage.cutover("history", "last", "--json")
    #expect(!output.all.contains(secret))
    let found = try Tool.run(["grep", "-rl", secret, stage.folder + "/state"])
    #expect(found.text == "")
  }

  @Test("an edited fact is found")
  func damagedJournal() throws {
    let stage = try Stage()
    try stage.write(stage.step("one"))
    try stage.run()
    let journal = stage.folder + "/state/journal.db"
    let edit = try Tool.sqlite3(
      journal,
      "DROP TRIGGER fact_stays; UPDATE fact SET at = '2020-01-01T00:00:00.000Z' WHERE sequence = 3;"
    )
    try #require(edit.status == 0, "\(edit.errorText)")
    let output = try stage.cutover("journal", "verify")
    #expect(output.code == 74)
    #expect(output.text.contains("fact 3"))
  }
}
