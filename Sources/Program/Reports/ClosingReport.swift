internal import Resources
internal import Rollouts

/// The last lines after a rollout was driven.
enum ClosingReport {
  static func closing(
    _ loaded: LoadedRollout, _ code: ExitCode, next: NextCommand, now: Timestamp
  ) -> Closing {
    let machine = loaded.machine
    let outlook = Outlook(machine, record: loaded.record, driving: .broken, next: next)
    var lines: [Line] = [
      "Rollout \(loaded.record.id, .strong) of \(loaded.record.environment): " + outlook.sentence
        + "\(" after \(Words.span(now - loaded.record.started))", .faint)"
    ]
    for step in machine.steps {
      guard case .stopped(_, let failure) = step.state else { continue }
      lines.append("  \("✗", .bad) \(step.id, .strong): \(failure.summary)")
      lines += Visible.lines(failure.hint).map { Line("      \($0)") }
    }
    if machine.outcome == .completed {
      let ledgers = machine.steps.flatMap { $0.report?.ledgers ?? [] }
      lines += ledgers.map { "  \(LedgerLine.line($0))" }
    }
    return Closing(
      code: code, record: loaded.record, machine: machine, lines: lines,
      commands: outlook.commands)
  }
}
