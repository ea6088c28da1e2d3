internal import Commands
internal import Resources
internal import Rollouts

struct AmplifyDestroyCommand<Target: AmplifyTarget>: Command {
  static var name: String { "destroy" }
  static var summary: String { "Delete the bucket of exports and the table of migrations." }
  static var discussion: String {
    """
    Tells what goes and asks; without a terminal, --yes must be said. The bucket is emptied of all \
    objects and their former versions first, and the table goes last. Killed, the same command \
    ends it. Refused while a migration is under way, and while something is exported that no \
    migration has imported yet, unless --anyway.
    """
  }
  static var fields: [Field<Self>] {
    [
      .flag("yes", letter: "y", \.isSure, "Do not ask."),
      .flag(
        "anyway", \.anyway, "Delete exports that nobody has imported yet, and in spite of a lock."),
    ] + Field.shared(\.options, AmplifyOptions<Target>.fields)
      + Field.shared(\.journal, JournalOption.fields)
  }
  static var examples: [Example] {
    [
      Example(
        (["cutover"] + Target.path + ["destroy"] + Target.sample).joined(separator: " "),
        "Tells what would go, and asks.")
    ]
  }

  var isSure = false
  var anyway = false
  var options = AmplifyOptions<Target>()
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    let site = try options.site(in: context)
    try await checkIdle(site, context)
    let destruction = try await AmplifyDestruction.look(at: site)
    guard !destruction.lines.isEmpty else {
      context.console.show("Neither bucket nor table of \(site.backend.title) is there.")
      return ExitCode.done.rawValue
    }
    if let holder = destruction.holder, !anyway {
      throw Refusal(
        .held, "\(site.backend.title) is being migrated by \(holder)",
        hint: "Nothing was deleted. Wait for it; if it surely has ended, say --anyway.")
    }
    if let waiting = destruction.waiting.first, !anyway {
      throw Refusal(
        .badInput, "\(waiting) was exported, and no migration has imported it yet",
        hint: "Nothing was deleted. Run 'cutover amplify migrate', or say --anyway.")
    }
    context.console.show(destruction.lines)
    if !isSure {
      guard context.console.isInteractive else {
        throw Refusal(.usage, "nobody can be asked", hint: "Nothing was deleted. Say --yes.")
      }
      guard context.console.confirm("\nDelete all of it for \(site.backend.title, .strong)? [y/N]")
      else { throw Refusal(.usage, "nothing was deleted", hint: "Answer y to begin.") }
    }
    try await destruction.run()
    context.console.show("\("✓", .good) All of it is gone.")
    return ExitCode.done.rawValue
  }

  private func checkIdle(_ site: AmplifySite, _ context: Context) async throws {
    let book: any Journal
    do {
      book = try await journal.open(.read, in: context)
    } catch let refusal as Refusal where refusal.code == .noFile {
      return
    }
    guard let open = try await book.openRollout(in: site.backend.names.environment) else { return }
    throw Refusal(
      .held, "rollout \(open.id) of \(open.environment) is open",
      hint: "Nothing was deleted. Bring it to an end first: 'cutover status'.")
  }
}
