import Testing

@testable import Commands

@Suite struct ArgumentParserTests {
  private func parse(_ words: String...) throws -> RunCommand {
    try ArgumentParser<RunCommand>.parse(words[...], path: "cutover run")
  }

  private func problem(_ words: String...) -> String? {
    do {
      _ = try ArgumentParser<RunCommand>.parse(words[...], path: "cutover run")
      return nil
    } catch {
      return error.problem
    }
  }

  @Test("options are read after a space, after an equals sign, and between places")
  func forms() throws {
    let command = try parse(
      "--copies", "9", "p.json5", "--format=json", "--dry-run", "--journal", "j.db")
    var expected = RunCommand()
    expected.playbook = "p.json5"
    expected.copies = 9
    expected.format = .json
    expected.dryRun = true
    expected.shared.journal = "j.db"
    #expect(command == expected)
  }

  @Test("letters take their value attached or apart, and flags take none")
  func letters() throws {
    #expect(try parse("p", "-s", "deploy").since == "deploy")
    #expect(try parse("p", "-sdeploy", "-V").verbose)
    #expect(problem("p", "-Vx") == "write -V and -x apart")
    #expect(problem("p", "-z") == "unknown option -z")
  }

  @Test("a repeatable option keeps every value in order, equals signs in values included")
  func repeated() throws {
    let command = try parse("p", "--set", "a=1", "--set=b=c=d", "--set", "e=")
    #expect(command.values.map(\.name) == ["a", "b", "e"])
    #expect(command.values.map(\.value) == ["1", "c=d", ""])
  }

  @Test("everything after two dashes is a place")
  func endOfOptions() throws {
    #expect(try parse("--", "--odd.json5").playbook == "--odd.json5")
  }

  @Test("a lone dash and a negative number are places, not options")
  func notOptions() throws {
    #expect(try parse("-").playbook == "-")
    #expect(try parse("-3").playbook == "-3")
    #expect(try parse("p", "--set", "-=1").values.first?.name == "-")
  }

  @Test("an empty word is a value like any other")
  func emptyValue() throws {
    #expect(try parse("p", "--journal", "").shared.journal == "")
    #expect(try parse("p", "--journal=").shared.journal == "")
    #expect(try parse("").playbook == "")
  }

  @Test("mistakes name the word and what would be right")
  func mistakes() {
    #expect(problem() == "missing <playbook>")
    #expect(problem("p", "q") == "unexpected argument 'q'")
    #expect(problem("p", "--dryrun") == "unknown option --dryrun; did you mean --dry-run?")
    #expect(problem("p", "--dry-run=yes") == "--dry-run takes no value")
    #expect(problem("p", "--journal") == "--journal needs <path>")
    #expect(
      problem("p", "--journal", "--dry-run")
        == "--journal needs <path>; write --journal=--dry-run if that is the value")
    #expect(
      problem("p", "--copies", "4x") == "bad value '4x' for --copies: expected a whole number")
    #expect(
      problem("p", "--format", "jsn")
        == "bad value 'jsn' for --format: choose from text, json; did you mean 'json'?")
    #expect(problem("p", "--set", "novalue")?.hasSuffix("expected name=value") == true)
    #expect(problem("p", "--copies", "1", "--copies", "2") == "--copies is given twice")
    #expect(problem("p", "--copies", "0") == "--copies must be at least 1")
  }

  @Test("a required option that is missing is named with its placeholder")
  func requiredOption() {
    #expect(throws: UsageError(problem: "missing --reason <text>", help: "x --help")) {
      _ = try ArgumentParser<SkipCommand>.parse(["step"], path: "x")
    }
  }

  @Test("an optional place may be left out")
  func optionalPlace() throws {
    #expect(try ArgumentParser<SkipCommand>.parse(["s", "-m", "why"], path: "x").rollout == nil)
    #expect(try ArgumentParser<SkipCommand>.parse(["s", "7", "-m", "y"], path: "x").rollout == 7)
  }
}
