internal import Commands
internal import Rollouts

struct SkipCommand: Command {
  static let name = "skip"
  static let summary = "Go on without a step."
  static let discussion = """
    For a step that waits or has stopped. The reason goes into the history. The step that makes \
    the other colour live cannot be skipped. While rolling back, a step whose undo failed is left \
    as it is.
    """
  static let fields = Field<Self>.shared(
    \.steering, SteeringOptions.driving(.step, .reason(required: true)))
  static let examples = [
    Example("cutover skip copy-users --reason 'done by hand'", "Goes on without the step.")
  ]
  static let seeAlso = ["retry", "rollback"]

  var steering = SteeringOptions()

  func run(in context: Context) async throws -> Int32 {
    try await steering.ask(in: context, becomesDriver: !steering.noRun) {
      .skip(step: steering.step, $0)
    }
  }
}
