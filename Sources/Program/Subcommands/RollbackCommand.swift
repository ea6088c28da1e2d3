internal import Commands
internal import Rollouts

struct RollbackCommand: Command {
  static let name = "rollback"
  static let summary = "Undo every step that was begun, in reverse order."
  static let discussion = """
    As durable as going forward: it can be paused, killed and resumed. Refused once the point of \
    no return is passed; what is gone is named then.

    With --completed it takes back the newest rollout that has ended well, such as a migration of \
    tables, by what was recorded and kept when it ran: a new rollout begins where that one ended, \
    and goes backwards. Again, it takes back the one before. Refused when it made a colour live: \
    run the playbook the other way then.
    """
  static let fields =
    [
      Field<Self>.flag(
        "completed", \.isOfCompleted, "Take back the newest rollout that has completed.")
    ]
    + Field<Self>.shared(\.steering, SteeringOptions.driving(.reason(required: true)))
  static let examples = [
    Example("cutover rollback --reason 'errors on the new stack'", "Goes back to stack A."),
    Example(
      "cutover rollback --completed --reason 'wrong table'",
      "Takes back a migration that has completed."),
  ]
  static let seeAlso = ["status", "pause"]

  var steering = SteeringOptions()
  var isOfCompleted = false

  func problem() -> String? {
    isOfCompleted && steering.noRun ? "--completed does not go with --no-run" : nil
  }

  func run(in context: Context) async throws -> Int32 {
    if isOfCompleted {
      return try await CompletedRollback(
        context: context.using(steering.cloud), option: steering.journal, drive: steering.drive,
        person: steering.person, reason: steering.words
      ).run(in: steering.environment).rawValue
    }
    return try await steering.ask(in: context, becomesDriver: !steering.noRun, wantsRollback: true)
    {
      .rollback($0)
    }
  }
}
