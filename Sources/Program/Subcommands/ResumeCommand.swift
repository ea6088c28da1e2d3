internal import Commands
internal import Rollouts

struct ResumeCommand: Command {
  static let name = "resume"
  static let summary = "Carry on with a paused or interrupted rollout."
  static let discussion = """
    Becomes the driver, unless one lives. The stored playbook is used, never a changed file. A \
    driver that died is found out and replaced.
    """
  static let fields: [Field<Self>] =
    [
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .option(
        "reason", letter: "m", \.reason, "text", "Why, for the history."),
      .flag("no-run", \.noRun, "Only record it; drive later with 'cutover resume'."),
    ]
    + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover resume", "Carries on where the rollout stopped.")
  ]
  static let seeAlso = ["status", "pause"]

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
    ).ask { _ in .resume(person.person(reason, in: context)) }
  }
}
