internal import Commands
internal import Rollouts

struct RollbackCommand: Command {
  static let name = "rollback"
  static let summary = "Undo every step that was begun, in reverse order."
  static let discussion = """
    As durable as going forward: it can be paused, killed and resumed. Refused once the point of \
    no return is passed; what is gone is named then.
    """
  static let fields: [Field<Self>] =
    [
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .option(
        "reason", letter: "m", \.reason, "text", "Why, for the history.", required: true),
      .flag("no-run", \.noRun, "Only record it; drive later with 'cutover resume'."),
    ]
    + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover rollback --reason 'errors on the new stack'", "Goes back to stack A.")
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
      login: person.login(in: context), becomesDriver: !noRun, wantsRollback: true
    ).ask { _ in .rollback(person.person(reason, in: context)) }
  }
}
