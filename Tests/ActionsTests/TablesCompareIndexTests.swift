import Foundation
import Harness
import Resources
import Rollouts
import Synchronization
import Testing
import Transforms

@testable import Actions

@Suite("tables.compare with an index", .waiting)
struct TablesCompareIndexTests {
  private let folder: TemporaryFolder
  private var file: String { "\(folder.path)/kept/compared.db" }

  init() throws { folder = try TemporaryFolder() }

  private func verdict(
    _ world: TableWorld, transform: String? = nil, pace: Pace? = nil,
    transforms: any TransformMaker = NoTransforms()
  ) async throws -> Verdict {
    var input = TablesCompare.Input(pairs: [
      .init(from: world.from.url, to: world.to.url, transform: transform)
    ])
    input.index = file
    let action = try TablesCompare(input, in: world.site.site(transforms: transforms))
    return try await action.verify(
      .init(), report: StepReport(), pace: pace ?? world.site.pace
    ).verdict
  }

  private func sqlite(_ sql: String) throws -> String {
    try Tool.run(["sqlite3", file, sql]).text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test(
    "it finds what a comparison without one finds, and names what changed since",
    arguments: [MemoryTable.Order.byKey, .byKeyBackwards])
  func names(order: MemoryTable.Order) async throws {
    let world = try TableWorld(folder: folder.path, orders: (.byKey, order))
    let items = try TableWorld.items(2500)
    try world.from.fill(items)
    try world.to.fill(items)
    #expect(
      try await verdict(world)
        == .passed("memory:///from and memory:///to hold the same 2500 items"))
    #expect(try sqlite("SELECT side, count(*) FROM item GROUP BY side") == "0|2500\n1|2500")

    try world.from.fill([try TableWorld.item("k008", "new on both")])
    try world.to.fill([try TableWorld.item("k008", "new on both")])
    let since = try await verdict(world)
    #expect(since.isPassed)
    #expect(since.detail.contains("; 2 items changed since "), "\(since.detail)")

    try world.to.fill([try TableWorld.item("k007", "other"), try TableWorld.item("zz", "own")])
    world.to.drop(try world.to.key(of: items[1200]))
    let detail = try await verdict(world).detail
    #expect(detail.contains("1 missing, 1 differing, 1 besides"), "\(detail)")
    #expect(detail.contains(#"{"id":{"S":"k007"}} differs in text"#))
    #expect(detail.contains(#"{"id":{"S":"k1200"}} is missing"#))
    #expect(detail.contains(#"{"id":{"S":"zz"}} is there besides"#))
    #expect(detail.contains("3 items changed since"))

    world.to.drop(try world.to.key(of: try TableWorld.item("zz", "")))
    try world.to.fill([items[7], items[1200]])
    #expect(try await verdict(world).isPassed)
    #expect(try sqlite("SELECT count(*) FROM item WHERE side = 1") == "2500")
  }

  @Test("one that was interrupted goes on where it was, for the same step")
  func resumes() async throws {
    let world = try TableWorld(folder: folder.path)
    let items = try TableWorld.items(5500)
    try world.from.fill(items)
    try world.to.fill(items)
    // Two descriptions and three pages come first.
    world.faults.fail(call: 6)
    await #expect(throws: Failure.self) { try await self.verdict(world) }
    let before = try sqlite("SELECT count(*) FROM item")
    #expect(before == "3000")
    // What was read is not read again: an item that came there since is not seen.
    try world.from.fill([try TableWorld.item("k000a", "late")])
    let again = try await verdict(world)
    #expect(
      again == .passed("memory:///from and memory:///to hold the same 5500 items"), "\(again)")
    // The next one reads everything, and finds it.
    let next = try await verdict(world)
    #expect(next.detail.contains(#"1 missing: {"id":{"S":"k000a"}} is missing"#), "\(next)")
  }

  @Test("differences that are gone when they are looked at again are no difference")
  func settles() async throws {
    let world = try TableWorld(folder: folder.path)
    let items = try TableWorld.items(20)
    try world.from.fill(items)
    try world.to.fill(Array(items.dropLast()))
    let pace = Pace(
      clock: world.site.clock, isAskedToStop: { false },
      show: { [to = world.to] reading in
        // All is read now.
        if reading.done == 39 { try? to.fill([items[19]]) }
      }, record: { _ in })
    guard case .inconclusive(let detail) = try await verdict(world, pace: pace) else {
      Issue.record("it is conclusive")
      return
    }
    #expect(detail.contains("changed while they were compared"))
    #expect(try await verdict(world).isPassed)
  }

  @Test("only what changed is transformed again")
  func transformsAnew() async throws {
    let world = try TableWorld(folder: folder.path)
    let sql = """
      SELECT seq, json_object('id', json_object('S', attr(item, 'id') || '-' || value),
        'text', json_object('S', attr(item, 'text'))) AS put
      FROM input, json_each('["a", "b"]')
      """
    let maker = CountingTransforms()
    let items = try TableWorld.items(1500)
    try world.from.fill(items)
    for item in items {
      let id = try #require(
        try world.from.key(of: item).text.split(separator: "\"").dropFirst(5).first)
      let text = String(decoding: item.bytes, as: UTF8.self)
      for end in ["a", "b"] {
        try world.to.fill([
          Item(
            bytes: Array(text.replacing("\"\(id)\"", with: "\"\(id)-\(end)\"").utf8),
            isCanonical: true)
        ])
      }
    }
    let first = try await verdict(world, transform: sql, transforms: maker)
    #expect(
      first == .passed("memory:///from and memory:///to hold the same 3000 items"), "\(first)")
    #expect(maker.count == 1500)
    try world.from.fill([try TableWorld.item("k003", "changed")])
    let second = try await verdict(world, transform: sql, transforms: maker)
    #expect(second.detail.contains("2 differing"), "\(second)")
    #expect(second.detail.contains(#"{"id":{"S":"k003-b"}} differs in text"#))
    // The changed one, and twice when it was looked at again.
    #expect(maker.count == 1503)
    world.from.drop(try world.from.key(of: items[4]))
    let third = try await verdict(world, transform: sql, transforms: maker)
    #expect(third.detail.contains("2 differing, 2 besides"), "\(third)")
  }
}

/// Counts the items that pass through transforms of SQL.
private final class CountingTransforms: TransformMaker {
  private struct Counting: ItemTransform {
    let base: any ItemTransform
    let counter: CountingTransforms

    func apply(_ items: [Item]) async throws(Failure) -> [TransformOutcome] {
      counter.number.withLock { $0 += items.count }
      return try await base.apply(items)
    }
  }

  private let base = SQLTransforms()
  private let number = Mutex(0)
  var count: Int { number.withLock { $0 } }

  func make(sql: String) throws(Failure) -> any ItemTransform {
    Counting(base: try base.make(sql: sql), counter: self)
  }

  func make(_ statement: TransformStatement) throws(Failure) -> any TableTransform {
    try base.make(statement)
  }

  func make(_ filter: FilterProgram) throws(Failure) -> any TableTransform {
    try base.make(filter)
  }

  func explain(_ statement: TransformStatement) throws(Failure) -> [String] {
    try base.explain(statement)
  }

  func lookups(at path: String, _ tables: [LookupTable]) throws(Failure) -> any LookupFile {
    try base.lookups(at: path, tables)
  }
}
