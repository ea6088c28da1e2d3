import Harness
import Resources
import Testing
import Transforms

@Suite("SQL transforms", .waiting)
struct SQLTransformsTests {
  private func item(_ text: String) -> Item {
    Item(bytes: Array(text.utf8), isCanonical: true)
  }

  private func run(_ sql: String, _ items: [String]) async throws -> [TransformOutcome] {
    try await SQLTransforms().make(sql: sql).apply(items.map { item($0) })
  }

  private func put(_ text: String, isCanonical: Bool = true) -> ItemChange {
    .put(Item(bytes: Array(text.utf8), isCanonical: isCanonical))
  }

  @Test("what looks canonical counts as canonical, and what is not an item is refused")
  func canonical() async throws {
    let items = [#"{"id":{"S":"1"}}"#]
    let sorted = try await run(
      "SELECT seq, item('b', 2, 'a', 'x') AS put FROM input", items)
    #expect(sorted == [.changes([put(#"{"a":{"S":"x"},"b":{"N":"2"}}"#)])])
    let spaced = try await run(
      "SELECT seq, replace(item('b', 2), ':', ' : ') AS put FROM input", items)
    #expect(spaced == [.changes([put(#"{"b" : {"N" : "2"}}"#, isCanonical: false)])])
    let broken = try await run(
      "SELECT seq, substr(item('b', 2), 2) AS put FROM input", items)
    #expect(broken == [.failed("'put' is not an item in DynamoDB JSON")])
  }

  @Test("columns are joined, split, renamed, defaulted and given other types")
  func schemaChange() async throws {
    let sql = """
      SELECT seq, item('id', CAST(attr(item,'id') AS TEXT),
        'full_name', attr(item,'first') || ' ' || attr(item,'last'),
        'level', coalesce(attr(item,'level'), 1), 'share', attr(item,'share') * 2) AS put
      FROM input
      """
    let outcomes = try await run(
      sql,
      [
        #"{"first":{"S":"Ada"},"id":{"N":"7"},"last":{"S":"L"},"share":{"N":"0.25"}}"#,
        #"{"first":{"S":"Zoë"},"id":{"N":"8"},"last":{"S":"\"Q\""},"level":{"N":"3"}}"#,
      ])
    #expect(
      outcomes == [
        .changes([
          put(
            #"{"full_name":{"S":"Ada L"},"id":{"S":"7"},"level":{"N":"1"},"share":{"N":"0.5"}}"#)
        ]),
        .changes([
          put(#"{"full_name":{"S":"Zoë \"Q\""},"id":{"S":"8"},"level":{"N":"3"}}"#)
        ]),
      ])
  }

  @Test("amend keeps long numbers and nested values as they are")
  func amends() async throws {
    let big = #""big":{"N":"0.1234567890123456789012345678901234567"}"#
    let nested = #""m":{"M":{"a":{"L":[]}}}"#
    let outcomes = try await run(
      "SELECT seq, amend(item, 'name', attr(item,'old'), 'old', NULL) AS put FROM input",
      ["{\(big),\(nested),\"old\":{\"S\":\"x\"}}"])
    let amended = "{\(big),\(nested),\"name\":{\"S\":\"x\"}}"
    #expect(outcomes == [.changes([put(amended)])])
  }

  @Test("one item becomes several, one is skipped with a reason, one that yields nothing fails")
  func outcomes() async throws {
    let sql = """
      SELECT seq, item('id', attr(item,'id') || value) AS put, NULL AS skip
      FROM input, json_each('["a","b"]') WHERE attr(item,'kind') = 'two'
      UNION ALL SELECT seq, NULL, 'no kind' FROM input WHERE attr(item,'kind') IS NULL
      """
    let outcomes = try await run(
      sql,
      [
        #"{"id":{"S":"1"},"kind":{"S":"two"}}"#, #"{"id":{"S":"2"}}"#,
        #"{"id":{"S":"3"},"kind":{"S":"other"}}"#,
      ])
    #expect(
      outcomes == [
        .changes([put(#"{"id":{"S":"1a"}}"#), put(#"{"id":{"S":"1b"}}"#)]),
        .skip("no kind"), .failed("the transform yields no row for it"),
      ])
  }

  @Test("an item that the statement fails over does not spoil the others of its batch")
  func oneBadItem() async throws {
    let outcomes = try await run(
      "SELECT seq, item('id', attr(item,'id')) AS put FROM input",
      [#"{"id":{"S":"1"}}"#, #"{"id":{"L":[]}}"#, #"{"id":{"S":"3"}}"#])
    #expect(outcomes[0] == .changes([put(#"{"id":{"S":"1"}}"#)]))
    guard case .failed(let reason) = outcomes[1] else {
      Issue.record("\(outcomes[1])")
      return
    }
    #expect(reason.contains("typed()"))
    #expect(outcomes[2] == .changes([put(#"{"id":{"S":"3"}}"#)]))
  }

  @Test(
    "a statement that is no transform is refused before any data is read",
    arguments: [
      "DELETE FROM input", "SELECT seq FROM input", "SELECT 1 AS seq, 2 AS put; SELECT 1",
      "SELEC", "SELECT seq, load_extension('x') AS put FROM input",
      "SELECT seq, item('r', random()) AS put FROM input",
      "SELECT seq, item('r', current_timestamp) AS put FROM input",
      "ATTACH 'x' AS y", "SELECT seq, put FROM input, (SELECT ?1 AS put)",
      "INSERT INTO input(seq, item) VALUES (?, ?)", "PRAGMA user_version",
    ])
  func refused(sql: String) {
    let failure = #expect(throws: Failure.self) { try SQLTransforms().make(sql: sql) }
    #expect(failure?.isTransient == false)
  }

  @Test("a statement without an end is stopped and said to be at fault")
  func runaway() async throws {
    let sql = """
      WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
      SELECT seq, item('id', (SELECT max(x) FROM n)) AS put FROM input
      """
    let outcomes = try await run(sql, [#"{"id":{"S":"1"}}"#])
    guard case .failed = outcomes[0] else {
      Issue.record("\(outcomes[0])")
      return
    }
  }

  @Test("a put that is not an item fails with the attribute that is wrong")
  func badPut() async throws {
    let outcomes = try await run(
      #"SELECT seq, '{"id":"plain"}' AS put FROM input"#, [#"{"id":{"S":"1"}}"#])
    guard case .failed(let reason) = outcomes[0] else {
      Issue.record("\(outcomes[0])")
      return
    }
    #expect(reason.contains("'id'"))
  }
}
