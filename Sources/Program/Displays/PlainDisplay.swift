internal import Resources
internal import Rollouts
internal import Synchronization

/// Plain lines for logs: every fact, and readings every few seconds.
final class PlainDisplay: Display {
  /// A log that is read afterwards needs no more.
  private static let readingInterval: Duration = .seconds(5)

  private struct State {
    var idWidth = 0
    var throttle = Throttle(every: PlainDisplay.readingInterval)
    var waits: [String: String] = [:]
    var rates: [String: Rate] = [:]
  }

  private let console: Console
  private let clock: any WallClock
  private let state = Mutex(State())

  init(_ console: Console, clock: any WallClock) {
    self.console = console
    self.clock = clock
  }

  func begin(_ record: RolloutRecord, _ machine: RolloutMachine) {
    let width = machine.steps.map { Width.of($0.id) }.max() ?? 0
    state.withLock { $0.idWidth = width }
    post([Headline.line(record, machine)])
  }

  func take(_ event: Driver.Event) {
    switch event {
    case .fact(let record, let machine):
      let width = state.withLock { state in
        if let step = record.fact.step {
          state.throttle.forget(step)
          state.waits[step] = nil
          state.rates[step] = nil
        }
        return state.idWidth
      }
      post(FactLine.lines(record, idWidth: width, showsDate: false, machine: machine))
    case .reading(let step, let reading): take(reading, of: step)
    case .refused(let request, let reason):
      post([
        "\("refused", .warning) the request to \(request.verb.kind) by "
          + "\(request.verb.person.name): \(reason)"
      ])
    }
  }

  private func take(_ reading: Pace.Reading, of step: String) {
    let now = clock.now()
    let line: Line? = state.withLock { state in
      state.rates[step, default: Rate()].note(reading, at: now)
      // The reason for a wait is worth a line at once, and the same one no second line.
      if let reason = reading.waitingFor {
        if state.waits[step] == reason { return nil }
        let isFirst = state.waits[step] == nil
        guard isFirst || state.throttle.lets(step, at: now) else { return nil }
        state.waits[step] = reason
      } else {
        guard state.throttle.lets(step, at: now) else { return nil }
        state.waits[step] = nil
      }
      let progress = ReadingLine.line(reading, rate: state.rates[step], bar: nil, now: now)
      guard !progress.spans.isEmpty else { return nil }
      return "\(Words.clock(now), .faint)  \("·", .faint) "
        + Line(step, .strong).padded(to: state.idWidth) + "  \(progress)"
    }
    if let line { post([line]) }
  }

  func say(_ line: Line) { post([line]) }

  func end(_ closing: Closing) {
    post([.empty] + closing.lines + NextCommand.line(closing.commands))
    console.flush()
  }

  private func post(_ lines: [Line]) {
    let palette = console.palette
    console.post(lines.map { palette.render($0) + "\n" }.joined())
  }
}
