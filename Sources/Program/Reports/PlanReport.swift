internal import JSON
internal import Resources
internal import Rollouts

/// What `cutover plan` shows.
struct PlanReport {
  let preview: Preview

  var lines: [Line] {
    var lines: [Line] = [
      "\(preview.environment, .strong)  \(preview.from.rawValue) → \(preview.to.rawValue)  "
        + "\(Words.count(preview.steps.count, "step")), nothing was changed",
      .empty,
    ]
    let width = preview.steps.map { Width.of($0.id) }.max() ?? 0
    for (index, step) in preview.steps.enumerated() {
      if index == preview.pointOfNoReturn { lines += [Self.border] }
      let isFirst = index == 0 || preview.steps[index - 1].wave != step.wave
      lines += self.lines(of: step, number: isFirst ? step.wave : nil, idWidth: width)
    }
    return lines + [.empty] + forecast
  }

  /// The line after which there is no way back.
  private static let border = Line(
    "━━━━ point of no return: from here on it cannot be rolled back ━━━━", .warning)

  private func lines(of step: Preview.Step, number: Int?, idWidth: Int) -> [Line] {
    let place = number.map { String($0) } ?? ""
    var head = Line(place, .faint).padded(to: 3)
    head += Line(step.id, .strong).padded(to: idWidth) + "  \(step.action, .accent)"
    if step.definition.promotes { head += "\("  makes \(preview.to.rawValue) live", .good)" }
    if let amount = amount(step.estimate) { head += "\("  \(amount)", .faint)" }
    let indent = String(repeating: " ", count: 5 + idWidth)
    let title: [Line] = step.title.map { ["\(indent)\($0, .faint)"] } ?? []
    let below = details(of: step).map { line -> Line in "\(indent)\(line)" }
    return [head] + title + below
  }

  private func details(of step: Preview.Step) -> [Line] {
    var lines: [Line] =
      switch step.outcome {
      case .planned(let plan):
        plan.changes.isEmpty
          ? [Line("changes nothing", .faint)] : plan.changes.map { Line($0) }
      case .later(let reason):
        ["\("planned when it is reached", .faint): \(reason, .faint)"]
      case .failed(let failure):
        [Line(failure.summary, .bad)] + Visible.lines(failure.hint).map { Line($0) }
      }
    switch step.reversal {
    case .exact: break
    case .compensating(let text):
      lines.append(
        step.isReversible
          ? Line("undo: \(text)", .faint) : Line("cannot be undone as it is written", .warning))
    case .none(let reason):
      if !step.isReversible { lines.append(Line("cannot be undone: \(reason)", .warning)) }
    }
    return lines
  }

  private func amount(_ estimate: Estimate?) -> String? {
    guard let estimate else { return nil }
    var parts: [String] = []
    if let items = estimate.items { parts.append(Words.count(items, "item")) }
    if let bytes = estimate.bytes { parts.append(Words.bytes(bytes)) }
    if let seconds = estimate.seconds, seconds > 0 { parts.append("about \(Self.span(seconds))") }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private var forecast: [Line] {
    let forecast = Forecast(preview)
    let least = forecast.unknown.isEmpty ? "about" : "at least"
    var lines: [Line] = ["Time: \(least) \(Self.span(forecast.seconds), .strong)"]
    if !forecast.unknown.isEmpty {
      lines[0] += "\(" (not told by \(forecast.unknown.joined(separator: ", ")))", .faint)"
    }
    if let downtime = forecast.downtimeSeconds {
      lines.append("Downtime: \(least) \(Self.span(downtime), .strong)")
    } else {
      lines.append("Downtime: none foreseen")
    }
    let gates = preview.steps.filter(\.definition.isGate).map(\.id)
    if !gates.isEmpty {
      lines.append("Waits for people at \(gates.joined(separator: ", ")), not counted above.")
    }
    if preview.pointOfNoReturn == nil { lines.append("It can be rolled back from every step.") }
    return lines
  }

  private static func span(_ seconds: Double) -> String {
    Words.span(.milliseconds(Int64(min(seconds, 1e12) * 1000)))
  }
}

extension PlanReport {
  /// The same as one object; kept in the journal for the reader of the history.
  var json: JSONValue {
    let forecast = Forecast(preview)
    return .object([
      .init("environment", .string(preview.environment)),
      .init("from", .string(preview.from.rawValue)), .init("to", .string(preview.to.rawValue)),
      .init("steps", .array(preview.steps.map(Self.json))),
      .init("seconds", .number(Words.decimal(forecast.seconds))),
      .init(
        "downtimeSeconds",
        forecast.downtimeSeconds.map { .number(Words.decimal($0)) } ?? .null),
      .init("untold", .array(forecast.unknown.map { .string($0) })),
      .init(
        "pointOfNoReturn",
        FactJSON.text(preview.pointOfNoReturn.map { preview.steps[$0].id })),
    ])
  }

  private static func json(_ step: Preview.Step) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("id", .string(step.id)), .init("action", .string(step.action)),
      .init("wave", JSONValue(step.wave)), .init("after", .array(step.after.map { .string($0) })),
      .init("promotes", .bool(step.definition.promotes)),
      .init("gate", .bool(step.definition.isGate)),
      .init("reversible", .bool(step.isReversible)),
    ]
    switch step.outcome {
    case .planned(let plan):
      members.append(.init("changes", .array(plan.changes.map { .string($0) })))
      if let items = plan.estimate.items { members.append(.init("items", JSONValue(items))) }
      if let bytes = plan.estimate.bytes { members.append(.init("bytes", JSONValue(bytes))) }
      if let seconds = plan.estimate.seconds {
        members.append(.init("seconds", .number(Words.decimal(seconds))))
      }
    case .later(let reason): members.append(.init("later", .string(reason)))
    case .failed(let failure):
      members.append(
        .init("problem", ["summary": .string(failure.summary), "hint": .string(failure.hint)]))
    }
    return .object(members)
  }
}
