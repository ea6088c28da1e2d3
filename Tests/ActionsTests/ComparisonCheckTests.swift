import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Comparisons as checks of `validate` and `bake`, against stores in memory.
@Suite("Comparisons as checks", .waiting)
struct ComparisonCheckTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func verdict(
    _ site: MemorySite, _ check: String, rest: String = "within: '0s'"
  ) async throws -> Verdict {
    try await ActionRig(
      ActionDescriptor(Validate.self),
      "{checks: [{title: 't', comparison: {\(check)}}], \(rest)}", in: site.site()
    ).verify()
  }

  private static let tables = "tables: {from: 'memory:///from', to: 'memory:///to', name: 2}"

  @Test("tables that hold the same pass; else the first keys and both totals are named")
  func tables() async throws {
    let world = try TableWorld(folder: folder.path)
    let items = try TableWorld.items(30)
    try world.from.fill(items)
    try world.to.fill(items)
    #expect(
      try await verdict(world.site, Self.tables)
        == .passed("t: memory:///from and memory:///to hold the same 30 items"))
    try world.to.fill([try TableWorld.item("k007", "other")])
    for key in ["k003", "k004"] {
      world.to.drop(try world.to.key(of: try TableWorld.item(key, "")))
    }
    #expect(
      try await verdict(world.site, Self.tables)
        == .failed(
          "t: memory:///from and memory:///to differ (30 and 28 items): 2 missing, 1 differing: "
            + #"{"id":{"S":"k007"}} differs in text; {"id":{"S":"k003"}} is missing; …"#))
  }

  @Test("what cannot be read is left to a person, what is surely not there has failed")
  func cannotTell() async throws {
    let world = try TableWorld(folder: folder.path)
    try world.from.fill(try TableWorld.items(3))
    try world.to.fill(try TableWorld.items(3))
    world.faults.fail(call: 1)
    let denied = try await verdict(world.site, Self.tables)
    #expect(denied.isDoubt && denied.detail.contains("injected into"), "\(denied)")
    world.faults.fail(call: 1)
    let late = try await verdict(
      world.site, "counts: {tables: [{from: 'memory:///from', to: 'memory:///to'}]}")
    #expect(late.isDoubt && late.detail.contains("injected into"), "\(late)")
    world.faults.fail(call: nil)
    try await world.to.delete()
    #expect(try await verdict(world.site, Self.tables) == .failed("t: memory:///to does not exist"))
    #expect(
      try await verdict(
        world.site, "counts: {tables: [{from: 'memory:///from', to: 'memory:///to'}]}")
        == .failed("t: memory:///to does not exist"))
  }

  @Test("buckets are compared by content, and the totals of both sides are told")
  func buckets() async throws {
    let world = try BucketWorld(folder: folder.path)
    world.fill(12)
    for (key, object) in world.from.contents { world.to.put(key.text, object) }
    let check = "buckets: {from: 'memorybucket:///from', to: 'memorybucket:///to'}"
    #expect(try await verdict(world.site, check).isPassed)
    world.to.put("o002", nil)
    #expect(
      try await verdict(world.site, check).detail.hasSuffix(
        "differ in 1 objects (of 12 and 11): 'o002' is missing"))
  }

  @Test("counts are compared with what may be missing and besides, of several kinds at once")
  func counts() async throws {
    let tables = try TableWorld(folder: folder.path)
    try tables.from.fill(try TableWorld.items(2300))
    try tables.to.fill(try TableWorld.items(2298))
    let buckets = try BucketWorld(folder: folder.path)
    buckets.fill(5)
    for bucket in [buckets.from, buckets.to] { tables.site.add(bucket) }
    let pair = "tables: [{from: 'memory:///from', to: 'memory:///to'}]"
    #expect(
      try await verdict(tables.site, "counts: {\(pair)}")
        == .failed("t: memory:///from holds 2300 items, memory:///to 2298"))
    #expect(try await verdict(tables.site, "counts: {\(pair), missing: 2}").isPassed)
    #expect(try await !verdict(tables.site, "counts: {\(pair), missing: 1, extra: 9}").isPassed)
    let both =
      "\(pair), missing: 2, buckets: [{from: 'memorybucket:///to', to: 'memorybucket:///from'}]"
    #expect(try await !verdict(tables.site, "counts: {\(both)}").isPassed)
    #expect(
      try await verdict(tables.site, "counts: {\(both), extra: 5}")
        == .passed(
          "t: memory:///from holds 2300 items, memory:///to 2298; "
            + "memorybucket:///to holds 0 objects, memorybucket:///from 5"))
  }

  @Test("as many items in all are not enough where those of one prefix are missing")
  func prefixes() async throws {
    let world = try TableWorld(folder: folder.path)
    try world.from.fill(
      ["case|1", "case|2", "user|1", "plain"].map { try TableWorld.item($0, "") })
    try world.to.fill(["case|1", "user|1", "user|2", "plain"].map { try TableWorld.item($0, "") })
    let counts = "tables: [{from: 'memory:///from', to: 'memory:///to'}]"
    #expect(try await verdict(world.site, "counts: {\(counts)}").isPassed)
    let prefix = "prefix: {attribute: 'id', separator: '|'}"
    #expect(
      try await verdict(world.site, "counts: {\(counts), \(prefix)}")
        == .failed(
          "t: memory:///from holds 4 items, memory:///to 4: 2 and 1 of 'case', 1 and 2 of 'user'"))
    #expect(
      try await verdict(world.site, "counts: {\(counts), \(prefix), missing: 1, extra: 1}").isPassed
    )
  }

  @Test(
    "comparisons that say nothing or two things are refused",
    arguments: [
      ("", "needs one of"), ("counts: {}", "nothing to count"),
      ("tables: {}", "no tables are named"),
      (
        "tables: {from: 'memory:///from', to: 'memory:///to'}, counts: {users: []}",
        "needs one of"
      ),
    ])
  func refuses(check: String, message: String) async throws {
    let world = try TableWorld(folder: folder.path)
    let failure = await #expect(throws: Failure.self) { try await verdict(world.site, check) }
    #expect(failure?.summary.contains(message) == true, "\(failure?.summary ?? "")")
  }

  @Test("a comparison only reads, so it takes no right to write")
  func takesReadingRights() throws {
    let input = """
      {checks: [{comparison: {tables: {pairs: [{from: 'memory:///from', to: 'memory:///to'}]}}},
                {healthCheck: {ids: ['a'], region: 'cn-north-1'}}]}
      """
    let rights = try ActionDescriptor(Validate.self).rights(
      of: try JSONValue(reading: Array(input.utf8), dialect: .json5))
    let uses = rights.compactMap { right in
      if case .use(_, let use) = right { use } else { nil }
    }
    #expect(Set(uses) == [.look, .read])
    let calls = rights.compactMap { right in
      if case .call(let use) = right { "\(use.operation) \(use.resource)" } else { nil }
    }
    let resource = "arn:aws-cn:route53:::healthcheck/*"
    #expect(
      calls
        == ["GetHealthCheck", "GetHealthCheckStatus", "GetHealthCheckLastFailureReason"].map {
          "\($0) \(resource)"
        })
  }
}
