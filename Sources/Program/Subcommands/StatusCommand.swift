internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

struct StatusCommand: Command {
  static let name = "status"
  static let summary = "Show where a rollout stands and what to do next."
  static let fields: [Field<Self>] =
    [
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .flag("json", \.isJSON, "The status as one JSON object."),
    ] + Field.shared(\.journal, JournalOption.fields)
  static let examples = [Example("cutover status", "Shows the open rollout, or the last one.")]
  static let seeAlso = ["watch", "history"]

  var environment: String?
  var isJSON = false
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    let book = try await journal.open(.read, in: context)
    guard let selection = try await Selection.latest(in: environment, of: book) else {
      throw Refusal(
        .usage, "there was no rollout yet" + (environment.map { " in \($0)" } ?? ""),
        hint: "Start one with 'cutover run PLAYBOOK'.")
    }
    let record = selection.record
    let loaded = try await LoadedRollout.load(record, from: book, wiring: context.wiring)
    let recorded = try await book.environments().first { $0.name == record.environment }
    let report = StatusReport(
      loaded: loaded, environment: recorded, lease: try await book.lease(on: record.environment),
      now: context.wiring.clock.now(),
      next: NextCommand(
        journal: journal,
        environment: selection.needsEnvironment ? record.environment : nil))
    if isJSON {
      context.console.write(report.json.text + "\n")
    } else {
      context.console.show(report.lines)
    }
    return ExitCode.done.rawValue
  }
}
