import Actions
import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Testing
import Transforms

/// Segments that come to want one key side by side.
@Suite("tables.migrate, one key of two segments", .waiting)
struct MigrationClaimsTests {
  private static let count = 60
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Sixty assets; five in a row, which are read side by side, give the table of versions one key.
  private func world(_ name: String) throws -> MigrationWorld {
    let world = try MigrationWorld(folder: folder.file(name))
    world.site.add(SegmentedTable(world.assets))
    world.site.add(SegmentedTable(world.versions, meets: true))
    try world.assets.fill(
      (0..<Self.count).map {
        MigrationWorld.item(#"{"id":{"S":"a\#($0 + 10)"},"name":{"S":"n\#($0 / 5)"}}"#)
      })
    return world
  }

  private func input(_ world: MigrationWorld) throws -> TablesMigrate.Input {
    var input = try world.input()
    input.sql = [
      "SELECT seq, 'version' AS target,",
      "item('id', attr(item,'name'), 'of', attr(item,'id')) AS put FROM input",
    ]
    input.source = .moving
    input.segments = 8
    input.batch = 6
    return input
  }

  @Test(
    "each key is written once, the others are told, and undo leaves nothing",
    arguments: ExistingPolicy.allCases, 0..<6)
  func oneKey(existing: ExistingPolicy, round: Int) async throws {
    let world = try world("\(existing)-\(round)")
    var input = try input(world)
    input.rejects = 48
    for index in input.targets.indices { input.targets[index].existing = existing }
    let run = world.run(input)
    // Some die in the middle, with pages recorded that were not written.
    world.faults.fail(call: [nil, 30, 45][round % 3], .throwBefore)
    let plan = try await run.plan()
    #expect(plan.segments == 8)
    let report = try await run.apply(plan)
    #expect(report.outputs["read"] == "60" && report.outputs["migrated"] == "12")
    #expect(report.outputs["skipped"] == "0" && report.outputs["rejected"] == "48")
    #expect(try await run.verify(plan, report).verdict.isPassed)
    #expect(world.versions.contents.count == 12)
    try await run.undo(plan)
    #expect(world.versions.contents.isEmpty)
  }

  @Test("one more than may be rejected stops it, and nothing stays when it is undone")
  func allowance() async throws {
    let world = try world("rejects")
    var input = try input(world)
    input.rejects = 47
    let run = world.run(input)
    let plan = try await run.plan()
    let failure = try await #require(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure.summary.contains("48 items cannot be migrated, and 47 are allowed"))
    try await run.undo(plan)
    #expect(world.versions.contents.isEmpty)
  }
}
