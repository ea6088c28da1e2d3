import Foundation
import Harness
import Testing

@Suite("The command line", .waiting)
struct UsageTests {
  @Test(
    "what cannot be understood ends with 64 and says what would be right",
    arguments: [
      (["frobnicate"], "unknown command 'frobnicate'"),
      (["statsu"], "did you mean 'status'?"),
      (["run"], "missing <playbook>"),
      (["run", "p", "--live", "red"], "choose from blue, green"),
      (["skip", "copy"], "missing --reason"),
      (["history", "--limit", "0"], "--limit must be 1"),
      (["history", "--limit", "many"], "expected a whole number"),
      (["environments", "reconcile", "--set", "blue"], "--set needs --reason"),
      (["journal"], "needs one of: verify, export"),
      (["completions", "tcsh"], "choose from bash, zsh, fish"),
    ])
  func usage(words: [String], message: String) throws {
    let output = try Binary().run(words)
    #expect(output.code == 64)
    #expect(output.text == "")
    #expect(output.errors.contains(message), "\(output.errors)")
  }

  @Test("help, version and completions need nothing and end with 0")
  func helps() throws {
    let binary = try Binary()
    for words in [
      [], ["--help"], ["help", "run"], ["run", "--help"], ["version"], ["--version"],
      ["completions", "bash"], ["completions", "zsh"], ["completions", "fish"], ["schema"],
      ["actions"], ["providers"],
    ] {
      let output = try binary.run(words)
      #expect(output.code == 0, "\(words): \(output.errors)")
      #expect(!output.text.isEmpty)
      #expect(output.errors == "")
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: binary.folder.path)
        .allSatisfy { $0.hasPrefix(".") })
  }

  @Test("the help of run documents every exit code")
  func exitCodes() throws {
    let text = try Binary()("help", "run").text
    for code in ["0 ", "1 ", "2 ", "3 ", "64", "65", "66", "70", "74", "75", "130"] {
      #expect(text.contains("  \(code)"), "\(code)")
    }
  }

  @Test("a missing file ends with 66")
  func missing() throws {
    let binary = try Binary()
    for words in [
      ["check", "none.json5"], ["plan", "none.json5"], ["run", "none.json5"], ["status"],
      ["history"], ["watch"], ["resume"], ["pause"], ["journal", "verify"], ["environments"],
      ["status", "--journal", "no/such/folder.db"], ["check", "."],
    ] {
      let output = try binary.run(words)
      #expect(output.code == 66, "\(words): \(output.all)")
      #expect(output.errors.hasPrefix("cutover: "))
    }
  }

  @Test("a journal that is none ends with 74 and is not touched")
  func foreignJournal() throws {
    let binary = try Binary()
    try binary.write("j.db", String(repeating: "this is not a journal. ", count: 100))
    let former = binary.read("j.db")
    let output = try binary("status", "--journal", "j.db")
    #expect(output.code == 74)
    #expect(output.errors.contains("is not a journal"))
    #expect(binary.read("j.db") == former)
  }
}
