internal import Commands
internal import Rollouts

struct ResumeCommand: Command {
  static let name = "resume"
  static let summary = "Carry on with a paused or interrupted rollout."
  static let discussion = """
    Becomes the driver, unless one lives. The stored playbook is used, never a changed file. A \
    driver that died is found out and replaced.
    """
  static let fields = Field<Self>.shared(
    \.steering, SteeringOptions.driving(.reason()))
  static let examples = [
    Example("cutover resume", "Carries on where the rollout stopped.")
  ]
  static let seeAlso = ["status", "pause"]

  var steering = SteeringOptions()

  func run(in context: Context) async throws -> Int32 {
    try await steering.ask(in: context, becomesDriver: !steering.noRun) { .resume($0) }
  }
}
