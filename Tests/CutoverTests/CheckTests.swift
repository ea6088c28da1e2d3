import Harness
import Testing

@Suite("cutover check", .waiting)
struct CheckTests {
  @Test("every mistake is told at once, with file, line and column")
  func mistakes() throws {
    let binary = try Binary()
    try binary.write(
      "bad.json5",
      """
      {
        playbook: 1,
        environment: "e",
        colors: { blue: {}, green: {} },
        steps: [
          { id: "a", uses: "tables.cpoy", with: {} },
          { id: "a", uses: "tables.copy", with: { from: "nope" }, afterr: ["b"] },
        ],
      }
      """)
    let output = try binary("check", "bad.json5")
    #expect(output.code == 65)
    #expect(output.errors.contains("bad.json5:6:22: "))
    #expect(output.errors.contains("tables.copy"))
    #expect(output.errors.contains("bad.json5:7:"))
    #expect(output.errors.contains("afterr"))
    #expect(output.errors.contains("nothing was touched"))
  }

  @Test(
    "what is no playbook is refused without a crash",
    arguments: [
      "", "{", "\u{0}\u{1}\u{2}", "[]", "null", String(repeating: "[", count: 100_000),
      "{ playbook: 1, environment: \"e\u{1B}[2J\", steps: [] }",
    ])
  func hostile(text: String) throws {
    let binary = try Binary()
    try binary.write("p.json5", text)
    let output = try binary("check", "p.json5")
    #expect(output.code == 65, "\(output.all.prefix(500))")
    #expect(!output.errors.contains("\u{1B}"))
  }

  @Test("bytes that are not text are refused")
  func binaryFile() throws {
    let binary = try Binary()
    try binary.write("p.json5", "")
    let output = try binary("check", "/usr/bin/env")
    #expect(output.code == 65)
  }
}
