internal import Resources
internal import Rollouts

/// One step of a status report.
enum StepLine {
  /// The lines of a step; `halt` says why nothing moves although the step was begun.
  static func lines(
    _ step: RolloutMachine.Step, times: Timeline.Times, halt: String?, idWidth: Int,
    now: Timestamp
  ) -> [Line] {
    // A gate asks whether or not somebody drives.
    let halt = step.isActive && !step.asks || step.isBackingOff ? halt : nil
    let (mark, tone): (String, Line.Tone) = halt == nil ? mark(step) : ("⏸", .warning)
    let id = Line(step.id, .strong).padded(to: idWidth)
    var head: Line = "  \(mark, tone) \(id)  \(word(step, halt), tone)"
    if halt == nil, let span = span(times, step, now) { head += "\(", \(span)", .faint)" }
    if step.definition.promotes { head += "\(", makes the other colour live", .faint)" }
    if step.hasCrossed { head += "\(", past the point of no return", .warning)" }
    let indent = String(repeating: " ", count: 6 + idWidth)
    return [head] + details(step, times).map { "\(indent)\($0)" }
  }

  static func mark(_ step: RolloutMachine.Step) -> (String, Line.Tone) {
    switch step.state {
    case .waiting: ("○", .faint)
    case .active: step.asks ? ("●", .warning) : ("▸", .accent)
    case .backingOff: ("↺", .warning)
    case .stopped: ("✗", .bad)
    case .done: step.omission == nil ? ("✓", .good) : ("–", .faint)
    case .skipped, .left: ("–", .warning)
    case .undone: ("◂", .warning)
    }
  }

  private static func word(_ step: RolloutMachine.Step, _ halt: String?) -> String {
    if step.asks { return "asks" }
    if step.state == .done, let reason = step.omission { return "left out: \(reason)" }
    return halt.map { "\($0) while \(step.state.word)" } ?? step.state.word
  }

  private static func span(
    _ times: Timeline.Times, _ step: RolloutMachine.Step, _ now: Timestamp
  ) -> String? {
    guard let began = times.began else { return nil }
    switch step.state {
    case .active, .backingOff: return "for " + Words.span(now - began)
    case .done where step.omission != nil: return nil
    case .done: return times.ended.map { "took " + Words.span($0 - began) }
    case .waiting, .stopped, .undone, .left, .skipped: return nil
    }
  }

  private static func details(_ step: RolloutMachine.Step, _ times: Timeline.Times) -> [Line] {
    switch step.state {
    case .stopped(_, let failure):
      return [Line(failure.summary, .bad)] + Visible.lines(failure.hint).map { Line($0) }
    case .backingOff(let phase, let attempt, let until):
      return ["\(phase.rawValue), attempt \(attempt) at \(Words.clock(until))"]
    case .active:
      if step.asks, let rule = step.definition.gateRule { return [asked(rule)] }
      return times.note.map { [Line($0, .faint)] } ?? []
    case .done: return (step.report?.ledgers ?? []).map(LedgerLine.line)
    case .waiting:
      let after = step.definition.after
      return after.isEmpty ? [] : [Line("after \(after.joined(separator: ", "))", .faint)]
    case .skipped, .undone, .left: return []
    }
  }

  private static func asked(_ rule: GateRule) -> Line {
    var line: Line = "waits for the word of "
    if !rule.people.isEmpty { line += "\(rule.people.joined(separator: " or "))" }
    if let role = rule.role { line += rule.people.isEmpty ? "the role \(role)" : " as \(role)" }
    if rule.people.isEmpty, rule.role == nil { line += "anybody" }
    return rule.isCommentRequired ? line + ", with a comment" : line
  }
}
