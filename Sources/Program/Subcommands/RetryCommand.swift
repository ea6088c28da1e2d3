internal import Commands
internal import Rollouts

struct RetryCommand: Command {
  static let name = "retry"
  static let summary = "Try a stopped step again."
  static let discussion = """
    Carries on from the step's last checkpoint; a step that did not pass its check is done anew.
    """
  static let fields: [Field<Self>] =
    [
      .positional("step", \.step, "The id of the step."),
      .option(
        "reason", letter: "m", \.reason, "text", "Why, for the history."),
    ]
    + Field.shared(\.steering, SteeringOptions.driving)
  static let examples = [
    Example("cutover retry migrate-tables", "Tries again after its cause was mended.")
  ]
  static let seeAlso = ["skip", "rollback"]

  var step = ""
  var reason = ""
  var steering = SteeringOptions()

  func run(in context: Context) async throws -> Int32 {
    try await steering.ask(reason, in: context, becomesDriver: !steering.noRun) {
      .retry(step: step, $0)
    }
  }
}
