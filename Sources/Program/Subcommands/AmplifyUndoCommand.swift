internal import Commands
internal import Resources

struct AmplifyUndoCommand<Target: AmplifyTarget>: Command {
  static var name: String { "undo" }
  static var summary: String { "Take back the last migration of a backend, or the one named." }
  static var discussion: String {
    """
    Each step is undone by what its own files keep: items that were changed are what they were, \
    and items that were made are gone. The migration is pending again. It takes the journal that \
    the migration was run with.
    """
  }
  static var fields: [Field<Self>] {
    [
      .positional(
        "migration", \.migration, "Its title, name, order or file; the last one if left out.",
        required: false),
      .option("reason", letter: "m", \.reason, "text", "Why.", required: true),
    ] + Field.shared(\.options, AmplifyRunOptions<Target>.fields)
  }
  static var examples: [Example] {
    let words = (["cutover"] + Target.path + ["undo"] + Target.sample).joined(separator: " ")
    return [
      Example("\(words) --migrationsDir m --reason try", "Takes it back.")
    ]
  }

  var migration: String?
  var reason = ""
  var options = AmplifyRunOptions<Target>()

  func problem() -> String? { reason.isEmpty ? "--reason must say something" : nil }

  func run(in context: Context) async throws -> Int32 {
    let place = try await options.open(Self.name, in: context)
    var undo = MigrationsUndoCommand()
    undo.migration = migration
    undo.reason = reason
    undo.isSure = options.isSure
    undo.drive = options.drive
    undo.person = options.person
    undo.options = options.registry(place.site)
    return try await place.locked { [undo] in
      ExitCode(rawValue: try await undo.run(in: context)) ?? .bug
    }.rawValue
  }
}
