import Actions
import Harness
import JSON
import Resources
import Rollouts
import Transforms

/// Assets whose current version becomes an item of a table of versions.
struct MigrationWorld {
  let site: MemorySite
  let faults = Faults()
  let assets: MemoryTable
  let versions: MemoryTable
  let buckets: MemoryTable

  init(folder: String) throws {
    site = MemorySite(folder: folder)
    assets = MemoryTable(try ResourceURL("memory:///assets"), faults: faults)
    versions = MemoryTable(try ResourceURL("memory:///versions"), faults: faults)
    buckets = MemoryTable(try ResourceURL("memory:///buckets"), faults: faults)
    for table in [assets, versions, buckets] { site.add(table) }
    try buckets.fill([
      Self.item(#"{"id":{"S":"B0"},"name":{"S":"other"}}"#),
      Self.item(#"{"id":{"S":"B1"},"name":{"S":"files"}}"#),
    ])
  }

  static func item(_ text: String) -> Item { Item(bytes: Array(text.utf8), isCanonical: true) }

  /// Two of three have a version.
  func fillAssets(_ count: Int) throws {
    try assets.fill(
      (0..<count).map { number in
        let id = "a00\(number % 10)\(number >= 10 ? "x" : "")"
        let version = #""currentVersion":{"M":{"Version":{"S":"\#(number)"}}},"#
        return Self.item(
          #"{"big":{"N":"12345678901234567890123456789012345678"},"#
            + (number % 3 == 0 ? "" : version) + #""id":{"S":"\#(id)"}}"#)
      })
  }

  static let sql = [
    "SELECT seq, 'version' AS target, ",
    "  item('id', attr(item,'id') || ':' || attr(item,'currentVersion','Version')) AS put,",
    "  NULL AS skip",
    "FROM input WHERE kind(item,'currentVersion') = 'M'",
    "UNION ALL",
    "SELECT seq, 'asset', amend(item, 'currentVersion', NULL,",
    "  'current', attr(item,'currentVersion','Version'),",
    "  'bucketId', (SELECT id FROM buckets WHERE name = param('bucket'))), NULL",
    "FROM input WHERE kind(item,'currentVersion') = 'M'",
    "UNION ALL",
    "SELECT seq, NULL, NULL, 'no version' FROM input WHERE kind(item,'currentVersion') IS NULL",
  ]

  func input() throws -> TablesMigrate.Input {
    var text = JSONValue.object([
      .init("from", "memory:///assets"),
      .init(
        "targets",
        [
          ["name": "asset", "table": "memory:///assets"],
          ["name": "version", "table": "memory:///versions"],
        ]),
      .init("sql", .array(Self.sql.map { .string($0) })),
      .init(
        "lookups",
        [
          [
            "name": "buckets", "from": "memory:///buckets",
            "columns": ["id": "id", "name": "name"], "indexes": [["name"]],
          ]
        ]),
      .init("parameters", ["bucket": "files"]),
    ])
    text["batch"] = 4
    return try text.decode(as: TablesMigrate.Input.self)
  }

  func run(
    _ input: TablesMigrate.Input, folder: String = "work", savesEvery: Int = 1
  ) -> StubbornRun<TablesMigrate> {
    StubbornRun(pace: site.pace, savesEvery: savesEvery) { [site] in
      try TablesMigrate(input, in: site.site(transforms: SQLTransforms(), folder: folder))
    }
  }

  func asset(_ id: String) throws -> String? {
    assets.contents[ItemKey(bytes: Array(#"{"id":{"S":"\#(id)"}}"#.utf8))]
      .map { String(decoding: $0.bytes, as: UTF8.self) }
  }
}

extension StubbornRun<TablesMigrate> {
  /// Takes it through to the end and says what it achieved.
  func applied() async throws -> StepReport {
    let plan = try await plan()
    let report = try await apply(plan)
    let verification = try await verify(plan, report)
    guard verification.verdict.isPassed else { throw HarnessError("\(verification.verdict)") }
    return report
  }
}
