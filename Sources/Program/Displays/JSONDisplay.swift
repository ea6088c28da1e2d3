internal import JSON
internal import Resources
internal import Rollouts
internal import Synchronization

/// One JSON object a line: facts, readings, refusals, notes and the ending.
final class JSONDisplay: Display {
  private static let readingInterval: Duration = .seconds(1)

  private let console: Console
  private let clock: any WallClock
  private let rollout = Mutex("")
  private let throttle = Mutex(Throttle(every: JSONDisplay.readingInterval))

  init(_ console: Console, clock: any WallClock) {
    self.console = console
    self.clock = clock
  }

  func begin(_ record: RolloutRecord, _ machine: RolloutMachine) {
    rollout.withLock { $0 = record.id }
    post([
      .init("type", "rollout"), .init("rollout", .string(record.id)),
      .init("environment", .string(record.environment)),
      .init("from", .string(record.from.rawValue)), .init("to", .string(record.to.rawValue)),
      .init("started", FactJSON.moment(record.started)),
    ])
  }

  func take(_ event: Driver.Event) {
    switch event {
    case .fact(let record, _):
      if let step = record.fact.step { throttle.withLock { $0.forget(step) } }
      post(FactJSON.fact(record, of: rollout.withLock { $0 }))
    case .reading(let step, let reading):
      let now = clock.now()
      guard throttle.withLock({ $0.lets(step, at: now) }) else { return }
      post(FactJSON.reading(reading, of: step, at: now))
    case .refused(let request, let reason):
      post([
        .init("type", "refused"), .init("request", JSONValue(request.id)),
        .init("verb", .string(request.verb.kind)), .init("reason", .string(reason)),
      ])
    }
  }

  func say(_ line: Line) {
    post([.init("type", "note"), .init("text", .string(line.text))])
  }

  func end(_ closing: Closing) {
    post([
      .init("type", "ending"), .init("rollout", .string(closing.record.id)),
      .init("outcome", FactJSON.text(closing.machine.outcome?.rawValue)),
      .init("live", .string(closing.machine.live.rawValue)),
      .init("exit", JSONValue(closing.code.rawValue)),
      .init("meaning", .string(closing.code.meaning)),
      .init("text", .array(closing.lines.map { .string($0.text) })),
      .init("next", .array(closing.commands.map { .string($0) })),
    ])
    console.flush()
  }

  private func post(_ members: [JSONValue.Member]) { post(.object(members)) }

  private func post(_ value: JSONValue) { console.post(value.text + "\n") }
}
