internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

struct MigrateVAMSCommand: Command {
  static let name = "vams"
  static let summary = "Migrate the data of VAMS as its old scripts did, with their files."
  static let discussion = """
    NAME is v2.1-to-v2.2, v2.2-to-v2.3-legacy (the draft), v2.2-to-v2.3 (search indexes), \
    v2.3-to-v2.4, v2.4-to-v2.5, or another one that \(PlaybookFolder.migrations) holds.

    It is run by the playbook of that name there, with the old script's configuration file as it \
    is. An option wins over the file, and the file over the playbook. Tables that nobody names are \
    found in --stack. A dry run reads, transforms and reports everything, and writes nothing; \
    where more would be rejected than may be it ends with 3, as the real run would. A \
    migration may be run again, also after a trial of a few items with --limit: what has its new \
    shape is left alone.

    --report writes what each step read, wrote, left out and rejected, with reasons and proofs, as \
    JSON. Where an old script verified, it also reads the tables back and writes what that did, a \
    CSV of faults and a summary, and ours beside it. With --verify nothing else is done. Faults \
    end the command with 3.

    Without a NAME, SCHEMA is the file of the script that copies one stack into another. It is \
    read as that script did, with one addition: pairs under 'attributes' rename attributes, which \
    the script never did. Tables are copied before buckets, and every copy is proved by reading \
    both sides back.

    Each runs as a rollout of its own, so it can be paused, killed, resumed, and taken back with \
    'cutover rollback': what the tables held is kept.

    Names of the old stack inside of the items (bucket ids, ARNs of topics, functions and state \
    machines) stay as they are; playbooks/vams shows how to map them.
    """
  static let fields: [Field<Self>] =
    [
      .positional(
        "name|schema", \.file, "The migration, or the migration schema (JSON).",
        completes: .files),
      .option(
        "config", \.config, "file", "The configuration file of the migration's old script.",
        completes: .files),
      .option("stack", \.stack, "name", "The core stack, in which tables are found."),
      .option(
        "playbooks", \.playbooks, "folder", "Where the playbooks of migrations are.",
        completes: .files),
      .options(
        "set", letter: "s", \.settings, "name=value",
        "Give a parameter of the migration's playbook another value."),
      .option("profile", \.profile, "name", "The AWS profile of both sides."),
      .option("to-profile", \.toProfile, "name", "The AWS profile of the targets, if another."),
      .option("region", \.region, "region", "Use this region instead of those in the file."),
      .option(
        "environment", \.environment, "name",
        "What the journal calls this migration; by default as its playbook does."),
      .option(
        "existing", \.existing, "policy",
        "What to do about what the targets hold already: overwrite (as the old script did), keep, "
          + "or refuse to begin."),
      .option(
        "report", \.report, "file",
        "Write a report as JSON; where there was a verifying script, its CSV with JSON beside it.",
        completes: .files),
      .option("output", \.report, "file", "The same, as that script called it."),
      .flag("verify", \.verifiesOnly, "Only write the report; nothing is changed."),
      .flag("print", \.prints, "Print the playbook instead of running it."),
      .flag("dry-run", \.isDryRun, "Show what would be done, and change nothing."),
      .flag("yes", letter: "y", \.isSure, "Do not ask before beginning."),
    ] + Field.shared(\.options, VAMSOptions.fields)
    + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example(
      "cutover migrate vams v2.1-to-v2.2 --config old.json --dry-run",
      "Reads and transforms everything, and tells what would become of it."),
    Example(
      "cutover migrate vams v2.1-to-v2.2 --config old.json --stack vams-core-prod",
      "Finds what the file does not name in the stack."),
    Example(
      "cutover migrate vams MigrationSchema_prod.json --dry-run",
      "Finds mistakes and shows the plan."),
    Example(
      "cutover migrate vams MigrationSchema_prod.json --print > migration.json5",
      "Writes a playbook to build upon."),
  ]
  static let seeAlso = ["migrate vams detect", "run", "rollback"]

  var file = ""
  var profile: String?
  var toProfile: String?
  var region: String?
  var environment: String?
  var config: String?
  var stack: String?
  var playbooks: String?
  var settings: [Assignment] = []
  var options = VAMSOptions()
  var existing = ExistingItems.overwrite
  var report: String?
  var verifiesOnly = false
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

  func problem() -> String? {
    if let problem = options.problem() { return problem }
    if verifiesOnly, report == nil { return "--verify needs --report FILE" }
    if verifiesOnly, options.limit != nil {
      return "--verify looks at everything; leave out --limit"
    }
    return isSchema && report != nil ? "--report is for a migration by name" : nil
  }

  /// A word that is neither a migration nor a file was meant to be a migration.
  private var isSchema: Bool { file.contains("/") || file.contains(".json") || file == "-" }

  func run(in context: Context) async throws -> Int32 {
    guard isSchema else {
      let migrations = try VAMSMigrations.read(named: playbooks)
      return try await migrate(migrations.named(file), migrations, context).rawValue
    }
    let schema = try MigrationSchemaReader.read(
      try InputFile.read(file, noun: "migration schema"), file: file)
    let text =
      MigrationPlaybook(
        schema: schema, environment: environment.said ?? "vams-migration", region: region.said,
        profileFrom: profile.said,
        profileTo: toProfile.said ?? profile.said, existing: existing.rawValue
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

  /// Runs a shipped migration; a dry run is a rollout too, which writes nothing.
  private func migrate(
    _ migration: VAMSMigration, _ migrations: VAMSMigrations, _ context: Context
  ) async throws -> ExitCode {
    let file = try config.map {
      try VAMSConfigReader.read(
        try InputFile.read($0, noun: "configuration file"), file: $0, for: migration,
        among: migrations.all)
    }
    let request = VAMSRequest(
      migrations: migrations, migration: migration, options: options, profile: profile,
      region: region, stack: stack, environment: environment, isDry: isDryRun, settings: settings)
    let (book, notes) = try await request.playbook(file ?? VAMSConfig(), wiring: context.wiring)
    let text = book.json.pretty() + "\n"
    if prints {
      context.console.write(text)
      return .done
    }
    if !drive.isJSON { context.console.show(notes) }
    if verifiesOnly {
      let isGood = try await report(book, since: nil, context)
      return book.migration.report == nil
        ? isGood ? .done : .stuck : try await verify(book, context)
    }
    let read = try ReadPlaybook.read(text, name: "\(migration.name) (as it would run)", context)
    let words = ["migrate", "vams", migration.name] + (config.map { ["--config", $0] } ?? [])
    let begun = context.wiring.clock.now()
    let code = try await Launch(
      context: context, read: read, name: migration.file, planWords: words + ["--print"],
      live: .blue, isSure: isSure || isDryRun, anyway: false, drive: drive, person: person,
      journal: journal
    ).run()
    try await report(book, since: begun, context)
    guard code == .done else { return code }
    return book.isDry ? try await judge(book, context) : try await verify(book, context)
  }

  /// Ends a dry run as the real one would end that stops at too many rejects.
  private func judge(_ book: VAMSPlaybook, _ context: Context) async throws -> ExitCode {
    try await TrialVerdict.of(
      book.label, allowed: book.allowances, in: try await journal.open(.read, in: context),
      wiring: context.wiring
    ).tell(in: context, isJSON: drive.isJSON)
  }

  /// Writes our report of the newest rollout, if one was asked for, also of one that has failed.
  ///
  /// Gives whether all in it is as it should be. Beside an old report it is left out where this
  /// journal knows of no rollout.
  @discardableResult
  private func report(
    _ book: VAMSPlaybook, since moment: Timestamp?, _ context: Context
  ) async throws -> Bool {
    guard let report else { return true }
    let isBeside = book.migration.report != nil
    guard
      let found = try await VAMSRunReport.newest(
        of: book.migration.name, in: book.label, since: moment, journal: journal, context)
    else {
      guard verifiesOnly, !isBeside else { return true }
      throw Refusal(
        .usage, "\(book.migration.name) was not run yet, so there is nothing to report",
        hint: "Leave out --verify to run it.")
    }
    let path = VAMSRunReport.path(for: report, isBeside: isBeside)
    try await found.write(to: path, at: context.wiring.clock.now())
    if !drive.isJSON { context.console.show(["What each step did stands in \(path)."]) }
    return found.isGood
  }

  /// Writes the report, if one was asked for; its faults decide how the command ends.
  private func verify(_ book: VAMSPlaybook, _ context: Context) async throws -> ExitCode {
    guard let report, let kind = book.migration.report else { return .done }
    let (successes, errors) = try await VAMSVerification(
      book: book, kind: kind, region: book.text("region") ?? "", wiring: context.wiring
    ).write(to: report)
    let line: Line =
      errors == 0
      ? "\("✓", .good) \(successes) records are as they should be: \(report)"
      : "\("✗", .bad) \(errors) records have faults, \(successes) are as they should be: \(report)"
    if !drive.isJSON { context.console.show(line) }
    return errors == 0 ? .done : .stuck
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
