internal import Commands
internal import Rollouts

struct PauseCommand: Command {
  static let name = "pause"
  static let summary = "Pause a rollout at the next checkpoint."
  static let discussion = """
    Costs nothing and may last for weeks: nothing is undone, and 'cutover resume' carries on where \
    it stopped.
    """
  static let fields: [Field<Self>] =
    [
      .option(
        "reason", letter: "m", \.reason, "text", "Why, for the history.")
    ]
    + Field.shared(\.steering, SteeringOptions.saying)
  static let examples = [
    Example("cutover pause --reason 'waiting for the night'", "Stops at the next checkpoint.")
  ]
  static let seeAlso = ["resume", "status"]

  var reason = ""
  var steering = SteeringOptions()

  func run(in context: Context) async throws -> Int32 {
    try await steering.ask(reason, in: context, becomesDriver: false) { .pause($0) }
  }
}
