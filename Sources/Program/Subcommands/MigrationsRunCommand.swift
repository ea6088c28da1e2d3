internal import Commands
internal import Resources

struct MigrationsRunCommand: Command {
  static let name = "run"
  static let summary = "Run all pending migrations in order, and record those that passed."
  static let discussion = """
    Each one is a rollout of its own, with all that belongs to it: plan, checkpoints, proof, pause \
    and rollback. It is recorded after all its steps were verified. The first that does not come \
    through stops the rest. Killed anywhere, the same command goes on where it was.

    What was edited, vanished, comes late or has an equal order is refused unless allowed. Two \
    runs at the same time are refused by the lease of the environment.

    Ends with 0 when all were applied, and else as 'cutover run' does: with 1 when one was rolled \
    back, with 2 when it waits for a person, with 3 when it stopped, with 65 when something is \
    refused, with 75 when another process drives.
    """
  static let fields: [Field<Self>] =
    [
      .options(
        "allow", \.allowed, "oddity", "Pass over what is edited, vanished, late or equal."),
      .option("to", \.last, "migration", "The last one to run, by its title, name or order."),
      .option("live", \.live, "colour", "Which colour is live now, if nothing is recorded yet."),
      .flag("yes", letter: "y", \.isSure, "Do not ask before each one."),
    ] + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.options, MigrationOptions.fields)
  static let examples = [
    Example("cutover migrations run", "Runs what is pending."),
    Example("cutover migrations run --yes --allow late --json", "Runs in a script."),
  ]
  static let seeAlso = ["migrations plan", "migrations undo", "resume"]

  var allowed: [MigrationSurvey.Oddity] = []
  var last: String?
  var live: Colour?
  var isSure = false
  var drive = DriveOptions()
  var person = PersonOption()
  var options = MigrationOptions()

  func run(in context: Context) async throws -> Int32 {
    let place = try await MigrationPlace.open(options, .create, in: context)
    return try await MigrationRun(
      place: place, allowed: allowed, last: last, live: live, isSure: isSure, drive: drive,
      person: person
    ).run().rawValue
  }
}
