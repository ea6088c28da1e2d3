import Actions
import Harness
import JSON
import Resources
import Rollouts
import Testing

@Suite("tables.copy in segments", .waiting)
struct TablesCopySegmentsTests {
  private let folder: TemporaryFolder
  private let world: TableWorld
  private let from: SegmentedTable
  private let to: SegmentedTable

  init() throws {
    folder = try TemporaryFolder()
    world = try TableWorld(folder: folder.path)
    from = SegmentedTable(world.from)
    to = SegmentedTable(world.to)
    world.site.add(from)
    world.site.add(to)
  }

  private func input(segments: Int = 4, batch: Int = 5) -> TablesCopy.Input {
    var input = world.input(batch: batch)
    input.segments = segments
    return input
  }

  @Test("a copy that dies anywhere ends with every item once", arguments: [1, 3, 7])
  func survivesDeaths(_ segments: Int) async throws {
    for call in stride(from: 2, to: 150, by: 7) {
      let world = try TableWorld(folder: folder.path)
      world.site.add(SegmentedTable(world.from))
      world.site.add(SegmentedTable(world.to))
      try world.from.fill(try TableWorld.items(90))
      let run = world.run(input(segments: segments))
      let plan = try await run.plan()
      #expect(plan.pairs[0].segments == segments)
      world.faults.fail(call: call, call.isMultiple(of: 2) ? .throwBefore : .throwAfter)
      let report = try await run.apply(plan)
      world.faults.fail(call: nil)
      let verification = try await run.verify(plan, report)
      #expect(verification.verdict.isPassed, "\(verification.verdict)")
      #expect(world.to.contents == world.from.contents, "died at call \(call)")
      let ledger = try #require(verification.ledgers.first)
      #expect(ledger.imbalance == nil && ledger.read == 90 && ledger.written == 90)
      try await run.undo(plan)
      #expect(world.to.contents.isEmpty)
    }
  }

  @Test("a checkpoint keeps one position for each segment")
  func keepsPositions() async throws {
    try world.from.fill(try TableWorld.items(40))
    let run = world.run(input(segments: 2))
    _ = try await run.apply(try await run.plan())
    let saved = try JSONValue(reading: Array(try #require(run.savedText).utf8))
    #expect(saved["pairs"]?[0]?["segments"]?.elements?.count == 2)
  }

  @Test("where somebody else may write, an item that appears meanwhile is never overwritten")
  func keepsOthers() async throws {
    try world.from.fill(try TableWorld.items(20))
    var input = input()
    input.target = .busy
    let run = world.run(input)
    let plan = try await run.plan()
    try world.to.fill([try TableWorld.item("k007", "somebody's own")])
    let failure = await #expect(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure?.summary.contains("k007") == true)
    #expect(world.to.contents.values.contains(try TableWorld.item("k007", "somebody's own")))
  }

  @Test("a target that was written to since the plan is written with care, even when called quiet")
  func noticesWrites() async throws {
    try world.from.fill(try TableWorld.items(20))
    let run = world.run(input())
    let plan = try await run.plan()
    try world.to.fill([try TableWorld.item("k007", "somebody's own")])
    await #expect(throws: Failure.self) { try await run.apply(plan) }
    #expect(world.to.contents.values.contains(try TableWorld.item("k007", "somebody's own")))
  }

  @Test("a limit on writes slows the copy down, and says so")
  func limitsRate() async throws {
    try world.from.fill(try TableWorld.items(50))
    var input = input(segments: 1, batch: 50)
    input.maxWriteRate = 10
    let run = world.run(input)
    let start = world.site.clock.now()
    _ = try await run.apply(try await run.plan())
    // Fifty units at ten a second; the last portion does not wait behind itself.
    let seconds = (world.site.clock.now() - start).wholeMilliseconds / 1000
    #expect((4...7).contains(seconds), "\(seconds)")
  }

  @Test("a share of the capacity of a table that has none is refused")
  func refusesShare() async throws {
    try world.from.fill(try TableWorld.items(2))
    var input = input()
    input.capacityShare = 50
    let run = world.run(input)
    let plan = try await run.plan()
    let failure = await #expect(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure?.hint.contains("maxWriteRate") == true)
  }
}
