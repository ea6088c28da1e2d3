internal import Commands
internal import Rollouts

/// What every command that steers a rollout takes: which one, whose word, and how to drive on.
struct SteeringOptions: Sendable {
  /// The step that is meant, of commands that mean one.
  var step = ""
  /// The comment or the reason.
  var words = ""
  var environment: String?
  var noRun = false
  var drive = DriveOptions()
  var cloud = CloudOptions()
  var person = PersonOption()
  var journal = JournalOption()

  private static let environmentField = Field<Self>.option(
    "environment", letter: "e", \.environment, "name", "Which environment.")

  /// For commands that leave the driving to another process.
  static func saying(_ own: Field<Self>...) -> [Field<Self>] { own + saying }

  /// For commands that may become the driver.
  static func driving(_ own: Field<Self>...) -> [Field<Self>] { own + driving }

  private static let saying: [Field<Self>] =
    [environmentField]
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)

  private static let driving: [Field<Self>] =
    [
      environmentField,
      .flag("no-run", \.noRun, "Only record it; drive later with 'cutover resume'."),
    ]
    + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.cloud, CloudOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)

  /// Hands a person's word to the rollout, and drives on unless that is somebody else's.
  func ask(
    in context: Context, becomesDriver: Bool, wantsRollback: Bool = false,
    _ request: @Sendable (Person) -> RequestVerb
  ) async throws -> Int32 {
    let said = person.person(words, in: context)
    return try await Asking(
      context: context.using(cloud), option: journal, environment: environment, drive: drive,
      login: person.login(in: context), becomesDriver: becomesDriver,
      wantsRollback: wantsRollback
    ).ask { _ in request(said) }
  }
}

/// What steering commands have of their own, to be put together as they need it.
extension Field where Root == SteeringOptions {
  static var step: Self { .positional("step", \.step, "The id of the step.") }

  /// What is said about a gate.
  static func comment(_ help: String) -> Self {
    .option("comment", letter: "m", \.words, "text", help)
  }

  static func reason(required: Bool = false) -> Self {
    .option("reason", letter: "m", \.words, "text", "Why, for the history.", required: required)
  }
}
