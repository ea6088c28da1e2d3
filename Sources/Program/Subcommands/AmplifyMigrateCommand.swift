internal import Commands
internal import JSON

struct AmplifyMigrateCommand<Target: AmplifyTarget>: Command {
  static var name: String { "migrate" }
  static var summary: String { "Run the pending migrations of a backend in order." }
  static var discussion: String {
    """
    Each one is a rollout of its own, with plan, checkpoints, proof, pause and rollback, on the \
    tables that the backend's stacks own now. It is recorded in the backend's table after all its \
    steps were verified. Pending is what has no record, wherever it stands in the order; what was \
    edited, vanished, comes late or has an equal order is refused unless allowed. Killed anywhere, \
    the same command goes on where it was.

    On a terminal each one is asked about unless --yes; where there is none nobody is asked, as \
    with 'cutover run'. --dry-run asks nobody, is refused while a rollout of the backend is open, \
    and ends with 3 where more items would be rejected than may be.
    """
  }
  static var fields: [Field<Self>] {
    [
      .flag("dry-run", \.isDry, "Read and transform everything, and write nothing."),
      .option("limit", \.limit, "count", "The most items of each step to read in a dry run."),
      .flag("print", \.prints, "Print the playbook of the next migration instead of running it."),
    ] + Field.shared(\.options, AmplifyRunOptions<Target>.fields)
  }
  static var examples: [Example] {
    let words = (["cutover"] + Target.path + ["migrate"] + Target.sample).joined(separator: " ")
    return [
      Example("\(words) --migrationsDir m --dry-run", "Tells what would become of it."),
      Example("\(words) --migrationsDir m --yes", "Runs in a pipeline."),
    ]
  }

  var isDry = false
  var limit: Int?
  var prints = false
  var options = AmplifyRunOptions<Target>()

  func problem() -> String? {
    if let limit, limit < 1 { return "--limit counts items, from 1 on" }
    return limit != nil && !isDry ? "--limit goes with --dry-run: a part is no migration" : nil
  }

  func run(in context: Context) async throws -> Int32 {
    var run = AmplifyMigrateRun(
      place: try await options.open(Self.name, in: context), allowed: options.allowed)
    run.isDry = isDry
    run.limit = limit
    guard prints else { return try await run.run().rawValue }
    guard let file = try await run.place.migrations.survey().pending.first?.file else {
      context.console.show("Nothing is pending.")
      return ExitCode.done.rawValue
    }
    let playbook = try await run.playbook(try AmplifyMigrationReader.read(file))
    context.console.write(playbook.pretty() + "\n")
    return ExitCode.done.rawValue
  }
}
