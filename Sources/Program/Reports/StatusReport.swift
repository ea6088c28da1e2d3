internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// What `cutover status` shows.
struct StatusReport {
  let loaded: LoadedRollout
  let environment: EnvironmentRecord?
  let lease: Lease?
  let now: Timestamp
  let next: NextCommand

  private var machine: RolloutMachine { loaded.machine }

  private var driving: Outlook.Driving {
    switch lease?.holder.liveness {
    case .alive, .unknown: .driven
    case .dead: .broken
    case nil: .idle
    }
  }

  /// Why nothing moves, if nothing does.
  private var halt: String? {
    if machine.outcome != nil { return nil }
    if machine.pause != nil { return "paused" }
    return switch driving {
    case .driven: nil
    case .broken: "interrupted"
    case .idle: "not driven"
    }
  }

  private var outlook: Outlook {
    Outlook(machine, record: loaded.record, driving: driving, next: next)
  }

  var lines: [Line] {
    let width = machine.steps.map { Width.of($0.id) }.max() ?? 0
    var lines: [Line] = []
    if let environment {
      lines.append(
        "\(environment.name, .strong)  \(environment.live.rawValue, .good) is live"
          + "\(" since \(Words.dateAndClock(environment.since))", .faint)")
    }
    let record = loaded.record
    lines.append(
      "rollout \(record.id, .strong)  \(record.from.rawValue) → \(record.to.rawValue)  "
        + outlook.sentence + "\("  begun \(Words.dateAndClock(record.started))", .faint)")
    if let driver { lines.append(driver) }
    if machine.outcome == nil, let rate = machine.writeRateMax {
      lines.append("writes limited to \(rate) units a second a table")
    }
    if case .backward(let person) = machine.direction, machine.outcome == nil {
      lines.append(
        "\("rolling back", .warning), asked by \(person.name)"
          + (person.reason.isEmpty ? Line.empty : ": \(person.reason)"))
    }
    if machine.outcome == nil { lines += machine.steps.compactMap(clock) }
    lines.append(.empty)
    for step in machine.steps {
      lines += StepLine.lines(
        step, times: loaded.timeline.steps[step.id] ?? Timeline.Times(),
        halt: halt, idWidth: width, now: now)
    }
    if let step = machine.pointOfNoReturn {
      lines.append(Line("The point of no return is passed (\(step.id)).", .warning))
    }
    return lines + NextCommand.line(outlook.commands)
  }

  /// The clock by which a step must be done, while it runs.
  private func clock(_ step: RolloutMachine.Step) -> Line? {
    guard let clock = machine.clock(of: step) else { return nil }
    let since = "\(clock.deadline.within.text) after \(clock.deadline.since) began"
    let end = Words.dateAndClock(clock.end)
    if now >= clock.end {
      return "\("too late", .bad): \(step.id) was to be done by \(end), \(since)"
    }
    let left = Words.span(clock.end - now)
    let isNear = clock.warning.map { now >= $0 } ?? false
    return Line("\(left) left", isNear ? .warning : .plain)
      + " for \(step.id), until \(end), \(since)"
  }

  private var driver: Line? {
    guard let lease else {
      return machine.outcome == nil ? Line("nobody drives it", .faint) : nil
    }
    let heard = Words.span(now - lease.heartbeat)
    let since = Words.dateAndClock(lease.acquired)
    switch lease.holder.liveness {
    case .alive: return "driven by \(lease.holder) since \(since), heard of \(heard) ago"
    case .dead(let reason):
      return "\("its driver is gone", .warning): \(lease.holder), since \(since); \(reason)"
    case .unknown(let reason):
      return "driven by \(lease.holder) since \(since), heard of \(heard) ago; \(reason)"
    }
  }
}

extension StatusReport {
  /// The same as one object.
  var json: JSONValue {
    let record = loaded.record
    var members: [JSONValue.Member] = [
      .init("environment", .string(record.environment)),
      .init("live", .string((environment?.live ?? machine.live).rawValue)),
      .init("rollout", .string(record.id)),
      .init("from", .string(record.from.rawValue)), .init("to", .string(record.to.rawValue)),
      .init("started", FactJSON.moment(record.started)),
      .init("ended", record.ended.map { FactJSON.moment($0) } ?? .null),
      .init("outcome", FactJSON.text(machine.outcome?.rawValue)),
      .init("direction", .string(machine.isBackward ? "backward" : "forward")),
      .init("paused", .bool(machine.pause != nil)),
      .init("maxWriteRate", machine.writeRateMax.map { JSONValue($0) } ?? .null),
      .init("state", .string(outlook.sentence.text)),
      .init("facts", JSONValue(loaded.timeline.lastSequence)),
    ]
    if let lease { members.append(.init("lease", Self.json(lease))) }
    let clocks = machine.steps.compactMap { step in machine.clock(of: step).map { (step.id, $0) } }
    if machine.outcome == nil, !clocks.isEmpty {
      members.append(
        .init(
          "clocks",
          .array(
            clocks.map { id, clock in
              [
                "step": .string(id), "since": .string(clock.deadline.since),
                "began": FactJSON.moment(clock.began), "end": FactJSON.moment(clock.end),
              ]
            })))
    }
    members.append(.init("steps", .array(machine.steps.map(json))))
    members.append(.init("next", .array(outlook.commands.map { .string($0) })))
    return .object(members)
  }

  private static func json(_ lease: Lease) -> JSONValue {
    let liveness =
      switch lease.holder.liveness {
      case .alive: "alive"
      case .dead: "dead"
      case .unknown: "unknown"
      }
    return [
      "person": .string(lease.holder.person), "host": .string(lease.holder.host),
      "pid": JSONValue(lease.holder.pid), "epoch": JSONValue(lease.epoch),
      "acquired": FactJSON.moment(lease.acquired),
      "heartbeat": FactJSON.moment(lease.heartbeat), "liveness": .string(liveness),
    ]
  }

  private func json(_ step: RolloutMachine.Step) -> JSONValue {
    let times = loaded.timeline.steps[step.id]
    var members: [JSONValue.Member] = [
      .init("id", .string(step.id)), .init("action", .string(step.definition.action)),
      .init("state", .string(step.state.word)),
      .init("asks", .bool(step.asks)),
      .init("began", times?.began.map { FactJSON.moment($0) } ?? .null),
      .init("ended", times?.ended.map { FactJSON.moment($0) } ?? .null),
    ]
    if let reason = step.omission { members.append(.init("leftOut", .string(reason))) }
    if case .stopped(let phase, let failure) = step.state {
      members.append(.init("phase", .string(phase.rawValue)))
      members.append(
        .init("failure", ["summary": .string(failure.summary), "hint": .string(failure.hint)]))
    }
    if case .backingOff(_, let attempt, let until) = step.state {
      members.append(.init("attempt", JSONValue(attempt)))
      members.append(.init("until", FactJSON.moment(until)))
    }
    let ledgers = step.report?.ledgers ?? []
    if !ledgers.isEmpty {
      members.append(
        .init("ledgers", .array(ledgers.compactMap { try? JSONValue(encoding: $0) })))
    }
    return .object(members)
  }
}
