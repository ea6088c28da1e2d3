import Foundation
import Harness
import Resources
import Testing
import Transforms

@Suite("SQL of migrations", .waiting)
struct MigrationStatementTests {
  private func item(_ text: String) -> Item {
    Item(bytes: Array(text.utf8), isCanonical: true)
  }

  private func statement(
    _ sql: String, targets: [String] = ["t"], lookups: [LookupTable] = [], path: String? = nil
  ) -> TransformStatement {
    TransformStatement(
      sql, targets: targets, parameters: ["prefix": "base/"],
      moment: Timestamp(milliseconds: 1_700_000_000_000), lookups: lookups, lookupPath: path)
  }

  private func run(
    _ sql: String, _ items: [String], targets: [String] = ["t"]
  ) async throws -> [MigrationOutcome] {
    try await SQLTransforms().make(statement(sql, targets: targets)).apply(items.map { item($0) })
  }

  /// What one expression over one item becomes, as the text of the attribute `x`.
  private func value(_ expression: String, of text: String) async throws -> String {
    let outcomes = try await run(
      "SELECT seq, item('x', \(expression)) AS put FROM input", [text])
    guard case .writes(let writes) = outcomes[0], case .put(let item) = writes[0].kind else {
      return "\(outcomes[0])"
    }
    return String(decoding: item.bytes, as: UTF8.self)
  }

