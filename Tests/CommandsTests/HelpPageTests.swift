import Testing

@testable import Commands

@Suite struct HelpPageTests {
  @Test("a page shows usage, arguments, options, defaults, examples and where to go next")
  func page() async throws {
    let reply = try await sampleTable.run(["help", "run"], in: Recorder())
    #expect(
      reply
        == .text(
          """
          Carry out a playbook, or carry on with one that was interrupted.

          Usage: cutover run <playbook> [options]

          A first paragraph that is long enough to be wrapped over at least two lines of
          the page that explains it.

            a line kept as it is

          Arguments:
            <playbook>  The playbook file (JSON5).

          Options:
                --set <name=value>  Give a parameter another value. May be repeated.
                --copies <count>    Resources copied at the same time. Default: 4
                --format <kind>     How progress is written. One of: text, json. Default:
                                    text
            -s, --since <step>      Where to begin.
                --dry-run           Plan only; it's a rehearsal: [nothing] changes.
            -V, --verbose           Say more.
                --journal <path>    Where progress is recorded. Default: state/journal.db
            -h, --help              Show this help.

          Examples:
            cutover run demo.json5 --set 'a=b c' --copies 2
                Runs with a parameter.

          See also: 'cutover journal verify'.

          """))
  }

  @Test("the program's page lists every command in its section")
  func program() {
    let text = sampleTable.programHelp
    #expect(text.contains("\nMoving:\n  run          "))
    #expect(text.contains("\n  environments  List environments.\n"))
    #expect(text.contains("\nHelp:\n"))
    #expect(text.contains("Usage: cutover <command> [options]"))
  }

  @Test("a command with others below it shows both ways to use it")
  func nested() async throws {
    guard
      case .text(let text) = try await sampleTable.run(["environments", "-h"], in: Recorder())
    else { return #expect(Bool(false)) }
    #expect(
      text.contains(
        """
        Usage: cutover environments [options]
               cutover environments <command> [options]
        """))
    #expect(text.contains("\nCommands:\n  reconcile  Compare"))
  }

  @Test("required options stand in the usage line")
  func required() async throws {
    guard case .text(let text) = try await sampleTable.run(["skip", "-h"], in: Recorder())
    else { return #expect(Bool(false)) }
    #expect(text.contains("Usage: cutover skip <step> [<rollout>] --reason <text> [options]"))
    #expect(text.contains("Why. Required."))
  }
}
