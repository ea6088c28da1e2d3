import Resources
import Rollouts
import Subprocesses

/// Runs programs for one step: with the environment it declares, a mark, and secrets struck out.
struct StepProgram: Sendable {
  /// Everything that a step's programs have in common.
  struct Surroundings: Sendable {
    /// Values in which secrets may stand; revealed when a program starts.
    var environment: [String: String]
    /// Names handed on from our own environment.
    var inherit: [String]
    var folder: String?
    var timeLimit: Duration
  }

  /// The variable by which a process is known as a step's own, also after a crash of ours.
  static let markName = "CUTOVER_STEP"
  /// What of a program's last words stands in an error or a note.
  private static let wordsMax = 2000
  /// How long the remains of a killed run have to end.
  private static let grace: Duration = .seconds(5)
  /// How often remains that are waited for are looked at.
  private static let look: Duration = .seconds(1)

  let site: Site
  let surroundings: Surroundings

  var mark: String { "\(site.rollout)/\(site.step)" }

  /// Says what is wrong with a command line before it is ever run.
  static func check(_ argv: [String], of step: String) throws(Failure) {
    guard let program = argv.first, !program.isEmpty else {
      throw .permanent("step \(step) names no program to run", hint: "Fill its 'argv'.")
    }
    for word in argv where word.contains("${secret:") {
      throw .permanent(
        "step \(step) puts the secret \(word) on a command line, where every process sees it",
        hint: "Pass it through 'environment' or 'stdin'.")
    }
  }

  /// Runs a program to its end; any exit status is an outcome.
  ///
  /// Throws `.cancelled` when the task was cancelled, and the program has ended then.
  func run(
    _ argv: [String], input: [UInt8] = [], outputBytesMax: Int, timeLimit: Duration? = nil,
    line: Subprocess.LineHandler? = nil
  ) async throws(Failure) -> Outcome {
    try Self.check(argv, of: site.step)
    let invocation = Invocation(
      argv[0], Array(argv.dropFirst()), environment: try await environment(),
      folder: surroundings.folder, input: input, outputBytesMax: outputBytesMax,
      timeLimit: timeLimit ?? surroundings.timeLimit)
    let outcome: Outcome
    do throws(SubprocessFailure) {
      outcome = try await Subprocess.run(invocation, line: line)
    } catch {
      throw Self.failure(error, site)
    }
    if outcome.interruption == .cancellation { throw .cancelled }
    return outcome
  }

  /// All that the step's programs see of the world.
  func environment() async throws(Failure) -> [String: String] {
    var all: [String: String] = [:]
    for name in surroundings.inherit {
      if let value = site.outside.processEnvironment[name] { all[name] = value }
    }
    for (name, value) in surroundings.environment {
      all[name] = try await site.secrets.reveal(value)
    }
    all[Self.markName] = mark
    return all
  }

  // MARK: Words

  /// How a program ended, with its last words; nil when the status is one of `success`.
  func complaint(_ argv: [String], _ outcome: Outcome, success: [Int]) -> String? {
    if outcome.interruption == .timeLimit {
      return "\(argv[0]) took too long and was stopped\(words(outcome))"
    }
    switch outcome.ending {
    case .exited(let code):
      if success.contains(Int(code)) { return nil }
      return "\(argv[0]) ended with status \(code)\(words(outcome))"
    case .signalled(let number): return "\(argv[0]) was ended by signal \(number)\(words(outcome))"
    }
  }

  /// The end of what it wrote to standard error, or to standard output where that is empty.
  private func words(_ outcome: Outcome) -> String {
    let errors = tail(outcome.errors)
    let words = errors.isEmpty ? tail(outcome.output) : errors
    return words.isEmpty ? "" : ": \(words)"
  }

  /// The last words of a stream, without secrets.
  func tail(_ capture: Capture) -> String {
    // Struck out before it is cut: half a secret would not be found.
    let text = site.secrets.redact(capture.text).trimmed
    return text.utf8.count > Self.wordsMax ? "…" + text.suffix(Self.wordsMax) : text
  }

  static func failure(_ failure: SubprocessFailure, _ site: Site) -> Failure {
    let text = site.secrets.redact("step \(site.step): \(failure.description)")
    // Somebody else's child holds it open for writing for the moment between its fork and its exec.
    if text.hasSuffix("Text file busy") {
      return .transient(text, hint: "It is tried again.")
    }
    return switch failure.kind {
    case .notFound: .permanent(text, hint: "Install the program, or write its full path.")
    case .denied: .permanent(text, hint: "Check its permissions.")
    case .exhausted: .transient(text, hint: "The machine is out of something; free some of it.")
    case .gone: .transient(text, hint: "Look which processes run.")
    case .unknown: .permanent(text, hint: "Look which processes run.")
    }
  }

  // MARK: Leftovers

  /// Runs a program so that ``settleLeftovers(isStopping:pace:)`` knows of it after a crash.
  func runMarked(
    _ argv: [String], input: [UInt8], outputBytesMax: Int, line: @escaping Subprocess.LineHandler
  ) async throws(Failure) -> Outcome {
    try running.set()
    let outcome: Outcome
    do throws(Failure) {
      outcome = try await run(argv, input: input, outputBytesMax: outputBytesMax, line: line)
    } catch {
      if error.kind == .cancelled { try running.clear() }
      throw error
    }
    try running.clear()
    return outcome
  }

  /// Set while a program of the step may run.
  var running: StepMark { StepMark("running", in: site) }

  /// Ends, or waits for, what a killed orchestrator left running for this step.
  ///
  /// Without such a kill nothing is touched: a program may start a service that is to live on.
  func settleLeftovers(isStopping: Bool, pace: Pace) async throws(Failure) {
    guard try running.isSet() else { return }
    while true {
      let found = try asking { () throws(SubprocessFailure) in
        try Leftovers.find(Self.markName, mark).processes
      }
      if found.isEmpty { return try running.clear() }
      let list = found.map(\.description).joined(separator: ", ")
      if isStopping {
        try await pace.note("stopping what an earlier run left behind: \(list)")
        for process in found { try await stop(process) }
      }
      // A process that is just being replaced shows no mark, so each is followed to its end.
      while try asking({ () throws(SubprocessFailure) in try Self.anyLives(found) }) {
        try await pace.wait(
          until: pace.clock.now() + Self.look, for: "an earlier run's \(list) to end")
      }
    }
  }

  private static func anyLives(_ found: [ProcessIdentity]) throws(SubprocessFailure) -> Bool {
    for process in found where try process.isAlive() { return true }
    return false
  }

  private func asking<Answer>(
    _ question: () throws(SubprocessFailure) -> Answer
  ) throws(Failure) -> Answer {
    do throws(SubprocessFailure) {
      return try question()
    } catch {
      throw Self.failure(error, site)
    }
  }

  private func stop(_ process: ProcessIdentity) async throws(Failure) {
    do throws(SubprocessFailure) {
      try await Daemon.stop(process, grace: Self.grace)
    } catch {
      throw Self.failure(error, site)
    }
  }
}

extension String {
  /// Without white space at either end.
  var trimmed: String {
    var text = Substring(self)
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
