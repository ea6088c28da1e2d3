internal import Commands
internal import Rollouts

struct PauseCommand: Command {
  static let name = "pause"
  static let summary = "Pause a rollout at the next checkpoint."
  static let discussion = """
    Costs nothing and may last for weeks: nothing is undone, and 'cutover resume' carries on where \
    it stopped.
    """
  static let fields = Field<Self>.shared(
    \.steering, SteeringOptions.saying(.reason()))
  static let examples = [
    Example("cutover pause --reason 'waiting for the night'", "Stops at the next checkpoint.")
  ]
  static let seeAlso = ["resume", "status"]

  var steering = SteeringOptions()

  func run(in context: Context) async throws -> Int32 {
    try await steering.ask(in: context, becomesDriver: false) { .pause($0) }
  }
}
