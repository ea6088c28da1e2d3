internal import Rollouts

/// Shows a rollout while it runs; called from the driver, so no call may wait for a reader.
protocol Display: Sendable {
  func begin(_ record: RolloutRecord, _ machine: RolloutMachine)
  func take(_ event: Driver.Event)
  /// A word of the program itself.
  func say(_ line: Line)
  /// Takes away what is redrawn and writes the last lines.
  func end(_ closing: Closing)
}

/// How a command that drove or watched a rollout ended.
struct Closing: Sendable {
  let code: ExitCode
  let record: RolloutRecord
  let machine: RolloutMachine
  let lines: [Line]
  let commands: [String]
}

/// How progress is written.
enum DisplayKind: Sendable {
  case live
  case plain
  case json

  init(isJSON: Bool, screen: Screen) {
    self = isJSON ? .json : screen.canRedraw ? .live : .plain
  }
}

enum Displays {
  static func make(_ kind: DisplayKind, in context: Context) -> any Display {
    switch kind {
    case .live: LiveDisplay(context.console, clock: context.wiring.clock)
    case .plain: PlainDisplay(context.console, clock: context.wiring.clock)
    case .json: JSONDisplay(context.console, clock: context.wiring.clock)
    }
  }
}
