/// How the program ended; each number has one meaning.
package enum ExitCode: Int32, Sendable, CaseIterable {
  case done = 0
  case rolledBack = 1
  case waiting = 2
  case stuck = 3
  case usage = 64
  case badInput = 65
  case noFile = 66
  case bug = 70
  case journal = 74
  case held = 75
  case interrupted = 130

  /// The meaning in one line, for help and the README.
  var meaning: String {
    switch self {
    case .done: "What was asked for is done."
    case .rolledBack: "The rollout failed, or was taken back, and is rolled back."
    case .waiting: "The rollout waits for a person: it is paused, or a gate is closed."
    case .stuck: "A step stopped for good; a person has to decide."
    case .usage: "The command line asks for something that cannot be."
    case .badInput: "The playbook or other input is wrong, or could not be looked at."
    case .noFile: "There is no such file."
    case .bug: "A mistake in cutover itself."
    case .journal: "The journal or the disk cannot be read or written."
    case .held: "Another process drives this environment."
    case .interrupted: "Interrupted by Ctrl-C or a signal; can be carried on."
    }
  }

  /// A table of all codes.
  static var table: String {
    allCases.map { code in
      let number = String(code.rawValue)
      return "  " + String(repeating: " ", count: 3 - number.count) + number + "  " + code.meaning
    }.joined(separator: "\n")
  }
}
