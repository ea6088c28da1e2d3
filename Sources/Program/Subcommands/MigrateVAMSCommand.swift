internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

struct MigrateVAMSCommand: Command {
  static let name = "vams"
  static let summary = "Copy what a MigrationSchema file of the old VAMS script names."
  static let discussion = """
    Reads the file as the old script did, with one addition: pairs under 'attributes' rename \
    attributes, which the script never did. Tables are copied before buckets, and every copy is \
    proved by reading both sides back. It runs as a rollout of its own, so it can be paused, \
    killed, resumed, and taken back with 'cutover rollback': what the targets held is kept.

    Names of the old stack inside of the items (bucket ids, ARNs of topics, functions and state \
    machines) stay as they are; playbooks/vams shows how to map them.
    """
  static let fields: [Field<Self>] =
    [
      .positional("schema", \.file, "The migration schema (JSON).", completes: .files),
      .option("profile", \.profile, "name", "The AWS profile of both sides."),
      .option("to-profile", \.toProfile, "name", "The AWS profile of the targets, if another."),
      .option("region", \.region, "region", "Use this region instead of those in the file."),
      .option(
        "environment", \.environment, "name", "What the journal calls this migration."),
      .option(
        "existing", \.existing, "policy",
        "What to do about what the targets hold already: overwrite (as the old script did), keep, "
          + "or refuse to begin."),
      .flag("print", \.prints, "Print the playbook instead of running it."),
      .flag("dry-run", \.isDryRun, "Show what would be done, and change nothing."),
      .flag("yes", letter: "y", \.isSure, "Do not ask before beginning."),
    ] + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example(
      "cutover migrate vams MigrationSchema_prod.json --dry-run",
      "Finds mistakes and shows the plan."),
    Example(
      "cutover migrate vams MigrationSchema_prod.json --print > migration.json5",
      "Writes a playbook to build upon."),
  ]
  static let seeAlso = ["run", "rollback"]

  var file = ""
  var profile: String?
  var toProfile: String?
  var region: String?
  var environment = "vams-migration"
  var existing = ExistingItems.overwrite
  var prints = false
  var isDryRun = false
  var isSure = false
  var drive = DriveOptions()
  var person = PersonOption()
  var journal = JournalOption()

  enum ExistingItems: String, CaseIterable, ArgumentValue {
    case overwrite
    case keep
    case refuse
  }

  func run(in context: Context) async throws -> Int32 {
    let schema = try MigrationSchemaReader.read(
      try InputFile.read(file, noun: "migration schema"), file: file)
    let text =
      MigrationPlaybook(
        schema: schema, environment: environment, region: region, profileFrom: profile,
        profileTo: toProfile ?? profile, existing: existing.rawValue
      ).json.pretty() + "\n"
    if prints {
      context.console.write(text)
      return ExitCode.done.rawValue
    }
    let read = try ReadPlaybook.read(text, name: "\(file) (as a playbook)", context)
    if !drive.isJSON { context.console.show(notes(schema)) }
    if isDryRun { return try await show(read, context).rawValue }
    let words = ["migrate", "vams", file, "--dry-run"]
    return try await Launch(
      context: context, read: read, name: file, planWords: words, live: .blue, isSure: isSure,
      anyway: false, drive: drive, person: person, journal: journal
    ).run().rawValue
  }

  private func show(_ read: ReadPlaybook, _ context: Context) async throws -> ExitCode {
    let preview = try await Preview.make(
      read.playbook, from: .blue, wiring: context.wiring,
      workFolder: WorkFolder.of(journal.path), writeRateMax: try drive.writeRate.limit)
    let report = PlanReport(preview: preview)
    if drive.isJSON {
      context.console.write(report.json.text + "\n")
    } else {
      context.console.show(report.lines)
    }
    return preview.problems.isEmpty ? .done : .badInput
  }

  /// What the file leaves out, as far as that can be seen in it.
  private func notes(_ schema: MigrationSchema) -> [Line] {
    guard !schema.tables.isEmpty, !schema.namesLinks else { return [] }
    return [
      Line("No table of asset links is named: links between assets stay behind.", .warning)
    ]
  }
}
