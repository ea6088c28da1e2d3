internal import Commands
internal import Resources

/// What the commands take that run migrations of a backend.
struct AmplifyRunOptions<Target: AmplifyTarget>: Sendable {
  var backend = AmplifyOptions<Target>()
  var folder = ""
  var allowed: [MigrationSurvey.Oddity] = []
  var isSure = false
  var drive = DriveOptions()
  var person = PersonOption()
  var journal = JournalOption()

  static var fields: [Field<Self>] {
    [
      .option(
        "migrationsDir", \.folder, "folder", "Where the migrations are.", required: true,
        completes: .files),
      .options(
        "allow", \.allowed, "oddity", "Pass over what is edited, vanished, late or equal."),
      .flag("yes", letter: "y", \.isSure, "Do not ask before beginning."),
    ] + Field.shared(\.backend, AmplifyOptions<Target>.fields)
      + Field.shared(\.drive, DriveOptions.fields) + Field.shared(\.person, PersonOption.fields)
      + Field.shared(\.journal, JournalOption.fields)
  }

  func open(_ verb: String, in context: Context) async throws -> AmplifyPlace {
    let site = try backend.site(in: context)
    let bucket = try await site.bucketName()
    return AmplifyPlace(
      site: site, bucket: bucket,
      migrations: try await MigrationPlace.open(registry(site), .create, in: context),
      drive: drive, person: person, isSure: isSure,
      words: Target.path + [verb] + backend.words + ["--migrationsDir", folder])
  }

  /// How the commands about migrations in general would be told all of it.
  func registry(_ site: AmplifySite) -> MigrationOptions {
    var options = MigrationOptions()
    options.folder = folder
    options.environment = site.backend.names.environment
    options.registry = site.tableURL.text
    options.layout = .amplify
    options.journal = journal
    return options
  }
}
