internal import Dispatch
internal import Resources
internal import Rollouts
internal import Synchronization

/// Facts scroll by; below them one line for each running step is drawn again in place.
final class LiveDisplay: Display {
  /// Five times a second is as fast as people read.
  private static let frameInterval: DispatchTimeInterval = .milliseconds(200)

  private struct State {
    var record: RolloutRecord?
    var machine: RolloutMachine?
    var rates: [String: Rate] = [:]
    var began: [String: Timestamp] = [:]
    /// Lines above the redrawn ones that were not written yet.
    var pending: [Line] = []
    var area = LiveArea()
    var hasEnded = false
    var isDirty = false
  }

  private let console: Console
  private let clock: any WallClock
  private let state = Mutex(State())
  private let timer: Mutex<EventSource?> = Mutex(nil)

  init(_ console: Console, clock: any WallClock) {
    self.console = console
    self.clock = clock
  }

  func begin(_ record: RolloutRecord, _ machine: RolloutMachine) {
    state.withLock { state in
      state.record = record
      state.machine = machine
    }
    let source = EventSource.timer(every: Self.frameInterval) { @Sendable [weak self] in
      self?.draw()
    }
    timer.withLock { $0 = source }
    draw()
  }

  func take(_ event: Driver.Event) {
    let now = clock.now()
    state.withLock { state in
      state.isDirty = true
      switch event {
      case .fact(let record, let machine):
        if let step = record.fact.step {
          state.rates[step] = nil
          if case .planned = record.fact { state.began[step] = record.at }
          if case .rollbackRequested = record.fact { state.began = [:] }
        }
        state.machine = machine
        let width = machine.steps.map { Width.of($0.id) }.max() ?? 0
        state.pending += FactLine.lines(
          record, idWidth: width, showsDate: false, machine: machine)
      case .reading(let step, let reading):
        state.rates[step, default: Rate()].note(reading, at: now)
      case .refused(let request, let reason):
        state.pending.append(
          "\("refused", .warning) the request to \(request.verb.kind) by "
            + "\(request.verb.person.name): \(reason)")
      }
    }
  }

  func say(_ line: Line) {
    state.withLock { $0.pending.append(line) }
    draw()
  }

  func end(_ closing: Closing) {
    timer.withLock { $0 = nil }
    let palette = console.palette
    state.withLock { state in
      guard !state.hasEnded else { return }
      state.hasEnded = true
      let lines =
        state.pending + [.empty] + closing.lines + NextCommand.line(closing.commands)
      console.post(
        state.area.frame(above: lines, live: [], size: Screen.size(of: 1), palette: palette))
    }
    console.flush()
  }

  private func draw() {
    // A terminal that was stopped (Ctrl-S) gets one frame when it goes on, not all of them.
    guard !console.isBehind else { return }
    let palette = console.palette
    let now = clock.now()
    state.withLock { state in
      guard !state.hasEnded, let record = state.record, let machine = state.machine else { return }
      let size = Screen.size(of: 1)
      let live = Self.lines(state, record, machine, columns: size.columns, now)
      console.post(
        state.area.frame(above: state.pending, live: live, size: size, palette: palette))
      state.pending = []
    }
  }

  /// The redrawn lines: a headline, then what runs.
  private static func lines(
    _ state: State, _ record: RolloutRecord, _ machine: RolloutMachine, columns: Int,
    _ now: Timestamp
  ) -> [Line] {
    let width = machine.steps.map { Width.of($0.id) }.max() ?? 0
    let elapsed = Words.span(now - record.started)
    var head = Headline.line(record, machine) + "\("  \(elapsed)", .faint)"
    if let pause = machine.pause { head += "\("  pausing, asked by \(pause.name)", .warning)" }
    let running = machine.steps.filter { step in
      step.isActive || step.isBackingOff || (state.rates[step.id] != nil && !step.isSettledForward)
        || (machine.isBackward && state.rates[step.id] != nil && step.isTouched)
    }
    return [head]
      + running.map { step in
        let (mark, tone) = StepLine.mark(step)
        let id = Line(step.id, .strong).padded(to: width)
        return "\(mark, tone) \(id)  " + progress(step, state, columns: columns - width, now)
      }
  }

  /// Below this many columns a bar would leave no room for numbers.
  private static let barRoomMin = 70
  private static let barColumns = 20

  private static func progress(
    _ step: RolloutMachine.Step, _ state: State, columns: Int, _ now: Timestamp
  ) -> Line {
    if case .backingOff(let phase, let attempt, let until) = step.state {
      return "\("waits", .warning) to \(phase.rawValue) again, attempt \(attempt)"
        + "\(", \(Words.span(until - now)) left", .faint)"
    }
    if step.asks {
      return "\("waits", .warning) for a person: \("cutover approve \(step.id)", .accent)"
    }
    let word = Line(step.state.word).padded(to: 9)
    guard let rate = state.rates[step.id], let reading = rate.last else {
      guard let began = state.began[step.id] else { return word }
      return word + "\("  \(Words.span(now - began))", .faint)"
    }
    let bar = columns >= barRoomMin ? barColumns : nil
    return word + "  " + ReadingLine.line(reading, rate: rate, bar: bar, now: now)
  }
}
