internal import Commands
internal import Rollouts

struct RejectCommand: Command {
  static let name = "reject"
  static let summary = "Close a gate: the rollout stops there."
  static let discussion = """
    The rollout then stops at the gate, or turns back if its playbook says so.
    """
  static let fields = Field<Self>.shared(
    \.steering, SteeringOptions.saying(.step, .comment("Why not, for the history.")))
  static let examples = [
    Example("cutover reject go-live -m 'the logo is wrong'", "Stops the rollout.")
  ]
  static let seeAlso = ["approve", "rollback"]

  var steering = SteeringOptions()

  func run(in context: Context) async throws -> Int32 {
    try await steering.ask(in: context, becomesDriver: false) { .reject(step: steering.step, $0) }
  }
}
