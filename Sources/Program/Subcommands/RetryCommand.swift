internal import Commands
internal import Rollouts

struct RetryCommand: Command {
  static let name = "retry"
  static let summary = "Try a stopped step again."
  static let discussion = """
    Carries on from the step's last checkpoint; a step that did not pass its check is done anew.
    """
  static let fields: [Field<Self>] =
    [
      .positional("step", \.step, "The id of the step."),
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .option(
        "reason", letter: "m", \.reason, "text", "Why, for the history."),
      .flag("no-run", \.noRun, "Only record it; drive later with 'cutover resume'."),
    ]
    + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover retry migrate-tables", "Tries again after its cause was mended.")
  ]
  static let seeAlso = ["skip", "rollback"]

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
    ).ask { _ in .retry(step: step, person.person(reason, in: context)) }
  }
}