  private static let sample = #"""
    {"a":{"M":{"b":{"L":[{"S":"x"},{"M":{"c.d":{"N":"7"}}}]},"n":{"NULL":true}}},\#
    "f":{"BOOL":true},"k":{"S":"one:two:three"},\#
    "long":{"N":"0.12345678901234567890"},"s":{"SS":["p","q"]}}
    """#

  @Test(
    "paths reach into lists and maps, whatever is in the names",
    arguments: [
      ("attr(item,'a','b',0)", #"{"x":{"S":"x"}}"#),
      ("attr(item,'a','b',1,'c.d')", #"{"x":{"N":"7"}}"#),
      ("attr(item,'a','b',2)", "{}"), ("attr(item,'a','zz','b')", "{}"),
      ("attr(item,'f')", #"{"x":{"N":"1"}}"#), ("kind(item,'a','n')", #"{"x":{"S":"NULL"}}"#),
      ("kind(item,'s')", #"{"x":{"S":"SS"}}"#), ("kind(item,'nothing')", "{}"),
      ("before_last(attr(item,'k'),':')", #"{"x":{"S":"one:two"}}"#),
      ("after_last(attr(item,'k'),':')", #"{"x":{"S":"three"}}"#),
      ("before_first(attr(item,'k'),':')", #"{"x":{"S":"one"}}"#),
      ("after_first(attr(item,'k'),':')", #"{"x":{"S":"two:three"}}"#),
      ("after_last(attr(item,'k'),'/')", "{}"),
      ("join_key(':', 'a', 7)", #"{"x":{"S":"a:7"}}"#),
      ("param('prefix') || 'y'", #"{"x":{"S":"base/y"}}"#),
      ("moment()", #"{"x":{"S":"2023-11-14T22:13:20.000Z"}}"#),
      (
        "digest('')",
        #"{"x":{"S":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}}"#
      ),
      ("to_json(typed(item,'a'))", #"{"x":{"S":"{\"b\":[\"x\",{\"c.d\":7}],\"n\":null}"}}"#),
      ("to_json(typed(item,'long'))", #"{"x":{"S":"0.12345678901234567890"}}"#),
    ])
  func expressions(expression: String, wanted: String) async throws {
    #expect(try await value(expression, of: Self.sample) == wanted)
  }

  @Test("typed values are made, carried whole and put in place; numbers keep all their digits")
  func typed() async throws {
    let sql = """
      SELECT seq, amend_typed(drop_attr(item, 's', 'k'),
        'copy', typed(item,'long'),
        'made', list(str('a'), num('1e-7'), map('z', flag(1), 'y', NULL)),
        'sets', str_set('b', 'a'), 'json', from_json('{"q":[1,null]}'), 'f', null_attr()) AS put
      FROM input
      """
    let outcomes = try await run(sql, [Self.sample])
    let text = #"""
      {"a":{"M":{"b":{"L":[{"S":"x"},{"M":{"c.d":{"N":"7"}}}]},"n":{"NULL":true}}},\#
      "copy":{"N":"0.12345678901234567890"},"f":{"NULL":true},\#
      "json":{"M":{"q":{"L":[{"N":"1"},{"NULL":true}]}}},"long":{"N":"0.12345678901234567890"},\#
      "made":{"L":[{"S":"a"},{"N":"1e-7"},{"M":{"z":{"BOOL":true}}}]},"sets":{"SS":["b","a"]}}
      """#
    guard case .writes(let writes) = outcomes[0], case .put(let item) = writes[0].kind else {
      Issue.record("\(outcomes[0])")
      return
    }
    #expect(String(decoding: item.bytes, as: UTF8.self) == text)
  }

  @Test("a name gives the same UUID each time, another in another space, and well formed")
  func uuids() async throws {
    let one = try await value("uuid('s','n')", of: "{}")
    #expect(try await value("uuid('s','n')", of: Self.sample) == one)
    #expect(try await value("uuid('sn','')", of: "{}") != one)
    #expect(one.contains(/"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"/))
  }

  @Test("an item with a row that rejects it fails with that reason, whatever its other rows say")
  func rejected() async throws {
    let sql = """
      SELECT seq, item AS put, NULL AS reject FROM input
      UNION ALL SELECT seq, NULL, 'no b' FROM input WHERE kind(item,'b') IS NULL
      """
    let outcomes = try await run(sql, [#"{"a":{"S":"1"}}"#, #"{"b":{"S":"1"}}"#])
    #expect(outcomes[0] == .failed("no b"))
    #expect(outcomes[1] == .writes([TargetWrite("t", .put(item(#"{"b":{"S":"1"}}"#)))]))
  }

  @Test("rows put, update and delete on named targets; what is in disorder fails with the reason")
  func targets() async throws {
    let sql = """
      SELECT seq, attr(item,'to') AS target, CASE attr(item,'do') WHEN 'put' THEN item END AS put,
        CASE attr(item,'do') WHEN 'update' THEN item END AS "update",
        CASE WHEN attr(item,'do') IN ('delete','both') THEN item END AS "delete",
        CASE WHEN attr(item,'do') IN ('skip','both') THEN 'why' END AS skip FROM input
      """
    let texts = [
      ("put", "a"), ("update", "b"), ("delete", "a"), ("skip", "a"), ("both", "a"), ("put", "c"),
    ]
    .map { #"{"do":{"S":"\#($0.0)"},"to":{"S":"\#($0.1)"}}"# }
    let outcomes = try await run(sql, texts + [#"{"do":{"S":"put"}}"#], targets: ["a", "b"])
    #expect(outcomes[0] == .writes([.init("a", .put(item(texts[0])))]))
    #expect(outcomes[1] == .writes([.init("b", .update(item(texts[1])))]))
    #expect(outcomes[2] == .writes([.init("a", .delete(item(texts[2])))]))
    #expect(outcomes[3] == .skip("why"))
    #expect(outcomes[4] == .failed("it gives both 'delete' and 'skip'"))
    #expect(outcomes[5] == .failed("it writes to 'c', but the targets are a, b"))
    #expect(outcomes[6] == .failed("it does not say which target it writes to"))
  }

  @Test("lookups stand on disk, go on where their filling stopped, and are read by index")
  func lookups() async throws {
    let folder = try TemporaryFolder()
    let table = LookupTable(
      "owners",
      columns: [
        .init("id", path: ["id"]), .init("name", path: ["who", "name"]), .init("all", path: []),
      ], indexes: [["id"]])
    let path = folder.file("lookups.db")
    let pages = [
      Page([item(#"{"id":{"S":"1"},"who":{"M":{"name":{"S":"Ada"}}}}"#)], next: PagePosition("p")),
      Page([item(#"{"id":{"S":"2"},"who":{"M":{"name":{"L":[]}}}}"#)], next: nil),
    ]
    try await SQLTransforms().lookups(at: path, [table]).add(pages[0], to: "owners")
    let file = try SQLTransforms().lookups(at: path, [table])
    #expect(
      try await file.progress(of: "owners")
        == LookupProgress(position: PagePosition("p"), isComplete: false, rows: 1))
    try await file.add(pages[1], to: "owners")
    #expect(try await file.progress(of: "owners").isComplete)

    let sql = """
      SELECT seq, item('id', attr(item,'id'), 'owner', o.name) AS put
      FROM input LEFT JOIN owners o ON o.id = attr(item,'id')
      """
    let wanted = statement(sql, lookups: [table], path: path)
    let outcomes = try await SQLTransforms().make(wanted).apply(
      ["1", "2", "3"].map { item(#"{"id":{"S":"\#($0)"}}"#) })
    #expect(
      outcomes[0]
        == .writes([.init("t", .put(item(#"{"id":{"S":"1"},"owner":{"S":"Ada"}}"#)))]))
    #expect(outcomes[2] == .writes([.init("t", .put(item(#"{"id":{"S":"3"}}"#)))]))
    let lines = try SQLTransforms().explain(wanted)
    #expect(lines.contains { $0.contains("SEARCH o USING INDEX owners_0") }, "\(lines)")
    let text = try Tool.run(["sqlite3", path, "SELECT name FROM owners ORDER BY id"])
    #expect(text.text.hasPrefix("Ada\n{\"L\":[]}\n"))
  }

  @Test(
    "a statement reaches its inputs only",
    arguments: [
      "SELECT seq, item AS put FROM input, lookups.sqlite_master",
      "DELETE FROM owners", "SELECT seq, item AS put FROM nowhere",
      "SELECT seq, item AS put, 1 AS extra FROM input", "SELECT item AS put FROM input",
      "SELECT seq, target FROM (SELECT seq, 't' AS target FROM input)",
      "INSERT INTO owners VALUES (1)", "PRAGMA lookups.cache_size = 1",
    ])
  func confined(sql: String) throws {
    #expect(throws: Failure.self) { try SQLTransforms().make(statement(sql)) }
  }
}
