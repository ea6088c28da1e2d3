import Actions
import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Testing
import Transforms

/// What goes wrong while items are migrated, and items of every shape.
@Suite("tables.migrate, rejects and shapes", .waiting)
struct MigrationShapesTests {
  private let folder: TemporaryFolder
  private let world: MigrationWorld

  init() throws {
    folder = try TemporaryFolder()
    world = try MigrationWorld(folder: folder.path)
  }

  private static let spoilt = MigrationWorld.item(
    #"{"currentVersion":{"M":{"Version":{"L":[]}}},"id":{"S":"a002"}}"#)

  @Test(
    "what is spoilt before it is read, or while it is migrated, is a reject, until it is mended",
    arguments: [4, 12])
  func spoiltMeanwhile(batch: Int) async throws {
    try world.fillAssets(12)
    let good = try #require(try world.asset("a002"))
    var input = try world.input()
    input.source = .moving
    input.batch = batch
    world.assets.beforeWrite(1) { [assets = world.assets] in try? assets.fill([Self.spoilt]) }
    let run = world.run(input)
    let plan = try await run.plan()
    for _ in 0..<2 {
      let failure = try await #require(throws: Failure.self) { try await run.apply(plan) }
      #expect(failure.summary.contains("1 items cannot be migrated, and 0 are allowed: "))
      #expect(failure.summary.contains("a002"), "\(failure)")
    }
    try world.assets.fill([MigrationWorld.item(good)])
    let report = try await run.apply(plan)
    #expect(report.outputs == ["read": "12", "migrated": "8", "skipped": "4", "rejected": "0"])
    #expect(report.notes.allSatisfy { !$0.hasPrefix("rejected") }, "\(report.notes)")
    #expect(try await run.verify(plan, report).verdict.isPassed)

    let other = try MigrationWorld(folder: folder.file("other"))
    try other.fillAssets(12)
    other.assets.beforeWrite(1) { [assets = other.assets] in try? assets.fill([Self.spoilt]) }
    input.rejects = 1
    let lenient = other.run(input)
    let second = try await lenient.plan()
    let account = try await lenient.apply(second)
    #expect(account.outputs["rejected"] == "1" && account.outputs["migrated"] == "7")
    #expect(account.notes.contains { $0.hasPrefix(#"rejected {"id":{"S":"a002"}}"#) })
    #expect(try await lenient.verify(second, account).verdict.isPassed)
  }

  @Test("a write that two items share is kept when the first of them is rejected")
  func sharedWrite() async throws {
    try world.assets.fill([
      MigrationWorld.item(#"{"bad":{"S":"y"},"id":{"S":"a"},"name":{"S":"x"}}"#),
      MigrationWorld.item(#"{"id":{"S":"b"},"name":{"S":"x"}}"#),
    ])
    try world.versions.fill([MigrationWorld.item(#"{"id":{"S":"y"},"of":{"S":"old"}}"#)])
    var input = try world.input()
    input.sql = [
      "SELECT seq, 'version' AS target, item('id', attr(item,'name')) AS put FROM input",
      "UNION ALL SELECT seq, 'version', item('id', attr(item,'bad')) FROM input",
      "WHERE attr(item,'bad') IS NOT NULL",
    ]
    input.rejects = 1
    for batch in [1, 2] {
      input.batch = batch
      let run = world.run(input, folder: "work\(batch)")
      let plan = try await run.plan()
      let report = try await run.apply(plan)
      #expect(report.outputs["rejected"] == "1" && report.outputs["migrated"] == "1")
      #expect(try await run.verify(plan, report).verdict.isPassed)
      #expect(world.versions.contents.keys.map(\.text).sorted().first == #"{"id":{"S":"x"}}"#)
      try await run.undo(plan)
      #expect(world.versions.contents.count == 1)
    }
  }

  @Test("more segments than move at a time come to their end wherever it died")
  func manySegments() async throws {
    for call in [nil, 9, 21, 34, 55] as [Int?] {
      let world = try MigrationWorld(folder: folder.file("segments-\(call ?? 0)"))
      world.site.add(SegmentedTable(world.assets))
      try world.fillAssets(20)
      let before = (world.assets.contents, world.versions.contents)
      var input = try world.input()
      input.segments = 13
      input.batch = 1
      let run = world.run(input)
      world.faults.fail(call: call, .throwBefore)
      let plan = try await run.plan()
      #expect(plan.segments == 13)
      let report = try await run.apply(plan)
      #expect(report.outputs["read"] == "20", "died at call \(call ?? 0)")
      #expect(try await run.verify(plan, report).verdict.isPassed)
      try await run.undo(plan)
      #expect(world.assets.contents == before.0 && world.versions.contents == before.1)
    }
  }

  @Test(
    "items of every type go through as they are, or changed in one place, and come back",
    arguments: 0..<12)
  func everyType(seed: UInt64) async throws {
    var random = SplitMix(state: seed)
    let items = (0..<30).map { Self.item("i\($0)", &random) }
    try world.assets.fill(items)
    let before = world.assets.contents
    // Into another table as they are.
    var copy = try world.input()
    copy.sql = ["SELECT seq, 'version' AS target, item AS put FROM input"]
    let first = world.run(copy, folder: "copy")
    let plan = try await first.plan()
    let report = try await first.apply(plan)
    #expect(try await first.verify(plan, report).verdict.isPassed)
    #expect(world.versions.contents.mapValues(\.bytes) == before.mapValues(\.bytes))
    // In place, something put and something dropped; and once more, with nothing left to do.
    var change = try world.input()
    change.sql = [
      "SELECT seq, 'asset' AS target,",
      "drop_attr(amend(item, 'put-here', 'é\u{1F600}\"'), 'drop') AS put FROM input",
    ]
    let second = world.run(change, folder: "change")
    let plan2 = try await second.plan()
    let report2 = try await second.apply(plan2)
    #expect(try await second.verify(plan2, report2).verdict.isPassed)
    for item in items {
      let key = try world.assets.key(of: item)
      var expected = try JSONValue(reading: item.bytes)
      expected["put-here"] = ["S": "é\u{1F600}\""]
      expected = .object((expected.members ?? []).filter { $0.name != "drop" })
      let found = try #require(world.assets.contents[key])
      #expect(try ItemForm.canonical(found.bytes) == ItemForm.canonical(expected.compact()))
    }
    let again = try await world.run(change, folder: "again").applied()
    #expect(again.outputs["read"] == "30")
    try await second.undo(plan2)
    try await first.undo(plan)
    #expect(world.assets.contents.mapValues(\.bytes) == before.mapValues(\.bytes))
    #expect(world.versions.contents.isEmpty)
  }

  @Test("an item that is too large for DynamoDB is rejected by name before anything is sent")
  func tooLarge() async throws {
    let server = try MotoServer.shared()
    _ = try server.python(
      """
      d = client("dynamodb")
      d.create_table(TableName="shapes-large", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
      for id, size in ("fits", "300000"), ("over", "409600"):
        d.put_item(TableName="shapes-large", Item={"id": {"S": id}, "size": {"N": size}})
      """)
    let stage = DynamoStage(server.environment, folder: folder.path)
    var input = try world.input()
    input.from = try stage.url("shapes-large")
    input.targets = [input.targets[0]]
    input.targets[0].table = input.from
    input.lookups = nil
    input.parameters = nil
    input.sql = [
      "SELECT seq, amend(item, 'text', printf('%.*c', attr(item,'size'), 'x')) AS put FROM input"
    ]
    input.rejects = 1
    let run = StubbornRun(pace: stage.site.pace) { [site = stage.site, input] in
      try TablesMigrate(input, in: site.site(transforms: SQLTransforms()))
    }
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    #expect(report.outputs["rejected"] == "1" && report.outputs["migrated"] == "1")
    #expect(
      report.notes.contains {
        $0.hasPrefix(#"rejected {"id":{"S":"over"}}"#)
          && $0.contains("it has 409618 bytes, and DynamoDB takes 409600 at most")
      }, "\(report.notes)")
    #expect(try await run.verify(plan, report).verdict.isPassed)
    let sizes = try server.python(
      """
      items = client("dynamodb").scan(TableName="shapes-large")["Items"]
      print(sorted((i["id"]["S"], len(i.get("text", {"S": ""})["S"])) for i in items))
      """)
    #expect(sizes.contains("[('fits', 300000), ('over', 0)]"), "\(sizes)")
  }

  private static func item(_ id: String, _ random: inout SplitMix) -> Item {
    var item: JSONValue = ["id": ["S": .string(id)]]
    for index in 0..<Int.random(in: 0...6, using: &random) {
      item[text(&random) + "\(index)"] = value(&random, depth: 0)
    }
    if Bool.random(using: &random) { item["drop"] = value(&random, depth: 1) }
    let bytes = (try? ItemForm.canonical(item.compact())) ?? []
    return Item(bytes: bytes, isCanonical: true)
  }

  private static func text(_ random: inout SplitMix) -> String {
    let pieces = [
      "a", "Z", "é", "e\u{301}", "\u{1F600}", "\"", "\\", "/", "\n", "\u{1}", " ", "0", "漢",
    ]
    return (0..<Int.random(in: 1...5, using: &random))
      .map { _ in pieces.randomElement(using: &random) ?? "a" }.joined()
  }

  /// Up to the 38 digits that DynamoDB takes, with and without a sign, a point and an exponent.
  private static func number(_ random: inout SplitMix) -> String {
    let digits = (0..<Int.random(in: 1...38, using: &random))
      .map { _ in String(Int.random(in: 1...9, using: &random)) }.joined()
    let sign = Bool.random(using: &random) ? "-" : ""
    switch Int.random(in: 0...3, using: &random) {
    case 0: return sign + digits
    case 1: return sign + "0." + digits
    case 2: return "\(sign)\(digits)E\(Int.random(in: -80...80, using: &random))"
    default: return "0"
    }
  }

  private static func value(_ random: inout SplitMix, depth: Int) -> JSONValue {
    func several(_ make: (inout SplitMix) -> String) -> JSONValue {
      var texts: [String] = []
      for index in 0..<Int.random(in: 1...4, using: &random) {
        texts.append(make(&random) + (index == 0 ? "" : "\(index)"))
      }
      return .array(texts.map { .string($0) })
    }
    switch Int.random(in: 0...(depth < 3 ? 9 : 4), using: &random) {
    case 0: return ["S": .string(Bool.random(using: &random) ? "" : text(&random))]
    case 1: return ["N": .string(number(&random))]
    case 2:
      let length = Int.random(in: 0...9, using: &random)
      let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
      return ["B": .string(Data(bytes).base64EncodedString())]
    case 3: return ["BOOL": .bool(Bool.random(using: &random))]
    case 4: return ["NULL": true]
    case 5: return ["SS": several(text)]
    case 6:
      return ["NS": .array((1...Int.random(in: 1...4, using: &random)).map { .string("\($0).5") })]
    case 7: return ["BS": ["AAE=", "AAI="]]
    case 8:
      return [
        "L": .array(
          (0..<Int.random(in: 0...3, using: &random)).map { _ in value(&random, depth: depth + 1) })
      ]
    default:
      var map = JSONValue.object([])
      for index in 0..<Int.random(in: 0...3, using: &random) {
        map[text(&random) + "\(index)"] = value(&random, depth: depth + 1)
      }
      return ["M": map]
    }
  }
}
