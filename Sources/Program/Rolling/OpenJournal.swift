internal import Glibc
internal import Resources
internal import Rollouts

/// The `--journal` option, and how commands open what it names.
struct JournalOption: Sendable, Equatable {
  static let standard = "state/journal.db"

  var path = Self.standard

  /// Opens a journal that must exist.
  func open(_ use: Wiring.JournalUse, in context: Context) async throws -> any Journal {
    if access(path, F_OK) != 0, errno == ENOENT || errno == ENOTDIR {
      throw Refusal(
        .noFile, "there is no journal at \(path)",
        hint: "Start a rollout with 'cutover run PLAYBOOK', or name the journal with --journal.")
    }
    return try await context.wiring.openJournal(path, use)
  }

  /// Makes the journal if it is missing.
  func create(in context: Context) async throws -> any Journal {
    try await context.wiring.openJournal(path, .create)
  }

  var isStandard: Bool { path == Self.standard }
}
