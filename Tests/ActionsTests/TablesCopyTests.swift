import Actions
import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Testing

@Suite("tables.copy", .waiting)
struct TablesCopyTests {
  private let folder: TemporaryFolder
  private let world: TableWorld

  init() throws {
    folder = try TemporaryFolder()
    world = try TableWorld(folder: folder.path)
  }

  @Test("every item arrives, and the ledger balances")
  func copies() async throws {
    try world.from.fill(try TableWorld.items(25))
    let run = world.run()
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(world.to.contents == world.from.contents)
    let ledger = try #require(verification.ledgers.first)
    #expect(ledger.imbalance == nil)
    #expect(ledger.read == 25 && ledger.written == 25 && ledger.alreadyThere == 0)
  }

  @Test("the plan names the counts and changes nothing")
  func plans() async throws {
    try world.from.fill(try TableWorld.items(3))
    let planned = try await world.action().plan()
    #expect(planned.changes == ["copy 3 items from memory:///from to memory:///to"])
    #expect(planned.estimate.items == 3)
    #expect(world.to.contents.isEmpty)
  }

  @Test("a target that is not empty is refused with the way out")
  func refusesFullTarget() async throws {
    try world.to.fill(try TableWorld.items(1))
    let failure = await #expect(throws: Failure.self) { _ = try await world.action().plan() }
    #expect(failure?.kind == .refused)
    #expect(failure?.hint.contains("overwrite") == true)
  }

