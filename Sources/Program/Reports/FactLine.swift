internal import Resources
internal import Rollouts

/// A fact in the words of a history.
enum FactLine {
  /// The lines of a fact: what happened, and below it what is worth reading beside it.
  static func lines(
    _ record: FactRecord, idWidth: Int, showsDate: Bool, machine: RolloutMachine?
  ) -> [Line] {
    let time = showsDate ? Words.dateAndClock(record.at) : Words.clock(record.at)
    let (mark, tone) = mark(record.fact)
    let id = Line(record.fact.step ?? "", .strong).padded(to: idWidth)
    let text = text(record.fact, machine)
    let head: Line = "\(time, .faint)  \(mark, tone) \(id)  \(text[0])"
    let indent = String(repeating: " ", count: time.count + 4 + idWidth + 2)
    return [head] + text.dropFirst().map { "\(indent)\($0)" }
  }

  static func mark(_ fact: Fact) -> (String, Line.Tone) {
    switch fact {
    case .started, .attached, .resumed: ("▸", .accent)
    case .planned, .applied, .retryDue, .noted: ("·", .faint)
    case .verified(_, let verification): verification.verdict.isPassed ? ("✓", .good) : ("✗", .bad)
    case .approved, .completed: ("✓", .good)
    case .crossed: ("━", .warning)
    case .failed(_, _, _, _, let retryAt): retryAt == nil ? ("✗", .bad) : ("↺", .warning)
    case .rejected: ("✗", .bad)
    case .retried: ("▸", .accent)
    case .skipped: ("–", .warning)
    case .paused: ("⏸", .warning)
    case .rollbackRequested: ("◂", .warning)
    case .writesLimited: ("·", .accent)
    case .undone, .rolledBack: ("◂", .warning)
    }
  }

  /// At least one line; what a fact means to the reader.
  static func text(_ fact: Fact, _ machine: RolloutMachine?) -> [Line] {
    switch fact {
    case .started(let by): ["started by \(by.name, .strong)\(reason(by))"]
    case .attached(let driver, nil): ["driven by \(driver)"]
    case .attached(let driver, let former?): ["driven by \(driver), taken over from \(former)"]
    case .planned(_, _, let changes): planned(changes)
    case .crossed: [Line("passing the point of no return", .warning)]
    case .applied(_, let report): applied(report)
    case .verified(_, let verification): verified(verification)
    case .failed(_, let phase, let attempt, let failure, let retryAt):
      failed(phase, attempt, failure, retryAt)
    case .retryDue: ["trying again"]
    case .approved(_, let by): ["approved by \(by.name, .strong)\(role(by))\(reason(by))"]
    case .rejected(_, let by): ["rejected by \(by.name, .strong)\(role(by))\(reason(by))"]
    case .retried(_, let by): ["to be tried again, says \(by.name, .strong)\(reason(by))"]
    case .skipped(_, let by): ["skipped by \(by.name, .strong)\(reason(by))"]
    case .paused(let by): ["paused by \(by.name, .strong)\(reason(by))"]
    case .resumed(let by): ["resumed by \(by.name, .strong)\(reason(by))"]
    case .rollbackRequested(let by): ["rollback asked for by \(by.name, .strong)\(reason(by))"]
    case .writesLimited(let rate?, let by):
      [
        "writes limited to \(rate) units a second a table by \(by.name, .strong)\(reason(by))"
      ]
    case .writesLimited(nil, let by):
      ["the limit on writes taken away by \(by.name, .strong)\(reason(by))"]
    case .undone: ["undone"]
    case .noted(_, let text): Visible.lines(text).map { Line($0, .faint) }
    case .completed: [completed(machine)]
    case .rolledBack: [rolledBack(machine)]
    }
  }

  private static func reason(_ person: Person) -> Line {
    person.reason.isEmpty ? .empty : ": \(person.reason)"
  }

  private static func role(_ person: Person) -> Line {
    person.role.map { " (\($0))" } ?? .empty
  }

  private static func planned(_ changes: [String]) -> [Line] {
    guard let first = changes.first else { return ["begins; nothing needs to be changed"] }
    if changes.count == 1 { return ["begins: \(first)"] }
    return ["begins, \(Words.count(changes.count, "change")):"] + changes.map { "  \($0)" }
  }

  private static func applied(_ report: StepReport) -> [Line] {
    ["applied, to be checked"] + report.notes.map { Line("  \($0)") }
      + report.ledgers.map { "  \(LedgerLine.line($0))" }
  }

  private static let ledgersNamedMax = 3

  private static func verified(_ verification: Verification) -> [Line] {
    let ledgers = verification.ledgers.map { ledger -> Line in "  \(LedgerLine.line(ledger))" }
    return switch verification.verdict {
    // The ledgers below say the same of each; a dozen of them in one line would be read by nobody.
    case .passed where ledgers.count > ledgersNamedMax:
      ["done: all \(Words.count(ledgers.count)) copies are proven"] + ledgers
    case .passed(let detail): ["done: \(detail)"] + ledgers
    case .failed(let detail): ["\("did not pass its check", .bad): \(detail)"] + ledgers
    case .inconclusive(let detail):
      ["\("nobody can tell whether it worked", .warning): \(detail)"] + ledgers
    }
  }

  private static func failed(
    _ phase: Phase, _ attempt: Int, _ failure: Failure, _ retryAt: Timestamp?
  ) -> [Line] {
    let what: Line = "\(verb(phase)), attempt \(attempt): \(failure.summary)"
    if let retryAt { return [what + ", again at \(Words.clock(retryAt))"] }
    let hint = failure.hint.isEmpty ? [] : Visible.lines(failure.hint).map { Line("  \($0)") }
    return ["\("stopped", .bad), \(what)"] + hint
  }

  private static func verb(_ phase: Phase) -> String {
    switch phase {
    case .plan: "planning failed"
    case .apply: "failed"
    case .verify: "checking failed"
    case .undo: "undoing failed"
    }
  }

  private static func completed(_ machine: RolloutMachine?) -> Line {
    guard let machine else { return Line("completed", .good) }
    return "\("completed", .good); \(machine.live.rawValue, .strong) is live"
  }

  private static func rolledBack(_ machine: RolloutMachine?) -> Line {
    guard let machine else { return Line("rolled back", .warning) }
    return "\("rolled back", .warning); \(machine.live.rawValue, .strong) is live"
  }
}
