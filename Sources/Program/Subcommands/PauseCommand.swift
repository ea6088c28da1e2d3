internal import Commands
internal import Rollouts

struct PauseCommand: Command {
  static let name = "pause"
  static let summary = "Pause a rollout at the next checkpoint."
  static let discussion = """
    Costs nothing and may last for weeks: nothing is undone, and 'cutover resume' carries on where \
    it stopped.
    """
  static let fields: [Field<Self>] =
    [
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .option(
        "reason", letter: "m", \.reason, "text", "Why, for the history."),
    ]
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover pause --reason 'waiting for the night'", "Stops at the next checkpoint.")
  ]
  static let seeAlso = ["resume", "status"]

  var environment: String?
  var reason = ""
  var drive = DriveOptions()
  var person = PersonOption()
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    try await Asking(
      context: context, option: journal, environment: environment, drive: drive,
      login: person.login(in: context), becomesDriver: false
    ).ask { _ in .pause(person.person(reason, in: context)) }
  }
}
