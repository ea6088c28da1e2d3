internal import Commands
internal import Rollouts

struct SkipCommand: Command {
  static let name = "skip"
  static let summary = "Go on without a step."
  static let discussion = """
    For a step that waits or has stopped. The reason goes into the history. The step that makes \
    the other colour live cannot be skipped. While rolling back, a step whose undo failed is left \
    as it is.
    """
  static let fields: [Field<Self>] =
    [
      .positional("step", \.step, "The id of the step."),
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .option(
        "reason", letter: "m", \.reason, "text", "Why, for the history.", required: true),
      .flag("no-run", \.noRun, "Only record it; drive later with 'cutover resume'."),
    ]
    + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover skip copy-users --reason 'done by hand'", "Goes on without the step.")
  ]
  static let seeAlso = ["retry", "rollback"]

  var step = ""
  var environment: String?
  var reason = ""
  var noRun = false
  var drive = DriveOptions()
  var person = PersonOption()
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    try await Asking(
      context: context, option: journal, environment: environment, drive: drive,
      login: person.login(in: context), becomesDriver: !noRun
    ).ask { _ in .skip(step: step, person.person(reason, in: context)) }
  }
}
