internal import Commands
internal import JournalStore
internal import Resources
internal import Rollouts

/// What all commands about migrations take: which folder, for which environment, recorded where.
struct MigrationOptions: Sendable {
  var folder = MigrationFolder.standard
  var environment: String?
  var registry: String?
  var layout: RegistryLayout?
  var cloud = CloudOptions()
  var journal = JournalOption()

  static let fields: [Field<Self>] =
    [
      .option("folder", letter: "f", \.folder, "path", "Where they are.", completes: .files),
      .option(
        "environment", letter: "e", \.environment, "name",
        "Which environment; the one that all of them name if left out."),
      .option(
        "registry", \.registry, "url",
        "The table they are recorded in, or 'journal'; registry.json5 in the folder says it else."),
      .option("layout", \.layout, "layout", "How the records in that table look."),
    ] + Field.shared(\.cloud, CloudOptions.fields)
    + Field.shared(\.journal, JournalOption.fields)

  /// The same options as words, for the command that is worth typing next.
  var words: [String] {
    (folder == MigrationFolder.standard ? [] : ["--folder", folder])
      + (environment.map { ["--environment", $0] } ?? [])
      + (registry.map { ["--registry", $0] } ?? [])
      + (layout.map { ["--layout", $0.rawValue] } ?? []) + cloud.words
  }

  /// The command line `cutover migrations VERB …` with these options.
  func next(_ words: String...) -> String {
    NextCommand(journal: journal)(["migrations"] + words + self.words)
  }
}

/// A folder of migrations, its environment and its registry, opened.
struct MigrationPlace: Sendable {
  let options: MigrationOptions
  let context: Context
  let folder: MigrationFolder
  let environment: String
  let registry: any MigrationRegistry
  /// Nil where a command only looks and there is no journal yet.
  let journal: SQLiteJournal?
  /// What the journal knows of this registry.
  let log: JournalRegistry?

  static func open(
    _ options: MigrationOptions, _ use: Wiring.JournalUse, in context: Context,
    mayLackFolder: Bool = false
  ) async throws -> MigrationPlace {
    let context = context.using(options.cloud)
    let folder = try MigrationFolder.read(options.folder, mayBeMissing: mayLackFolder)
    let environment = try folder.environment(given: options.environment)
    let journal = try await journal(options, use, context)
    var setting = folder.setting ?? RegistrySetting()
    if let registry = options.registry {
      setting.url = registry == JournalRegistry.standardPlace ? nil : registry
    }
    if let layout = options.layout { setting.layout = layout }
    guard let url = setting.url else {
      guard options.layout == nil || setting.layout == .cutover else {
        throw Refusal(
          .usage, "--layout says how a table looks, and the registry is the journal",
          hint: "Name the table with --registry.")
      }
      let log = journal.map { JournalRegistry($0, place: JournalRegistry.standardPlace) }
      return MigrationPlace(
        options: options, context: context, folder: folder, environment: environment,
        registry: log.map { $0 as any MigrationRegistry } ?? NoRegistry(), journal: journal,
        log: log)
    }
    let table = try context.wiring.resources.table(
      try ResourceURL(url), in: context.wiring.outside.context)
    return MigrationPlace(
      options: options, context: context, folder: folder, environment: environment,
      registry: TableRegistry(table: table, layout: setting.layout, clock: context.wiring.clock),
      journal: journal, log: journal.map { JournalRegistry($0, place: url) })
  }

  /// Nothing is made for a command that only looks.
  private static func journal(
    _ options: MigrationOptions, _ use: Wiring.JournalUse, _ context: Context
  ) async throws -> SQLiteJournal? {
    let book: any Journal
    do {
      book =
        switch use {
        case .create: try await options.journal.create(in: context)
        case .write, .read: try await options.journal.open(use, in: context)
        }
    } catch let refusal as Refusal where use == .read && refusal.code == .noFile {
      return nil
    }
    guard let store = book as? SQLiteJournal else {
      throw Refusal(.journal, "this journal keeps no migrations", hint: "Name a journal file.")
    }
    return store
  }

  func survey() async throws -> MigrationSurvey {
    MigrationSurvey(
      folder.files(for: environment), try await registry.records(of: environment))
  }

  /// Throws while a rollout of the environment is open, whatever it is for.
  func checkIdle() async throws {
    guard let open = try await journal?.openRollout(in: environment) else { return }
    let status = NextCommand(journal: options.journal, environment: environment)("status")
    throw Refusal(
      .held, "rollout \(open.id) of \(open.environment) is open",
      hint: "Nothing was begun. Bring it to an end first: '\(status)'.")
  }

  /// Records a migration, and keeps a line about it in the journal wherever the registry is.
  func add(_ record: MigrationRecord) async throws {
    try await registry.add(record)
    if let log, log.place != JournalRegistry.standardPlace { try await log.note(record, nil) }
  }

  /// Takes a record out; the journal keeps who did so and why.
  func remove(_ record: MigrationRecord, because removal: MigrationRemoval) async throws {
    // Kept first: a removal without its reason could not be told from one that never happened.
    if let log, log.place != JournalRegistry.standardPlace { try await log.note(record, removal) }
    try await registry.remove(record, because: removal)
  }
}

/// What the journal records where there is no journal yet: nothing.
struct NoRegistry: MigrationRegistry {
  var place: String { JournalRegistry.standardPlace }
  func records(of environment: String) async throws(Failure) -> [MigrationRecord] { [] }

  func add(_ record: MigrationRecord) async throws(Failure) { throw Self.missing }

  func remove(
    _ record: MigrationRecord, because removal: MigrationRemoval
  ) async throws(Failure) { throw Self.missing }

  private static let missing = Failure.refused(
    "there is no journal to write to", hint: "Name it with --journal.")
}
