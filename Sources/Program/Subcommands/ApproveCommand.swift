internal import Commands
internal import Rollouts

struct ApproveCommand: Command {
  static let name = "approve"
  static let summary = "Open a gate that waits for a person."
  static let discussion = """
    The gate says whose word it needs, and whether it wants a comment.
    """
  static let fields: [Field<Self>] =
    [
      .positional("step", \.step, "The id of the step."),
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .option(
        "comment", letter: "m", \.comment, "text", "What you checked, for the history."),
    ]
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover approve go-live --role release -m 'checked'", "Lets the rollout go on.")
  ]
  static let seeAlso = ["reject", "status"]

  var step = ""
  var environment: String?
  var comment = ""
  var drive = DriveOptions()
  var person = PersonOption()
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    try await Asking(
      context: context, option: journal, environment: environment, drive: drive,
      login: person.login(in: context), becomesDriver: false
    ).ask { _ in .approve(step: step, person.person(comment, in: context)) }
  }
}
