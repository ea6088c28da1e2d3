import Foundation
import Harness
import JSON
import Testing

@Suite("cutover transform try", .waiting)
struct TransformTryTests {
  private let stage: BookStage

  init() throws {
    stage = try BookStage()
    try stage.cutover.write(
      "shelf.sql",
      """
      SELECT seq, amend(item, 'shelf', param('to'), 'size', NULL) AS put, NULL AS skip FROM input
      WHERE attr(item, 'title') <> 'Emma'
      UNION ALL SELECT seq, NULL, 'not Emma' FROM input WHERE attr(item, 'title') = 'Emma'
      """)
  }

  private var table: String { "sqlite://\(stage.folder)/app.db#books" }

  private func run(_ words: String...) throws -> Binary.Output {
    try stage.cutover.run(["transform", "try"] + words)
  }

  @Test("a statement is tried on a table, with what changes marked, and nothing is written")
  func statement() throws {
    let before = try stage.books()
    let output = try run(
      "shelf.sql", "--from", table, "--parameter", "to=A long shelf", "-k", "id")
    #expect(output.code == 0, "\(output.all)")
    #expect(
      output.text == """
        – 1  id="1"  skipped: not Emma
        ✓ 2  id="2"
            put items
                id     "2"                             │ =
                title  "Ulysses"                       │ =
              + shelf                                  │ "A long shelf"

        ✓ 3  id="3"
            put items
                id     "3"                             │ =
                title  "Dracula"                       │ =
              + shelf                                  │ "A long shelf"

        3 items tried, nothing was written
          2 × put items
          1 skipped: not Emma

        """)
    #expect(try stage.books() == before)
    // An item without the table's key would be refused when it is written.
    try stage.cutover.write("keyless.sql", "SELECT seq, item('title', 'x') AS put FROM input")
    let keyless = try run("keyless.sql", "--from", table, "-n", "1")
    #expect(keyless.code == 65 && keyless.text.contains("id"), "\(keyless.all)")
    let explained = try run("shelf.sql", "--explain")
    #expect(explained.code == 0 && explained.text.contains("SCAN input"), "\(explained.all)")
  }

  @Test("a file of items, nested ones, exports' lines, failures by key, and JSON for programs")
  func file() throws {
    try stage.cutover.write(
      "items.jsonl",
      """
      {"id":{"S":"a"},"m":{"M":{"x":{"L":[{"N":"1"},{"S":"keep"}]},"y":{"BOOL":true}}}}

      {"Item":{"id":{"S":"b"},"m":{"L":[]}}}
      {"id":{"S":"c"}}
      """)
    try stage.cutover.write(
      "nested.sql",
      """
      SELECT seq, 'new' AS target, amend_typed(item, 'm', map('x', list(num(2), str('keep')),
        'y', flag(1))) AS put, NULL AS skip FROM input WHERE kind(item, 'm') = 'M'
      UNION ALL SELECT seq, 'new', item('id', attr(item, 'm')), NULL FROM input
      WHERE kind(item, 'm') = 'L'
      UNION ALL SELECT seq, NULL, NULL, 'empty' FROM input WHERE kind(item, 'm') IS NULL
      """)
    let output = try run(
      "nested.sql", "-i", "items.jsonl", "-t", "new", "-t", "old", "-k", "id", "--json")
    #expect(output.code == 65, "\(output.all)")
    let lines = try output.text.split(separator: "\n").map {
      try JSONValue(reading: Array($0.utf8))
    }
    #expect(lines.count == 4)
    #expect(lines[0]["writes"]?[0]?["changed"] == ["m/x/0"], "\(output.text)")
    #expect(lines[1]["outcome"] == "failed" && lines[1]["key"] == ["id": ["S": "b"]])
    #expect(lines[2]["reason"] == "empty")
    #expect(lines[3]["items"] == 3 && lines[3]["failed"] == 1)
    try stage.cutover.write("broken.jsonl", "{\"id\":{\"S\":\"a\"}}\n{\"id\":\"b\"}\n")
    let broken = try run("nested.sql", "-i", "broken.jsonl", "-t", "new")
    #expect(broken.code == 65 && broken.errors.contains("broken.jsonl, line 2 is no item"))
  }

  @Test("a playbook's step is tried as it stands, its filter beside it")
  func step() throws {
    try stage.write("0001_shelves", sets: "shelf", to: "A")
    let output = try run("migrations/0001_shelves.json5", "--live", "blue", "-n", "2", "--json")
    #expect(output.code == 0, "\(output.all)")
    #expect(output.text.contains(#""key":{"id":{"S":"1"}}"#), "\(output.text)")
    #expect(output.text.contains(#""items":2,"#))
    let wrong = try run("migrations/0001_shelves.json5", "log", "--live", "blue")
    #expect(wrong.code == 64 && wrong.errors.contains("has no step 'log'"), "\(wrong.all)")
    _ = try FilterScript(in: "\(stage.folder)/migrations")
    try stage.add(
      "0002_filter",
      """
      { id: "change", uses: "tables.migrate", with: {
          from: "\(table)", targets: [{ name: "books", table: "\(table)" }],
          filter: ["python3", "filter.py", "notes"] } },
      """)
    let filter = try run("migrations/0002_filter.json5", "--live", "blue")
    #expect(filter.code == 0, "\(filter.all)")
    #expect(filter.text.contains("3 skipped: no version"), "\(filter.all)")
    #expect(filter.errors.contains("the filter says: at 2"))
    let alone = try run(
      "--filter", "--from", table, "-t", "new", "--", "python3", "migrations/filter.py",
      "environment")
    #expect(alone.code == 0 && alone.text.contains("SS(\"CUTOVER_MOMENT\""), "\(alone.all)")
    #expect(!alone.text.contains("HOME"))
  }

  @Test("a cutover killed while its filter hangs leaves nothing running when it goes on")
  func killed() throws {
    let script = try FilterScript(in: stage.folder)
    let log = "\(stage.folder)/asked"
    try stage.sql("INSERT INTO books (id, title) VALUES ('a005', 'Hang')")
    try stage.add(
      "0001_filter",
      """
      { id: "change", uses: "tables.migrate", with: {
          from: "\(table)", targets: [{ name: "books", table: "\(table)" }], batch: 1,
          filter: ["python3", "\(script.path)", "lines", "\(log)"] } },
      """)
    let child = try stage.cutover.start("migrations", "run", "--live", "blue", "--yes")
    while !(stage.cutover.read("asked") ?? "").contains("a005") {}
    child.signal(SIGKILL)
    _ = child.wait()
    let asked = try #require(stage.cutover.read("asked"))
    #expect(try filters(script) == 1, "it has ended by itself, so that nothing is shown")
    let next = try stage.cutover.start("migrations", "run", "--live", "blue", "--yes")
    while stage.cutover.read("asked") == asked {}
    #expect(try filters(script) == 1)
    try stage.cutover.write("asked.go", "")
    _ = next.rest()
    #expect(next.wait() == 0, "\(next.errors())")
    // What was done already is not asked about again, but for the proof.
    let all = try #require(stage.cutover.read("asked")).split(separator: "\n")
    #expect(all.count == asked.split(separator: "\n").count + 1 + 4, "\(all)")
    #expect(try stage.migrations("verify").code == 0)
  }

  /// How many filters run.
  private func filters(_ script: FilterScript) throws -> Int {
    let output = try Tool.run(["pgrep", "-fc", "^python3 \(script.path) lines"])
    return Int(output.text.split(separator: "\n").first ?? "") ?? 0
  }
}
