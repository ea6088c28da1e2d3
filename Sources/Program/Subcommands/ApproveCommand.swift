internal import Commands
internal import Rollouts

struct ApproveCommand: Command {
  static let name = "approve"
  static let summary = "Open a gate that waits for a person."
  static let discussion = """
    The gate says whose word it needs, and whether it wants a comment.
    """
  static let fields = Field<Self>.shared(
    \.steering, SteeringOptions.saying(.step, .comment("What you checked, for the history.")))
  static let examples = [
    Example("cutover approve go-live --role release -m 'checked'", "Lets the rollout go on.")
  ]
  static let seeAlso = ["reject", "status"]

  var steering = SteeringOptions()

  func run(in context: Context) async throws -> Int32 {
    try await steering.ask(in: context, becomesDriver: false) { .approve(step: steering.step, $0) }
  }
}
