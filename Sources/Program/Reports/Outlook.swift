internal import Resources
internal import Rollouts

/// Where a rollout stands, in a sentence, and what a person can do about it.
struct Outlook {
  /// Whose hands it is in.
  enum Driving {
    case driven
    /// Its driver was cut off.
    case broken
    /// Its driver let go of it in order.
    case idle
  }

  let sentence: Line
  let commands: [String]

  init(_ machine: RolloutMachine, record: RolloutRecord, driving: Driving, next: NextCommand) {
    if let outcome = machine.outcome {
      sentence = Self.ended(outcome, machine)
      commands = [next("history", record.id)]
      return
    }
    let undoing = machine.isBackward ? "being rolled back" : "under way"
    if let pause = machine.pause {
      sentence =
        "\("paused", .warning) by \(pause.name)"
        + (pause.reason.isEmpty ? Line.empty : ": \(pause.reason)")
      commands = [next("resume")] + Self.rollback(machine, next)
      return
    }
    let stopped = machine.steps.filter { $0.isStopped }
    let gates = machine.steps.filter { $0.asks }
    if let first = stopped.first {
      sentence = "\("stopped", .bad) at \(stopped.map(\.id).joined(separator: ", "))"
      commands =
        [next("retry", first.id), next("skip", first.id, "--reason", "TEXT")]
        + Self.rollback(machine, next)
    } else if let gate = gates.first {
      sentence = "\("waits", .warning) for a person at \(gates.map(\.id).joined(separator: ", "))"
      let words = Self.words(for: gate.definition.gateRule)
      commands = [next(["approve", gate.id] + words), next(["reject", gate.id] + words)]
    } else {
      switch driving {
      case .driven:
        sentence = "\(undoing)"
        commands = [next("watch")]
      case .broken:
        sentence = "\("interrupted", .warning) while \(undoing)"
        commands = [next("resume")] + Self.rollback(machine, next)
      case .idle:
        sentence = "\(undoing), and \("nobody drives it", .warning)"
        commands = [next("resume")] + Self.rollback(machine, next)
      }
    }
  }

  /// What the answer to a gate has to say.
  private static func words(for rule: GateRule?) -> [String] {
    guard let rule else { return [] }
    return (rule.role.map { ["--role", $0] } ?? [])
      + (rule.isCommentRequired ? ["--comment", "TEXT"] : [])
  }

  private static func ended(_ outcome: RolloutMachine.Outcome, _ machine: RolloutMachine) -> Line {
    switch outcome {
    case .completed: "\("completed", .good); \(machine.live.rawValue, .strong) is live"
    case .rolledBack: "\("rolled back", .warning); \(machine.live.rawValue, .strong) is live"
    }
  }

  private static func rollback(_ machine: RolloutMachine, _ next: NextCommand) -> [String] {
    machine.rollbackRefusal == nil ? [next("rollback", "--reason", "TEXT")] : []
  }
}

extension RolloutMachine.Step {
  var isStopped: Bool {
    if case .stopped = state { true } else { false }
  }

  /// Whether the step is a gate that waits for an answer now.
  var asks: Bool {
    guard isGate, case .active(.apply, _) = state else { return false }
    return true
  }

  var isBackingOff: Bool {
    if case .backingOff = state { true } else { false }
  }

  /// Whether a verb of the step is under way or due.
  var isActive: Bool {
    if case .active = state { true } else { false }
  }
}
