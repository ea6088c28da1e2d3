import Actions
import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Testing
import Transforms

@Suite("tables.migrate with a filter program", .waiting)
struct MigrationFilterTests {
  private let folder: TemporaryFolder
  private let world: MigrationWorld
  private let script: FilterScript

  init() throws {
    folder = try TemporaryFolder()
    world = try MigrationWorld(folder: folder.path)
    script = try FilterScript(in: folder.path)
  }

  private func input(_ mode: String) throws -> TablesMigrate.Input {
    var input = try world.input()
    input.sql = nil
    input.lookups = nil
    input.parameters = nil
    input.filter = script.argv(mode, folder.file("once-"))
    input.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
    return input
  }

  @Test("it does what the statement does, is proven by asking again, and is undone")
  func wholeWay() async throws {
    try world.fillAssets(12)
    let before = world.assets.contents
    let run = world.run(try input("notes"))
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    #expect(
      report.outputs == ["read": "12", "migrated": "8", "skipped": "4", "rejected": "0"])
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(
      verification.verdict.detail.contains("the filter gives the same answers to 12 items"))
    #expect(world.site.notes.contains("the filter says: at a000"))
    #expect(world.versions.contents.count == 8)
    // The program gives attributes in its own order.
    let asset = try ItemForm.canonical(Array(try #require(try world.asset("a001")).utf8))
    #expect(
      String(decoding: asset, as: UTF8.self)
        == #"{"big":{"N":"12345678901234567890123456789012345678"},"bucketId":{"S":"B1"},"#
        + #""current":{"S":"1"},"id":{"S":"a001"}}"#)
    try await run.undo(plan)
    #expect(world.assets.contents == before && world.versions.contents.isEmpty)
  }

  @Test("one that answers differently when it is asked again is told so, with the keys")
  func fickle() async throws {
    try world.fillAssets(6)
    let run = world.run(try input("fickle"))
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verdict = try await run.verify(plan, report).verdict
    guard case .failed(let text) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(text.contains("the filter answers differently than when it ran, for 4 of 6 items"))
    #expect(text.contains("a001"), "\(text)")
  }

  @Test("what it cannot answer is named in the archive, up to 'rejects', and the rest is written")
  func rejects() async throws {
    try world.fillAssets(6)
    try world.assets.fill([
      MigrationWorld.item(#"{"currentVersion":{"M":{"Version":{"S":"1"}}},"id":{"S":"bad1"}}"#)
    ])
    let strict = world.run(try input("crash"), folder: "one")
    let plan = try await strict.plan()
    let failure = try await #require(throws: Failure.self) { try await strict.apply(plan) }
    #expect(failure.summary.contains("bad1"), "\(failure)")
    var lenient = try input("crash")
    lenient.rejects = 1
    let report = try await world.run(lenient, folder: "two").applied()
    // The first page was written before.
    #expect(report.outputs["rejected"] == "1" && report.outputs["migrated"] == "2")
    #expect(report.notes.contains { $0.contains("cannot bear bad1") })
  }

  @Test("one that cannot run is found while planning, and what does not fit is refused")
  func planning() async throws {
    var broken = try input("plain")
    broken.filter = ["python3", folder.file("nothing.py")]
    let run = world.run(broken)
    let failure = try await #require(throws: Failure.self) { try await run.plan() }
    #expect(failure.summary.contains("asked about no item at all, the filter python3 ended"))
    let wrong: [(inout TablesMigrate.Input) -> Void] = [
      { $0.sql = ["SELECT 1"] }, { $0.filter = nil }, { $0.parameters = [:] },
      { $0.filter = ["x", "${secret:env:A}"] }, { $0.filter = [] },
    ]
    for change in wrong {
      var bad = try input("plain")
      change(&bad)
      #expect(throws: Failure.self) {
        try TablesMigrate(bad, in: world.site.site(transforms: SQLTransforms()))
      }
    }
  }
}
