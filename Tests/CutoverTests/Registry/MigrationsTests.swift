import Foundation
import Harness
import JSON
import Testing

@Suite("cutover migrations", .waiting)
struct MigrationsTests {
  private let stage: BookStage

  init() throws { stage = try BookStage() }

  private static let plain = "1|Emma||\n2|Ulysses||\n3|Dracula||\n"
  private static let shelved = "1|Emma|A|\n2|Ulysses|A|\n3|Dracula|A|\n"
  private static let sized = "1|Emma|A|big\n2|Ulysses|A|big\n3|Dracula|A|big\n"

  private func writeTwo(then script: String = "") throws {
    try stage.write("0001_shelves", sets: "shelf", to: "A")
    try stage.write("0002_sizes", sets: "size", to: "big", then: script)
  }

  @Test("all pending ones are planned, run in order, recorded, verified and taken back")
  func wholeWay() throws {
    try writeTwo()
    #expect(try stage.list() == ["0001_shelves pending", "0002_sizes pending"])
    let plan = try stage.migrations("plan", "--live", "blue")
    #expect(plan.code == 0, "\(plan.all)")
    #expect(plan.text.contains("0002_sizes") && plan.text.contains("change books in place"))
    #expect(plan.text.contains("cutover migrations run --live blue"))
    #expect(!FileManager.default.fileExists(atPath: "\(stage.folder)/state/journal.db"))
    #expect(try stage.books() == Self.plain)

    let run = try stage.run()
    #expect(run.code == 0, "\(run.all)")
    #expect(run.text.contains("2 migrations applied in shop"))
    #expect(run.text.hasSuffix("Next: cutover migrations list\n"))
    #expect(try stage.books() == Self.sized)
    #expect(try stage.list() == ["0001_shelves applied", "0002_sizes applied"])
    #expect(stage.log == ["0001_shelves", "0002_sizes"])

    let again = try stage.run()
    #expect(again.code == 0 && again.text.contains("Nothing is pending"), "\(again.all)")
    #expect(stage.log.count == 2)

    let verify = try stage.migrations("verify", "0002", "--json")
    #expect(verify.code == 0, "\(verify.all)")
    #expect(verify.text.contains(#""verdict":"passed""#))
    try stage.sql("UPDATE books SET size = 'tiny' WHERE id = '2'")
    let broken = try stage.migrations("verify", "0002")
    #expect(broken.code == 3 && broken.text.contains("change"), "\(broken.all)")
    try stage.sql("UPDATE books SET size = 'big' WHERE id = '2'")
    // The second one changed what the first one had proven, and answers for it now.
    let first = try stage.migrations("verify")
    #expect(first.code == 0 && first.text.contains("since then 0002_sizes has changed sqlite:"))

    let blocked = try stage.migrations("undo", "0001", "--reason", "x", "--yes")
    #expect(blocked.code == 64 && blocked.errors.contains("0002_sizes came after"))
    let undo = try stage.migrations("undo", "--reason", "wrong size", "--yes")
    #expect(undo.code == 0, "\(undo.all)")
    #expect(try stage.books() == Self.shelved)
    #expect(try stage.list() == ["0001_shelves applied", "0002_sizes pending"])
    #expect(stage.log.last == "undo 0002_sizes")
    // Nothing stands between the first one and its table any more.
    try stage.sql("UPDATE books SET shelf = 'Z' WHERE id = '2'")
    #expect(try stage.migrations("verify", "0001").code == 3)
    try stage.sql("UPDATE books SET shelf = 'A' WHERE id = '2'")
    #expect(try stage.migrations("verify", "0001").code == 0)
    #expect(try stage.migrations("undo", "0001", "--reason", "x", "--yes").code == 0)
    #expect(try stage.books() == Self.plain)

    let anew = try stage.run()
    #expect(anew.code == 0, "\(anew.all)")
    #expect(try stage.books() == Self.sized)
    let audit = try stage.cutover("journal", "verify")
    #expect(audit.code == 0, "\(audit.all)")
    #expect(
      try Tool.sqlite3(
        "\(stage.folder)/state/journal.db",
        "SELECT ordinal, event, reason FROM migration ORDER BY number"
      ).text == """
        0001|applied|
        0002|applied|
        0002|undone|wrong size
        0001|undone|x
        0001|applied|
        0002|applied|

        """)
  }

  @Test("killed in the middle it goes on with the same rollout, and a second run is refused")
  func killed() throws {
    try writeTwo(then: "while [ ! -e \(stage.folder)/go ]; do sleep 0.02; done")
    let child = try stage.cutover.start("migrations", "run", "--live", "blue", "--yes")
    #expect(child.reads("log"), "\(child.seen)\(child.errors())")
    while try stage.books() != Self.sized {}
    let rival = try stage.run()
    #expect(rival.code == 75, "\(rival.all)")
    let marker = try stage.migrations("mark", "0002", "--reason", "done")
    #expect(marker.code == 75, "\(marker.all)")
    child.signal(SIGKILL)
    #expect(child.wait() == 128 + SIGKILL)
    #expect(try stage.list() == ["0001_shelves applied", "0002_sizes pending"])

    try stage.cutover.write("go", "")
    let run = try stage.run()
    #expect(run.code == 0, "\(run.all)")
    #expect(run.text.contains("Carrying on with rollout"))
    #expect(try stage.list() == ["0001_shelves applied", "0002_sizes applied"])
    #expect(try stage.books() == Self.sized)
    let rollouts = try stage.cutover("history", "--json").text.split(separator: "\n")
    #expect(rollouts.count == 2)
  }

  @Test("what completed and was not recorded, for a crash, is recorded and not run again")
  func unrecorded() throws {
    try writeTwo()
    let file = "migrations/0001_shelves.json5"
    #expect(try stage.cutover("run", file, "--live", "blue", "--yes").code == 0)
    #expect(try stage.list() == ["0001_shelves pending", "0002_sizes pending"])
    let run = try stage.run()
    #expect(run.code == 0, "\(run.all)")
    #expect(stage.log == ["0001_shelves", "0002_sizes"])
    // Marked as pending by a person's word, it is run again all the same.
    let mark = try stage.migrations("mark", "0001", "--pending", "--reason", "restored")
    #expect(mark.code == 0, "\(mark.all)")
    #expect(try stage.run("--allow", "late").code == 0)
    #expect(stage.log == ["0001_shelves", "0002_sizes", "0001_shelves"])
  }

  @Test("the first that fails stops the rest, and is mended and run later")
  func failing() throws {
    try stage.write(
      "0001_shelves", sets: "shelf", to: "A", then: "[ -e \(stage.folder)/go ]  || exit 7")
    try stage.write("0002_sizes", sets: "size", to: "big")
    let run = try stage.run()
    #expect(run.code == 3, "\(run.all)")
    #expect(run.text.contains("0001_shelves is not applied; those behind it were not begun"))
    // What is half done is no less open when its file is away.
    let (here, away) = ("\(stage.folder)/migrations", "\(stage.folder)/away")
    try FileManager.default.moveItem(atPath: here, toPath: away)
    try FileManager.default.createDirectory(atPath: here, withIntermediateDirectories: true)
    let open = try stage.run("--environment", "shop")
    #expect(open.code == 75 && open.errors.contains("of shop is open"), "\(open.all)")
    try FileManager.default.removeItem(atPath: here)
    try FileManager.default.moveItem(atPath: away, toPath: here)
    #expect(try stage.list() == ["0001_shelves pending", "0002_sizes pending"])
    try stage.cutover.write("go", "")
    #expect(try stage.cutover("retry", "log").code == 0)
    let rest = try stage.run()
    #expect(rest.code == 0, "\(rest.all)")
    #expect(try stage.list() == ["0001_shelves applied", "0002_sizes applied"])
    #expect(stage.log == ["0001_shelves", "0002_sizes"])
  }

  @Test("edited, vanished, late and equal ones are told and refused, each unless allowed")
  func odd() throws {
    try stage.write("0005_shelves", sets: "shelf", to: "A")
    #expect(try stage.run().code == 0)
    try stage.write("0003_sizes", sets: "size", to: "big")
    #expect(try stage.list() == ["0003_sizes pending late", "0005_shelves applied"])
    let late = try stage.run()
    #expect(late.code == 65 && late.errors.contains("--allow late"), "\(late.all)")
    #expect(try stage.books() == Self.shelved)
    #expect(try stage.run("--allow", "late").code == 0)
    #expect(try stage.books() == Self.sized)

    try stage.write("0005_shelves", sets: "shelf", to: "B")
    try stage.write("0006_more", sets: "title", to: "-")
    #expect(
      try stage.list() == [
        "0003_sizes applied", "0005_shelves applied edited", "0006_more pending",
      ])
    let edited = try stage.run()
    #expect(edited.code == 65 && edited.errors.contains("0005_shelves is edited"))
    let accepted = try stage.migrations("mark", "0005", "--reason", "only a remark")
    #expect(accepted.code == 0 && accepted.text.contains("is accepted as it was edited"))
    #expect(try stage.list().contains("0005_shelves marked"))

    try FileManager.default.removeItem(atPath: "\(stage.folder)/migrations/0003_sizes.json5")
    #expect(try stage.list().contains("0003_sizes applied vanished"))
    #expect(try stage.run().errors.contains("--allow vanished"))
    try stage.write("6_twin", sets: "title", to: "-")
    #expect(try stage.list("--pending") == ["0006_more pending equal", "6_twin pending equal"])
    #expect(try stage.run("--allow", "vanished").errors.contains("--allow equal"))
    let all = try stage.run("--allow", "vanished", "--allow", "equal", "--json")
    #expect(all.code == 0, "\(all.all)")
    for line in all.text.split(separator: "\n") { _ = try JSONValue(reading: Array(line.utf8)) }
    #expect(try stage.migrations("plan").code == 65)
    try stage.cutover.write("migrations/oops.json5", "{}")
    #expect(try stage.run("--allow", "vanished").errors.contains("oops.json5 has no order"))
  }

  @Test("where another rollout is open, what to do next names the environment")
  func twoOpen() throws {
    var outputs: [String] = []
    for name in ["shop-dry-run", "shop"] {
      try stage.cutover.write(
        "p.json5",
        """
        { playbook: 1, environment: "\(name)",
          colors: { blue: { name: "sky" }, green: { name: "grass" } },
          steps: [{ id: "no", uses: "command.run", with: {
            apply: { argv: ["/bin/sh", "-c", "exit 7"] }, undo: { argv: ["/bin/true"] } } }] }
        """)
      let run = try stage.cutover("run", "p.json5", "--live", "blue", "--yes")
      #expect(run.code == 3, "\(run.all)")
      outputs.append(run.text)
    }
    #expect(outputs[0].contains("cutover retry no") && !outputs[0].contains("--environment"))
    #expect(outputs[1].contains("cutover retry no --environment shop\n"), "\(outputs[1])")
  }

  @Test("mistakes in later ones are told before the first is run")
  func mistaken() throws {
    try stage.write("0001_shelves", sets: "shelf", to: "A")
    try stage.cutover.write("migrations/0005_empty.json5", "")
    try stage.cutover.write("migrations/0006_other.json5", "{ playbook: 1, steps: 3 }")
    let run = try stage.run()
    #expect(run.code == 65 && run.errors.contains("nothing was touched"), "\(run.all)")
    #expect(run.errors.contains("0005_empty") && run.errors.contains("0006_other"), "\(run.all)")
    #expect(stage.log == [])
    #expect(try stage.run("--to", "0001").code == 0)
    #expect(stage.log == ["0001_shelves"])
  }

  @Test("a template is written once, and passes the check as it is")
  func create() throws {
    let made = try stage.migrations("create", "split-assets", "--json", "-e", "shop")
    #expect(made.code == 0, "\(made.all)")
    let file = try #require(
      try JSONValue(reading: Array(made.text.utf8))["file"]?.string)
    #expect(file.hasPrefix("migrations/20") && file.hasSuffix("_split-assets.json5"))
    let check = try stage.cutover("check", file)
    #expect(check.code == 0, "\(check.all)")
    #expect(try stage.migrations("create", "other", "--order", "0001").code == 0)
    let twice = try stage.migrations("create", "third", "--order", "1")
    #expect(twice.code == 65 && twice.errors.contains("has the order 1 already"))
    #expect(try stage.migrations("create", "a b").code == 64)
    #expect(try stage.list().count == 2)
  }

  @Test("marking needs a reason and keeps it; what was marked cannot be taken back")
  func mark() throws {
    try writeTwo()
    #expect(try stage.migrations("mark", "0001").code == 64)
    let mark = try stage.migrations("mark", "shelves", "--reason", "by hand", "--as", "ann")
    #expect(mark.code == 0, "\(mark.all)")
    let list = try stage.migrations("list")
    #expect(list.code == 0 && list.text.contains("by hand") && list.text.contains("by ann"))
    #expect(try stage.migrations("mark", "0001", "--reason", "twice").code == 64)
    let undo = try stage.migrations("undo", "--reason", "x")
    #expect(undo.code == 64 && undo.errors.contains("--pending"), "\(undo.all)")
    #expect(try stage.migrations("verify").code == 2)
    #expect(try stage.run().code == 0)
    #expect(stage.log == ["0002_sizes"])
  }

  /// A migration whose way back waits for the file `go`.
  private func addWaiting() throws {
    try stage.add(
      "0001_wait",
      """
      { id: "one", uses: "command.run", with: {
          apply: { argv: ["/bin/sh", "-c", "echo did >> \(stage.folder)/log"] },
          undo: { argv: ["/bin/sh", "-c",
            "cd \(stage.folder); while [ ! -e go ]; do sleep 0.02; done; echo undid >> log"] } } },
      """)
  }

  @Test("a way back that was killed is gone on with, and the record goes at its end")
  func undoKilled() throws {
    try addWaiting()
    #expect(try stage.run().code == 0)
    let child = try stage.cutover.start("migrations", "undo", "--reason", "x", "--yes")
    #expect(child.reads("one"), "\(child.seen)\(child.errors())")
    child.signal(SIGKILL)
    _ = child.wait()
    #expect(try stage.list() == ["0001_wait applied"])
    let half = try stage.run()
    #expect(half.code == 75 && half.errors.contains("of shop is open"), "\(half.all)")
    try stage.cutover.write("go", "")
    let undo = try stage.migrations("undo", "--reason", "x", "--yes")
    #expect(undo.code == 0, "\(undo.all)")
    #expect(stage.log.last == "undid")
    #expect(try stage.list() == ["0001_wait pending"])
    #expect(try stage.cutover("journal", "verify").code == 0)
  }

  @Test("a way back that was killed and carried on by 'resume' takes the record along later")
  func undoResumed() throws {
    try addWaiting()
    #expect(try stage.run().code == 0)
    let child = try stage.cutover.start(
      "migrations", "undo", "--reason", "wrong", "--yes", "--as", "ann")
    #expect(child.reads("one"), "\(child.seen)\(child.errors())")
    child.signal(SIGKILL)
    _ = child.wait()
    try stage.cutover.write("go", "")
    let resumed = try stage.cutover("resume")
    #expect(resumed.code == 1, "\(resumed.all)")
    #expect(stage.log == ["did", "undid"])
    for _ in 1...2 {
      let run = try stage.run("--json")
      #expect(run.code == 0, "\(run.all)")
    }
    #expect(stage.log == ["did", "undid", "did"])
    let kept = try Tool.sqlite3(
      "\(stage.folder)/state/journal.db",
      "SELECT event, who FROM migration WHERE event = 'undone'")
    #expect(kept.text == "undone|ann\n", "\(kept.errorText)")
  }
}
