import Actions
import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Testing
import Transforms

/// When a migration reads what it looks up, and what a person who mends a table gets of that.
@Suite("The lookups of tables.migrate", .waiting)
struct MigrationLookupTests {
  private let folder: TemporaryFolder
  private let world: MigrationWorld

  init() throws {
    folder = try TemporaryFolder()
    world = try MigrationWorld(folder: folder.path)
  }

  /// Assets go of which the table of versions has a row; of the one that is bad nothing is known.
  private func deletion(fresh: Bool) throws -> TablesMigrate.Input {
    var text = JSONValue.object([
      .init("from", "memory:///assets"),
      .init("targets", [["name": "asset", "table": "memory:///assets"]]),
      .init(
        "sql",
        [
          "WITH old AS (SELECT seq, item, kind(item, 'bad') IS NOT NULL AS bad, EXISTS (",
          "  SELECT 1 FROM found WHERE found.id = attr(item, 'id')) AS held FROM input)",
          "SELECT seq, CASE WHEN held AND NOT bad THEN item END AS \"delete\",",
          "  CASE WHEN NOT held AND NOT bad THEN 'kept' END AS skip,",
          "  CASE WHEN bad THEN 'bad' END AS reject FROM old",
        ]),
      .init(
        "lookups",
        [["name": "found", "from": "memory:///versions", "columns": ["id": "id"]]]),
    ])
    text["batch"] = 2
    if fresh { text["freshLookups"] = true }
    return try text.decode(as: TablesMigrate.Input.self)
  }

  private func fill(_ ids: [String], bad: String) throws {
    try world.versions.fill(ids.map { MigrationWorld.item(#"{"id":{"S":"\#($0)"}}"#) })
    try world.assets.fill(
      ids.map { id in
        MigrationWorld.item(
          #"{"\#(id == bad ? "bad" : "fine")":{"S":"x"},"id":{"S":"\#(id)"}}"#)
      })
  }

  private func mend(_ id: String) throws {
    try world.assets.fill([MigrationWorld.item(#"{"id":{"S":"\#(id)"}}"#)])
  }

  private static func key(_ id: String) -> ItemKey {
    ItemKey(bytes: Array(#"{"id":{"S":"\#(id)"}}"#.utf8))
  }

  @Test("fresh lookups are read again after a retry, so that the only copy of an item stays")
  func fresh() async throws {
    try fill(["a", "b", "c", "d", "e"], bad: "d")
    let run = world.run(try deletion(fresh: true))
    let plan = try await run.plan()
    let failure = try await #require(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure.hint.hasSuffix("Lookups are read anew then."), "\(failure.hint)")
    #expect(world.assets.contents.count == 3)
    world.versions.drop(Self.key("e"))
    try mend("d")
    let report = try await run.apply(plan)
    #expect(try await run.verify(plan, report).verdict.isPassed)
    #expect(Array(world.assets.contents.keys) == [Self.key("e")])
  }

  @Test("others stay as they were read once something was written, and the hint says what to do")
  func frozen() async throws {
    try fill(["a", "b", "c", "d", "e"], bad: "d")
    let run = world.run(try deletion(fresh: false))
    let plan = try await run.plan()
    let failure = try await #require(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure.hint.contains("Lookups stay as they were read"), "\(failure.hint)")
    #expect(failure.hint.contains("'freshLookups'"))
    world.versions.drop(Self.key("e"))
    try mend("d")
    _ = try await run.apply(plan)
    #expect(world.assets.contents.isEmpty)
  }

  @Test("before the first write, all of them are read again: a table that was mended counts")
  func nothingStored() async throws {
    try fill(["a", "b"], bad: "a")
    let run = world.run(try deletion(fresh: false))
    let plan = try await run.plan()
    let failure = try await #require(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure.hint.contains("Lookups are read anew then."), "\(failure.hint)")
    world.versions.drop(Self.key("b"))
    try mend("a")
    _ = try await run.apply(plan)
    #expect(Array(world.assets.contents.keys) == [Self.key("b")])
  }

  @Test("a step cannot look up afresh what it writes itself")
  func ownTarget() throws {
    var input = try deletion(fresh: true)
    input.lookups?[0].from = try ResourceURL("memory:///assets")
    let site = world.site.site(transforms: SQLTransforms(), folder: "work")
    let failure = try #require(throws: Failure.self) { try TablesMigrate(input, in: site) }
    #expect(failure.summary.contains("'found' is of memory:///assets, to which the step writes"))
  }
}
