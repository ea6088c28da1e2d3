internal import Commands
internal import Resources
internal import Rollouts

struct WatchCommand: Command {
  static let name = "watch"
  static let summary = "Follow a rollout that another process drives."
  static let discussion = """
    Shows what goes into the journal as it is written, and ends when the rollout ends, stops or \
    is paused. Its exit code is what the driver's will be. Ctrl-C ends the watching only.
    """
  static let fields: [Field<Self>] =
    [
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .flag("json", \.isJSON, "One JSON object a line."),
    ] + Field.shared(\.journal, JournalOption.fields)
  static let examples = [Example("cutover watch", "Follows the open rollout.")]
  static let seeAlso = ["status", "pause"]

  var environment: String?
  var isJSON = false
  var journal = JournalOption()

  private static let interval: Duration = .milliseconds(250)

  func run(in context: Context) async throws -> Int32 {
    let book = try await journal.open(.read, in: context)
    let selection = try await Selection.open(in: environment, of: book)
    var loaded = try await LoadedRollout.load(
      selection.record, from: book, wiring: context.wiring)
    let display = Displays.make(
      DisplayKind(isJSON: isJSON, screen: context.console.screen), in: context)
    let next = NextCommand(
      journal: journal,
      environment: selection.needsEnvironment ? selection.record.environment : nil)
    display.begin(loaded.record, loaded.machine)
    while true {
      let isDriven = try await Helm.isDriven(loaded.record.environment, in: book)
      try await loaded.catchUp(from: book) { fact, machine in display.take(.fact(fact, machine)) }
      if let code = code(loaded.machine, isDriven: isDriven) {
        display.end(
          ClosingReport.closing(loaded, code, next: next, now: context.wiring.clock.now()))
        return code.rawValue
      }
      try await context.wiring.clock.sleep(for: Self.interval)
    }
  }

  /// How the rollout rests; nil while it is driven.
  private func code(_ machine: RolloutMachine, isDriven: Bool) -> ExitCode? {
    switch machine.outcome {
    case .completed: return .done
    case .rolledBack: return .rolledBack
    case nil: break
    }
    if isDriven { return nil }
    return machine.steps.contains(where: \.isStopped) ? .stuck : .waiting
  }
}
