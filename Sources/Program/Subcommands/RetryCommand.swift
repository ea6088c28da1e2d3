internal import Commands
internal import Rollouts

struct RetryCommand: Command {
  static let name = "retry"
  static let summary = "Try a stopped step again."
  static let discussion = """
    Carries on from the step's last checkpoint; a step that did not pass its check is done anew. \
    What waits for something has its whole time again.
    """
  static let fields = Field<Self>.shared(
    \.steering, SteeringOptions.driving(.step, .reason()))
  static let examples = [
    Example("cutover retry migrate-tables", "Tries again after its cause was mended.")
  ]
  static let seeAlso = ["skip", "rollback"]

  var steering = SteeringOptions()

  func run(in context: Context) async throws -> Int32 {
    try await steering.ask(in: context, becomesDriver: !steering.noRun) {
      .retry(step: steering.step, $0)
    }
  }
}
