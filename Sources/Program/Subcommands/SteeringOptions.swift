internal import Commands
internal import Rollouts

/// What every command that steers a rollout takes: which one, whose word, and how to drive on.
struct SteeringOptions: Sendable {
  var environment: String?
  var noRun = false
  var drive = DriveOptions()
  var cloud = CloudOptions()
  var person = PersonOption()
  var journal = JournalOption()

  private static let environmentField = Field<Self>.option(
    "environment", letter: "e", \.environment, "name", "Which environment.")

  /// For commands that leave the driving to another process.
  static let saying: [Field<Self>] =
    [environmentField]
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)

  /// For commands that may become the driver.
  static let driving: [Field<Self>] =
    [
      environmentField,
      .flag("no-run", \.noRun, "Only record it; drive later with 'cutover resume'."),
    ]
    + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.cloud, CloudOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)

  /// Hands a person's word to the rollout; `text` is the comment or reason given with it.
  func ask(
    _ text: String, in context: Context, becomesDriver: Bool, wantsRollback: Bool = false,
    _ request: @Sendable (Person) -> RequestVerb
  ) async throws -> Int32 {
    let said = person.person(text, in: context)
    return try await Asking(
      context: context.using(cloud), option: journal, environment: environment, drive: drive,
      login: person.login(in: context), becomesDriver: becomesDriver,
      wantsRollback: wantsRollback
    ).ask { _ in request(said) }
  }
}
