import Actions
import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Testing

@Suite("tables.copy with other names and values", .waiting)
struct TablesCopyEditsTests {
  private let folder: TemporaryFolder
  private let world: TableWorld

  init() throws {
    folder = try TemporaryFolder()
    world = try TableWorld(folder: folder.path)
  }

  private func item(_ text: String) -> Item {
    Item(bytes: Array(text.utf8), isCanonical: true)
  }

  private func texts() -> [String] {
    world.to.contents.sorted { $0.key < $1.key }
      .map { String(decoding: $0.value.bytes, as: UTF8.self) }
  }

  @Test("attributes are renamed, values replaced, attributes dropped, items left behind")
  func edits() async throws {
    try world.from.fill([
      item(#"{"bucketId":{"S":"a-1"},"id":{"S":"1"},"n":{"N":"1.10"},"old":{"S":"x"}}"#),
      item(#"{"bucketId":{"N":"7"},"id":{"S":"2"},"secret":{"S":"y"}}"#),
      item(#"{"databaseId":{"S":"GLOBAL"},"id":{"S":"3"}}"#),
    ])
    var pair = TablePair(from: world.from.url, to: world.to.url)
    pair.rename = ["old": "new name"]
    pair.replace = ["bucketId": ["a-1": "b-1", "7": "8"]]
    pair.exchange = [.init("old", from: "x", to: "z"), .init("bucketId", from: "a-2", to: "b-2")]
    pair.drop = ["secret"]
    pair.skip = ["databaseId": ["GLOBAL"]]
    let run = world.run(TablesCopy.Input(pairs: [pair]))
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(
      texts() == [
        #"{"bucketId":{"S":"b-1"},"id":{"S":"1"},"n":{"N":"1.10"},"new name":{"S":"z"}}"#,
        #"{"bucketId":{"N":"7"},"id":{"S":"2"}}"#,
      ])
    let ledger = verification.ledgers[0]
    #expect(ledger.read == 3 && ledger.skipped == ["databaseId is 'GLOBAL'": 1])
    try await run.undo(plan)
    #expect(texts().isEmpty)
  }

  @Test("a rename onto an attribute that is there is refused, and names the item")
  func refusesClash() async throws {
    try world.from.fill([item(#"{"a":{"S":"1"},"b":{"S":"2"},"id":{"S":"1"}}"#)])
    var pair = TablePair(from: world.from.url, to: world.to.url)
    pair.rename = ["b": "a"]
    let run = world.run(TablesCopy.Input(pairs: [pair]))
    let plan = try await run.plan()
    let failure = await #expect(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure?.summary.contains(#"{"id":{"S":"1"}}"#) == true)
  }

  @Test("settings that differ stand in the plan, and are refused where they must be alike")
  func comparesSettings() async throws {
    let model = TableDescription(
      keys: [.init(name: "id", type: "S")], indexes: ["stream: off", "time to live: by ttl"])
    let other = TableDescription(
      keys: [.init(name: "id", type: "S")], indexes: ["stream: NEW_IMAGE", "time to live: by ttl"])
    world.from.describe(model)
    world.to.describe(other)
    var input = world.input()
    let planned = try await TablesCopy(input, in: world.site.site()).plan()
    #expect(
      planned.changes.dropFirst() == [
        "memory:///to: only the source has 'stream: off'",
        "memory:///to: only the target has 'stream: NEW_IMAGE'",
      ])
    input.requireAlike = [.timeToLive]
    _ = try await TablesCopy(input, in: world.site.site()).plan()
    input.requireAlike = [.stream]
    let failure = await #expect(throws: Failure.self) {
      try await TablesCopy(input, in: world.site.site()).plan()
    }
    #expect(failure?.kind == .refused)
  }

  @Test("a target that holds just what its deploy made is filled; any other is refused")
  func holdsBaseline() async throws {
    let made = try TableWorld.item("k001", "made by the deploy")
    try world.to.fill([made])
    try world.from.fill(try TableWorld.items(3))
    let fingerprint = try TablesFingerprint(
      .init(tables: [world.to.url]), in: world.site.site())
    let record = StubbornRun(pace: world.site.pace) { fingerprint }
    let recorded = try await record.plan()
    let report = try await record.apply(recorded)
    #expect(try await record.verify(recorded, report).verdict.isPassed)
    var input = world.input()
    input.baseline = report.outputs["fingerprint"]
    let unsaid = await #expect(throws: Failure.self) { try await world.run(input).plan() }
    #expect(unsaid?.hint.contains("keep") == true)
    input.existing = .keep
    let run = world.run(input)
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(world.to.contents.count == 3 && world.to.contents.values.contains(made))
    try await run.undo(plan)
    #expect(Array(world.to.contents.values) == [made])
    try world.to.fill([try TableWorld.item("k900", "somebody")])
    let failure = await #expect(throws: Failure.self) { try await world.run(input).plan() }
    #expect(failure?.summary.contains("since its fingerprint") == true)
    #expect(try await !record.verify(recorded, report).verdict.isPassed)
  }
}
