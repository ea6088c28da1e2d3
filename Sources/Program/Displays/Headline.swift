internal import Resources
internal import Rollouts

/// The first line about a rollout.
enum Headline {
  static func line(_ record: RolloutRecord, _ machine: RolloutMachine) -> Line {
    let settled = machine.steps.filter(\.isSettledForward).count
    let way = machine.isBackward ? "back to \(record.from.rawValue)" : nil
    var line: Line =
      "\(record.environment, .strong)  \(record.from.rawValue) → \(record.to.rawValue)"
    if let way { line += ", \(way, .warning)" }
    return line + "\("  rollout \(record.id)", .faint)  "
      + "\(settled) of \(Words.count(machine.steps.count, "step"))"
  }
}
