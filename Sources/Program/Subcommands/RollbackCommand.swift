internal import Commands
internal import Rollouts

struct RollbackCommand: Command {
  static let name = "rollback"
  static let summary = "Undo every step that was begun, in reverse order."
  static let discussion = """
    As durable as going forward: it can be paused, killed and resumed. Refused once the point of \
    no return is passed; what is gone is named then.
    """
  static let fields = Field<Self>.shared(
    \.steering, SteeringOptions.driving(.reason(required: true)))
  static let examples = [
    Example("cutover rollback --reason 'errors on the new stack'", "Goes back to stack A.")
  ]
  static let seeAlso = ["status", "pause"]

  var steering = SteeringOptions()

  func run(in context: Context) async throws -> Int32 {
    try await steering.ask(in: context, becomesDriver: !steering.noRun, wantsRollback: true) {
      .rollback($0)
    }
  }
}
