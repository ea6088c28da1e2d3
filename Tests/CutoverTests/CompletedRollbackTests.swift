import Foundation
import Harness
import Testing

@Suite("cutover rollback --completed", .waiting)
struct CompletedRollbackTests {
  private let stage: Stage

  init() throws { stage = try Stage() }

  private func takeBack(_ words: String...) throws -> Binary.Output {
    try stage.cutover.run(["rollback", "--completed", "--reason", "practice"] + words)
  }

  @Test("what has completed is undone in reverse, newest first, and only once; killed, it goes on")
  func wholeWay() throws {
    try stage.write(stage.step("a"), stage.step("b"))
    try stage.run()
    let undo = "while [ ! -e \(stage.folder)/go-d ]; do sleep 0.02; done"
    try stage.write(
      stage.step("c"), stage.step("d").replacing("echo undo d", with: "\(undo); echo undo d"),
      stage.step("e"))
    try stage.run()
    let child = try stage.cutover.start("rollback", "--completed", "--reason", "practice")
    #expect(child.reads("undone"))
    child.signal(SIGKILL)
    _ = child.wait()
    #expect(stage.log == ["a", "b", "c", "d", "e", "undo e"])
    try stage.go("d")
    let back = try takeBack()
    #expect(back.code == 0, "\(back.all)")
    #expect(stage.log.last == "undo c" && stage.log.contains("undo d"))
    let earlier = try takeBack()
    #expect(earlier.code == 0 && stage.log.suffix(2) == ["undo b", "undo a"], "\(earlier.all)")
    let none = try takeBack()
    #expect(none.code == 64 && none.errors.contains("is not taken back already"), "\(none.all)")
    // The way is free again.
    #expect(try stage.run().code == 0)
  }

  @Test("one that is open, one that made a colour live, and one of another environment are refused")
  func refusals() throws {
    let early = try takeBack()
    #expect(early.code == 66, "\(early.all)")
    try stage.write(stage.step("a"), stage.gate("g"))
    try stage.run("--no-wait")
    let open = try takeBack()
    #expect(open.code == 75 && open.errors.contains("leave --completed out"), "\(open.all)")
    _ = try stage.cutover.run(["rollback", "--reason", "practice"])
    try stage.write(stage.step("a", more: "promotes: true, "))
    #expect(try stage.run().code == 0)
    let live = try takeBack()
    #expect(live.code == 64 && live.errors.contains("it made green live"), "\(live.all)")
    let other = try takeBack("--environment", "none")
    #expect(other.code == 64 && other.errors.contains("none has no completed rollout"))
    #expect(stage.log == ["a", "undo a", "a"])
  }

  @Test("one that a registry counts as applied is taken back with its record only")
  func recorded() throws {
    let books = try BookStage()
    try books.write("0001_shelves", sets: "shelf", to: "A")
    #expect(try books.cutover("migrations", "run", "--live", "blue", "--yes").code == 0)
    let output = try books.cutover("rollback", "--completed", "--reason", "practice")
    #expect(output.code == 64, "\(output.all)")
    #expect(output.errors.contains("cutover migrations undo 0001_shelves"), "\(output.all)")
    #expect(try books.books().contains("Emma|A"))
  }
}