  @Test("a target that exists only later is planned in a preview, and made by the copy otherwise")
  func createsTarget() async throws {
    let late = MemoryTable(try ResourceURL("memory:///late"), keys: nil)
    world.site.add(late)
    try world.from.fill(try TableWorld.items(2))
    var input = TablesCopy.Input(pairs: [.init(from: world.from.url, to: late.url)])
    let planned = try await TablesCopy(input, in: world.site.site()).plan()
    #expect(planned.changes.first == "create memory:///late like memory:///from")
    _ = try await world.run(input).apply(planned.plan)
    #expect(late.contents.count == 2)
    try await world.run(input).undo(planned.plan)
    #expect(!late.exists)

    input.create = false
    let preview = try await TablesCopy(input, in: world.site.site(isPreview: true)).plan()
    #expect(preview.changes.first?.contains("which an earlier step makes") == true)
    await #expect(throws: Failure.self) {
      try await TablesCopy(input, in: world.site.site()).plan()
    }
  }

  @Test("what a table that is made does not get from its pattern stands in the plan")
  func tellsLeftOut() async throws {
    let late = MemoryTable(try ResourceURL("memory:///late"), keys: nil)
    world.site.add(late)
    var described = MemoryTable.described(["id"])
    described.leftOut = ["deletion protection", "tags"]
    world.from.describe(described)
    let input = TablesCopy.Input(pairs: [.init(from: world.from.url, to: late.url)])
    let changes = try await TablesCopy(input, in: world.site.site()).plan().changes
    #expect(
      changes.prefix(3) == [
        "create memory:///late like memory:///from",
        "  memory:///late is made without deletion protection",
        "  memory:///late is made without tags",
      ])
    // A table that is there already is compared, line by line, instead.
    let there = try await world.action().plan().changes
    #expect(!there.contains { $0.contains("is made without") })
  }

  @Test("tables with other keys are refused")
  func checksKeys() async throws {
    let other = MemoryTable(try ResourceURL("memory:///other"), keys: ["id", "sort"])
    world.site.add(other)
    let input = TablesCopy.Input(pairs: [.init(from: world.from.url, to: other.url)])
    let failure = await #expect(throws: Failure.self) {
      try await TablesCopy(input, in: world.site.site()).plan()
    }
    #expect(failure?.summary.contains("(id), but memory:///other has (id, sort)") == true)
  }

  @Test(
    "what the target does not take at once is written in the end", arguments: [1, 3, 7])
  func unprocessed(givenBack: Int) async throws {
    try world.from.fill(try TableWorld.items(20))
    world.to.giveBack(givenBack)
    let run = world.run(batch: 8)
    _ = try await run.apply(try await run.plan())
    #expect(world.to.contents == world.from.contents)
  }

  @Test("a target that takes nothing at all is given up with a transient failure")
  func deafTarget() async throws {
    try world.from.fill(try TableWorld.items(3))
    let action = try world.action()
    let plan = try await action.plan().plan
    world.to.acceptNothing(true)
    let start = world.site.clock.now()
    let failure = await #expect(throws: Failure.self) {
      try await action.apply(
        plan, from: nil, progress: Progress(pace: world.site.pace, save: { _, _ in }, cross: {}))
    }
    #expect(failure?.isTransient == true)
    #expect(world.site.clock.now() - start > .seconds(1))
  }

  @Test("kept items stay, are counted, and the ledger still balances")
  func keeps() async throws {
    let items = try TableWorld.items(10)
    try world.from.fill(items)
    let other = try TableWorld.item("k001", "other")
    try world.to.fill([items[0], other, try TableWorld.item("own", "b")])
    var input = world.input()
    input.existing = .keep
    let run = world.run(input)
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    let ledger = try #require(verification.ledgers.first)
    #expect(ledger.imbalance == nil)
    #expect(ledger.written == 9 && ledger.alreadyThere == 1)
    #expect(ledger.skipped == ["the target's own is kept": 1])
    #expect(world.to.contents.count == 11)
    #expect(world.to.contents.values.contains(other))
  }

  @Test("somebody who writes to the source meanwhile is found, and counted")
  func movingSource() async throws {
    try world.from.fill(try TableWorld.items(10))
    let run = world.run()
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    try world.from.fill([
      try TableWorld.item("k003", "changed"), try TableWorld.item("new", "1"),
    ])
    let verdict = try await run.verify(plan, report).verdict
    #expect(!verdict.isPassed)
    #expect(verdict.detail.contains("somebody still writes to memory:///from"))
    #expect(verdict.detail.contains("10 items were read, now there are 11; 2 differ"))
    var input = world.input()
    input.source = .moving
    let lenient = try await world.run(input).verify(plan, report).verdict
    #expect(lenient.isPassed)
  }

  @Test("a target that lost and changed items fails with their names")
  func brokenTarget() async throws {
    try world.from.fill(try TableWorld.items(10))
    let run = world.run()
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    try world.to.fill([try TableWorld.item("k003", "changed"), try TableWorld.item("own", "1")])
    world.to.drop(ItemKey(bytes: Array(#"{"id":{"S":"k005"}}"#.utf8)))
    let verification = try await run.verify(plan, report)
    let detail = verification.verdict.detail
    #expect(detail.contains("1 missing, 1 differing, 1 besides"))
    #expect(detail.contains(#"{"id":{"S":"k003"}} differs in text"#))
    #expect(verification.ledgers[0].imbalance != nil)
  }

  @Test("an item that appears at the target between plan and copy is a conflict, not overwritten")
  func lateConflict() async throws {
    try world.from.fill(try TableWorld.items(5))
    let action = try world.action()
    let plan = try await action.plan().plan
    let own = try TableWorld.item("k002", "theirs")
    try world.to.fill([own])
    let failure = await #expect(throws: Failure.self) {
      try await action.apply(
        plan, from: nil, progress: Progress(pace: world.site.pace, save: { _, _ in }, cross: {}))
    }
    #expect(failure?.kind == .refused)
    #expect(failure?.summary.contains("k002") == true)
    #expect(world.to.contents.values.contains(own))
  }

  @Test("a stop is answered at the next page, with the checkpoint saved")
  func stops() async throws {
    try world.from.fill(try TableWorld.items(20))
    let run = world.run(batch: 5)
    let plan = try await run.plan()
    world.site.stop(true)
    let failure = await #expect(throws: Failure.self) { _ = try await run.apply(plan) }
    #expect(failure == .cancelled)
    #expect(world.to.contents.count == 5)
    #expect(run.savedText != nil)
    world.site.stop(false)
    let report = try await run.apply(plan)
    #expect(report.ledgers[0].read == 20)
    #expect(world.to.writeCount == 20)
  }
}
