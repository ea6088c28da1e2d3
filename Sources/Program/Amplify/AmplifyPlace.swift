internal import Commands
internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// A backend with its migrations, its records and the journal, opened.
struct AmplifyPlace: Sendable {
  let site: AmplifySite
  let bucket: String
  let migrations: MigrationPlace
  let drive: DriveOptions
  let person: PersonOption
  let isSure: Bool
  /// The command line up to where its own options begin.
  let words: [String]

  var context: Context { site.context }
  var log: AmplifyExportLog { AmplifyExportLog(site: site) }

  /// The newest rollout that carries out this content; undone ones too.
  func newest(_ mark: AmplifyMark) async throws -> RolloutRecord? {
    guard let journal = migrations.journal else { return nil }
    return try await journal.rollouts(
      in: migrations.environment, limit: Self.rolloutsMax
    ).first { mark.isOf($0) }
  }

  /// More rollouts of one backend than are worth looking back at.
  private static let rolloutsMax = 10_000

  /// Runs a playbook, or goes on with the open rollout of the same migration by what that one
  /// began with.
  ///
  /// A dry run never goes on with anything by a playbook that is not its own.
  func run(
    _ purpose: AmplifyPlaybook.Purpose, _ file: MigrationFile, isDry: Bool = false,
    playbook: () async throws -> JSONValue
  ) async throws -> ExitCode {
    let open = try await migrations.journal?.openRollout(in: migrations.environment)
    let text: String
    if !isDry, let open, AmplifyMark(purpose, file).isOf(open) {
      text = open.playbook
    } else {
      text = try await playbook().pretty() + "\n"
    }
    let path = PlaybookPlace.path(of: file.path)
    let made = try ReadPlaybook.read(text, name: "\(file.path) (as a playbook)", context)
    var book = made.playbook
    book.folder = PlaybookPlace.folder(of: path)
    return try await Launch(
      context: context, read: ReadPlaybook(playbook: book, text: text, overrides: []), name: path,
      planWords: words + ["--dry-run"], live: .blue, isSure: isSure, anyway: false, drive: drive,
      person: person, journal: migrations.options.journal
    ).run()
  }

  /// Keeps other machines away while something is changed, and for as long as its rollout is open.
  func locked(_ body: () async throws -> ExitCode) async throws -> ExitCode {
    let lock = AmplifyLock(
      site, journal: migrations.options.journal, person: person.login(in: context))
    try await lock.take(overriding: drive.takeOver)
    let code: ExitCode
    do {
      code = try await body()
    } catch {
      try? await letGo(lock)
      throw error
    }
    try await letGo(lock)
    return code
  }

  private func letGo(_ lock: AmplifyLock) async throws {
    let open = try await migrations.journal?.openRollout(in: migrations.environment)
    if open == nil { try await lock.release() }
  }

  /// Shows a line to a person, or an object to a program.
  func tell(_ line: Line, _ outcome: String, _ file: MigrationFile, _ more: JSONValue = [:]) {
    guard drive.isJSON else { return context.console.show(line) }
    var value: JSONValue = [
      "type": "migration", "order": .string(file.order.text), "name": .string(file.name),
      "outcome": .string(outcome),
    ]
    for member in more.members ?? [] { value[member.name] = member.value }
    context.console.write(value.text + "\n")
  }
}
