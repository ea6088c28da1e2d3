internal import Commands
internal import Rollouts

struct RejectCommand: Command {
  static let name = "reject"
  static let summary = "Close a gate: the rollout stops there."
  static let discussion = """
    The rollout then stops at the gate, or turns back if its playbook says so.
    """
  static let fields: [Field<Self>] =
    [
      .positional("step", \.step, "The id of the step."),
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .option(
        "comment", letter: "m", \.comment, "text", "Why not, for the history."),
    ]
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover reject go-live -m 'the logo is wrong'", "Stops the rollout.")
  ]
  static let seeAlso = ["approve", "rollback"]

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
    ).ask { _ in .reject(step: step, person.person(comment, in: context)) }
  }
}
