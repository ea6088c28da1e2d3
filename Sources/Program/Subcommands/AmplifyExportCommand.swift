internal import Commands

struct AmplifyExportCommand<Target: AmplifyTarget>: Command {
  static var name: String { "export" }
  static var summary: String { "Export the models that pending migrations name." }
  static var discussion: String {
    """
    Has DynamoDB write each model's table into the bucket of the backend, by point-in-time \
    recovery, and records where. Run it before the deployment that replaces the table. The ARN of \
    an export is journaled before it is waited for; killed, the same command goes on.

    What is exported stays: run again, it exports only models that were not exported yet. \
    --changes exports what changed since, which closes the gap up to the deployment; --again \
    exports all once more. Both are refused when the table is not the one that was exported.
    """
  }
  static var fields: [Field<Self>] {
    [
      .flag("changes", \.changes, "Export what changed since the last export of each model."),
      .flag("again", \.again, "Export all of each model once more, and keep the former export."),
    ] + Field.shared(\.options, AmplifyRunOptions<Target>.fields)
  }
  static var examples: [Example] {
    let words = (["cutover"] + Target.path + ["export"] + Target.sample).joined(separator: " ")
    return [
      Example("\(words) --migrationsDir m", "Exports before a deployment."),
      Example("\(words) --migrationsDir m --changes", "Exports the rest right before it."),
    ]
  }

  var changes = false
  var again = false
  var options = AmplifyRunOptions<Target>()

  func problem() -> String? {
    changes && again ? "--changes and --again exclude each other" : nil
  }

  func run(in context: Context) async throws -> Int32 {
    try await AmplifyExportRun(
      place: try await options.open(Self.name, in: context),
      repeating: changes ? .changes : again ? .again : .keep, allowed: options.allowed
    ).run().rawValue
  }
}
