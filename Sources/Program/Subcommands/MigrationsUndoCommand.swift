internal import Commands
internal import Resources

struct MigrationsUndoCommand: Command {
  static let name = "undo"
  static let summary = "Take back the last applied migration, or the one named."
  static let discussion = """
    Begins a rollout that starts where the migration's own ended and goes backwards by its \
    recorded plans: each step is undone as 'cutover rollback' would have done it. Killed, the same \
    command goes on. The record is removed at the end; the reason is kept. What passed a point of \
    no return, or made a colour live, is refused; so is one with later ones on top, unless \
    --allow later.

    Ends with 0 when it is taken back, with 3 when a step could not be undone.
    """
  static let fields: [Field<Self>] =
    [
      .positional(
        "migration", \.migration, "Its title, name, order or file; the last one if left out.",
        required: false),
      .option("reason", letter: "m", \.reason, "text", "Why.", required: true),
      .options("allow", \.allowed, "what", "Take it back although later ones were applied."),
      .flag("yes", letter: "y", \.isSure, "Do not ask before beginning."),
    ] + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.options, MigrationOptions.fields)
  static let examples = [
    Example("cutover migrations undo --reason 'wrong keys'", "Takes back the last one.")
  ]
  static let seeAlso = ["rollback", "migrations mark"]

  enum Allowance: String, CaseIterable, ArgumentValue {
    case later
  }

  var migration: String?
  var reason = ""
  var allowed: [Allowance] = []
  var isSure = false
  var drive = DriveOptions()
  var person = PersonOption()
  var options = MigrationOptions()

  func problem() -> String? { reason.isEmpty ? "--reason must say something" : nil }

  func run(in context: Context) async throws -> Int32 {
    let place = try await MigrationPlace.open(options, .write, in: context)
    let survey = try await place.survey()
    let records = survey.entries.compactMap(\.record).sorted {
      ($0.at, $0.order, $0.name) < ($1.at, $1.order, $1.name)
    }
    let record: MigrationRecord
    if let migration {
      guard let found = try survey.entry(named: migration).record else {
        throw Refusal(.usage, "\(migration) is not applied", hint: "Nothing was changed.")
      }
      record = found
    } else {
      guard let last = records.last else {
        throw Refusal(
          .usage, "nothing was applied in \(place.environment)", hint: "Nothing was changed.")
      }
      record = last
    }
    let later = records.drop { $0 != record }.dropFirst().map(\.title)
    guard later.isEmpty || allowed.contains(.later) else {
      throw Refusal(
        .usage, "\(later.joined(separator: ", ")) came after \(record.title)",
        hint: "Take back the later ones first, or say --allow later.")
    }
    return try await MigrationUndo(
      place: place, reason: reason, isSure: isSure, drive: drive, person: person
    ).run(record).rawValue
  }
}
