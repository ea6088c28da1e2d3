import Synchronization

@testable import Commands

/// Remembers which command ran, since commands under test change nothing else.
final class Recorder: Sendable {
  private let lines = Mutex<[String]>([])
  func note(_ line: String) { lines.withLock { $0.append(line) } }
  var noted: [String] { lines.withLock { $0 } }
}

enum Format: String, CaseIterable, ArgumentValue {
  case text
  case json
}

struct Shared: Sendable, Equatable {
  var journal = "state/journal.db"
  static let fields: [Field<Self>] = [
    .option(
      "journal", \.journal, "path", "Where progress is recorded.", completes: .files)
  ]
}

struct RunCommand: Command, Equatable {
  static let name = "run"
  static let summary = "Carry out a playbook, or carry on with one that was interrupted."
  static let discussion = """
    A first paragraph that is long enough to be wrapped over at least two lines of the page that \
    explains it.

      a line kept as it is
    """
  static let fields: [Field<Self>] =
    [
      .positional("playbook", \.playbook, "The playbook file (JSON5).", completes: .files),
      .options("set", \.values, "name=value", "Give a parameter another value."),
      .option("copies", \.copies, "count", "Resources copied at the same time."),
      .option("format", \.format, "kind", "How progress is written."),
      .option("since", letter: "s", \.since, "step", "Where to begin."),
      .flag("dry-run", \.dryRun, "Plan only; it's a rehearsal: [nothing] changes."),
      .flag("verbose", letter: "V", \.verbose, "Say more."),
    ] + Field.shared(\.shared, Shared.fields)
  static let examples = [
    Example("cutover run demo.json5 --set 'a=b c' --copies 2", "Runs with a parameter.")
  ]
  static let seeAlso = ["journal verify"]
  var playbook = ""
  var values: [Assignment] = []
  var copies = 4
  var format = Format.text
  var since: String?
  var dryRun = false
  var verbose = false
  var shared = Shared()

  func problem() -> String? { copies < 1 ? "--copies must be at least 1" : nil }
  func run(in context: Recorder) async throws -> Int32 {
    context.note("run \(playbook) \(shared.journal)")
    return 2
  }
}

struct SkipCommand: Command {
  static let name = "skip"
  static let summary = "Skip a step."
  static let fields: [Field<Self>] = [
    .positional("step", \.step, "The step's id."),
    .positional("rollout", \.rollout, "Which rollout.", required: false),
    .option("reason", letter: "m", \.reason, "text", "Why.", required: true),
  ]
  var step = ""
  var rollout: Int?
  var reason = ""
  func run(in context: Recorder) async throws -> Int32 { 0 }
}

struct VerifyCommand: Command {
  static let name = "verify"
  static let summary = "Check the chain of facts."
  static let fields: [Field<Self>] = Field.shared(\.shared, Shared.fields)
  var shared = Shared()
  func run(in context: Recorder) async throws -> Int32 {
    context.note("journal verify")
    return 0
  }
}

struct EnvironmentsCommand: Command {
  static let name = "environments"
  static let summary = "List environments."
  static let fields: [Field<Self>] = []
  func run(in context: Recorder) async throws -> Int32 {
    context.note("environments")
    return 0
  }
}

struct ReconcileCommand: Command {
  static let name = "reconcile"
  static let summary = "Compare the recorded colour with reality."
  static let fields: [Field<Self>] = [
    .rest("environment", \.environments, "Which ones.", completes: .folders)
  ]
  var environments: [String] = []
  func run(in context: Recorder) async throws -> Int32 {
    context.note("reconcile \(environments.joined(separator: ","))")
    return 0
  }
}

let sampleTable = CommandTable<Recorder>(
  program: "cutover", purpose: "Move a live system from one deployment to its successor.",
  version: "1.2.3",
  [
    .init("Moving", [.command(RunCommand.self), .command(SkipCommand.self)]),
    .init(
      "Looking",
      [
        .group("journal", "Read the journal.", [.command(VerifyCommand.self)]),
        .command(EnvironmentsCommand.self, [.command(ReconcileCommand.self)]),
      ]),
  ])
