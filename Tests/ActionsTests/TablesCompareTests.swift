import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite("tables.compare", .waiting)
struct TablesCompareTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func verdict(_ world: TableWorld) async throws -> Verdict {
    let action = try TablesCompare(
      .init(pairs: [.init(from: world.from.url, to: world.to.url)]), in: world.site.site())
    return try await action.verify(.init(), report: StepReport(), pace: world.site.pace).verdict
  }

  @Test(
    "differences are found and named whatever the order of the pages",
    arguments: [MemoryTable.Order.byKey, .byKeyBackwards])
  func names(order: MemoryTable.Order) async throws {
    let world = try TableWorld(folder: folder.path, orders: (.byKey, order))
    let items = try TableWorld.items(2500)
    try world.from.fill(items)
    try world.to.fill(items)
    let same = try await verdict(world)
    #expect(same == .passed("memory:///from and memory:///to hold the same 2500 items"))

    try world.to.fill([try TableWorld.item("k007", "other"), try TableWorld.item("zz", "own")])
    world.to.drop(try world.to.key(of: items[1200]))
    let detail = try await verdict(world).detail
    #expect(detail.contains("1 missing, 1 differing, 1 besides"))
    #expect(detail.contains(#"{"id":{"S":"k007"}} differs in text"#))
    #expect(detail.contains(#"{"id":{"S":"k1200"}} is missing"#))
    #expect(detail.contains(#"{"id":{"S":"zz"}} is there besides"#))
  }

  @Test("a full window falls back to digests, and to look-ups where they differ")
  func fallsBack() async throws {
    let world = try TableWorld(folder: folder.path, orders: (.byKey, .byKeyBackwards))
    let items = try TableWorld.items(3000)
    try world.from.fill(items)
    try world.to.fill(items)
    var comparison = TableComparison(
      left: world.from, right: world.to, transform: nil, allowed: FormerItems(), namedMax: 5,
      pace: world.site.pace)
    comparison.windowItemsMax = 100
    let same = try await comparison.compare()
    #expect(same.isEqual && same.rightCount == 3000)

    try world.to.fill([try TableWorld.item("k007", "other"), try TableWorld.item("zz", "own")])
    world.to.drop(try world.to.key(of: items[1200]))
    let findings = try await comparison.compare()
    #expect(findings.missing == 1 && findings.differing == 1 && findings.extra == 1)
    #expect(findings.named.count == 3)
  }

  @Test("a table that surely is not there fails the comparison")
  func unreadable() async throws {
    let world = try TableWorld(folder: folder.path)
    try await world.to.delete()
    let verdict = try await verdict(world)
    #expect(verdict == .failed("memory:///to does not exist"))
  }
}
