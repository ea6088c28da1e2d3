import Testing

@testable import Commands

@Suite struct CommandTableTests {
  private let recorder = Recorder()

  private func text(_ words: String...) async throws -> String {
    guard case .text(let text) = try await sampleTable.run(words, in: recorder) else { return "" }
    return text
  }

  private func problem(_ words: String...) async -> String? {
    do {
      _ = try await sampleTable.run(words, in: recorder)
      return nil
    } catch {
      return (error as? UsageError)?.description
    }
  }

  @Test("a command runs and its exit status comes back")
  func runs() async throws {
    #expect(try await sampleTable.run(["run", "p", "--journal=j"], in: recorder) == .exit(2))
    #expect(recorder.noted == ["run p j"])
  }

  @Test("a word below a group runs, and a command with words below it still runs itself")
  func nested() async throws {
    for words in [
      ["journal", "verify"], ["environments"], ["environments", "reconcile", "a", "b"],
    ] {
      #expect(try await sampleTable.run(words, in: recorder) == .exit(0))
    }
    #expect(recorder.noted == ["journal verify", "environments", "reconcile a,b"])
  }

  @Test("unknown commands are answered with the nearest known one, at every level")
  func unknown() async {
    #expect(
      await problem("rnu")
        == "unknown command 'rnu'; did you mean 'run'?\nTry: cutover --help")
    #expect(
      await problem("journal", "verfy")
        == "unknown command 'verfy'; did you mean 'verify'?\nTry: cutover journal --help")
    #expect(
      await problem("journal")
        == "'cutover journal' needs one of: verify\nTry: cutover journal --help")
    #expect(
      await problem("--journal=x", "run") == "option --journal=x must follow a command\n"
        + "Try: cutover --help")
    #expect(await problem("help", "nothing-near")?.hasPrefix("unknown command") == true)
    #expect(recorder.noted.isEmpty)
    #expect(UsageError.exitStatus == 64)
  }

  @Test("help is the same by every road and never runs the command")
  func help() async throws {
    let page = try await text("run", "--help")
    #expect(page.hasPrefix("Carry out a playbook"))
    #expect(try await text("help", "run") == page)
    #expect(try await text("run", "p", "-h") == page)
    #expect(try await text("help", "journal", "verify") == text("journal", "verify", "-h"))
    #expect(try await text() == text("--help"))
    #expect(try await text("help") == text("-h"))
    #expect(recorder.noted.isEmpty)
  }

  @Test("a value that looks like help after two dashes is left alone")
  func helpAsValue() async throws {
    #expect(try await sampleTable.run(["run", "--", "--help"], in: recorder) == .exit(2))
    #expect(recorder.noted == ["run --help state/journal.db"])
  }

  @Test("the version comes from the program")
  func version() async throws {
    for words in [["version"], ["--version"], ["-v"]] {
      #expect(try await sampleTable.run(words, in: recorder) == .text("cutover 1.2.3\n"))
    }
  }

  @Test("completions want a shell that exists")
  func shells() async throws {
    #expect(await problem("completions")?.hasPrefix("completions needs one shell") == true)
    #expect(await problem("completions", "tcsh")?.hasPrefix("no completions for 'tcsh'") == true)
    #expect(try await text("completions", "bash") == sampleTable.completionScript(for: .bash))
  }

  @Test("a sane table has no problems")
  func sane() { #expect(sampleTable.problems() == []) }

  @Test("a careless table is told everything that is wrong with it")
  func careless() {
    struct Careless: Command {
      static let name = "careless"
      static let summary = "No full stop"
      static let fields: [Field<Self>] = [
        .rest("words", \.words, "Words."),
        .option("format", \.format, "kind", "A kind.", choices: ["text"]),
        .flag("quiet", letter: "q", \.quiet, "Quiet"),
        .flag("quick", letter: "q", \.quiet, "Quick."),
        .positional("late", \.late, "Late."),
      ]
      static let examples = [Example("cutover careless --nope x", "Fails.")]
      static let seeAlso = ["nowhere"]
      var words: [String] = []
      var format = "json"
      var quiet = false
      var late = ""
      func run(in context: Recorder) async throws -> Int32 { 0 }
    }
    let table = CommandTable<Recorder>(
      program: "cutover", purpose: "P.", version: "1",
      [.init("All", [.command(Careless.self), .command(Careless.self)])])
    let text = table.problems().joined(separator: "\n")
    for expected in [
      "two commands are called 'careless'", "summary lacks", "--quiet lacks",
      "-q is declared twice",
      "cannot be its own default 'json'", "nothing can follow <words>",
      "a required place follows <words>", "does not parse: unknown option --nope",
      "see also names 'nowhere'",
    ] {
      #expect(text.contains(expected))
    }
  }
}
