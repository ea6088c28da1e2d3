internal import Actions
internal import Commands
internal import Foundation
internal import Glibc
internal import JSON
internal import Resources
internal import Rollouts

struct TransformTryCommand: Command {
  static let name = "try"
  static let summary = "Show what a transform makes of some items, and write nothing."
  static let discussion = """
    Takes a playbook and, if it has several, the step that uses tables.migrate; or a .sql file; or \
    with --filter a program and its words. Items come from a file or from the first ones of a \
    table. Each is shown with what becomes of it, before and after side by side: ~ marks what \
    changes, + what is new, - what goes.

    Ends with 0 when every item came through, with 65 when one failed.
    """
  static let fields: [Field<Self>] =
    [
      .rest(
        "what", \.what, "A playbook and a step, a .sql file, or a program's words.",
        required: true, completes: .files),
      .option(
        "items", letter: "i", \.items, "file", "Items in DynamoDB JSON, one a line; - for stdin.",
        completes: .files),
      .option("from", \.from, "url", "The table, instead of the step's own."),
      .option("limit", letter: "n", \.limit, "count", "How many items."),
      .flag("filter", \.isFilter, "What is tried is a filter program."),
      .options("target", letter: "t", \.targets, "name", "A target; without one, in place."),
      .options("parameter", \.parameters, "name=value", "What param('name') gives."),
      .options("lookup", \.lookups, "json5", "A lookup, as tables.migrate has it."),
      .options("inherit", \.inherited, "name", "A variable handed on to the filter, beside PATH."),
      .option(
        "answer-limit", \.answerLimit, "duration", "How long the filter may take for an item."),
      .options("key", letter: "k", \.key, "attribute", "What items are called by."),
      .flag("explain", \.isExplaining, "Show how SQLite goes about the statement, and no items."),
      .flag("all", \.isFull, "Show also all that stays as it is."),
      .flag("json", \.isJSON, "One JSON object a line."),
      .option("live", \.live, "colour", "Which colour is live now, if nothing is recorded yet."),
    ] + Field.shared(\.playbook, ParameterOptions.fields)
    + Field.shared(\.cloud, CloudOptions.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover transform try 0007_split.json5 -n 5", "Tries it on five items."),
    Example("cutover transform try split.sql -i items.jsonl -k id", "Tries a statement."),
    Example(
      "cutover transform try --filter -i items.jsonl -- python3 split.py", "Tries a program."),
  ]
  static let seeAlso = ["migrations plan", "plan"]

  var what: [String] = []
  var items: String?
  var from: String?
  var limit = 10
  var isFilter = false
  var targets: [String] = []
  var parameters: [Assignment] = []
  var lookups: [String] = []
  var inherited: [String] = []
  var answerLimit: String?
  var key: [String] = []
  var isExplaining = false
  var isFull = false
  var isJSON = false
  var live: Colour?
  var playbook = ParameterOptions()
  var cloud = CloudOptions()
  var journal = JournalOption()

  private static let limitMax = 100_000

  private var isStatement: Bool { !isFilter && what[0].hasSuffix(".sql") }

  func problem() -> String? {
    guard (1...Self.limitMax).contains(limit) else {
      return "--limit must be from 1 to \(Self.limitMax)"
    }
    let isAlone = isFilter || isStatement
    if !isFilter, what.count > (isStatement ? 1 : 2) {
      return "'\(what[2 - (isStatement ? 1 : 0)])' is one word too many"
    }
    if isAlone, items == nil, from == nil, !isExplaining {
      return "say which items with --items FILE or --from URL"
    }
    if !isAlone, !targets.isEmpty { return "the step says its targets; leave --target out" }
    return nil
  }

  func run(in context: Context) async throws -> Int32 {
    let context = context.using(cloud)
    var source =
      isFilter || isStatement
      ? try TrialSource.alone(self)
      : try await TrialSource.step(what.count > 1 ? what[1] : nil, of: what[0], self, context)
    try source.add(self)
    let folder = FileManager.default.temporaryDirectory.path + "/cutover-trial-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let trial = try TransformTrial(source.input, in: site(source, folder, context))
    if isExplaining {
      let plan = try trial.explain()
      context.console.show(plan.map { Line($0) })
      return ExitCode.done.rawValue
    }
    return try await Self.untilInterrupted { try await run(trial, context) }.rawValue
  }

  private func site(_ source: TrialSource, _ folder: String, _ context: Context) -> Site {
    let from = source.from
    var site = Site(
      rollout: "trial-\(getpid())", environment: source.environment, step: source.step,
      from: from, to: from.other, isPreview: false, workFolder: folder, live: nil,
      outside: context.wiring.outside, record: { RolloutRecordView(live: from, steps: []) })
    site.playbookFolder = source.folder
    return site
  }

  private func run(_ trial: TransformTrial, _ context: Context) async throws -> ExitCode {
    var names = key
    let tried: [Item]
    if let items {
      tried = try ItemLines.read(items, limit: limit)
    } else {
      let (found, known) = try await trial.items(limit: limit)
      tried = found
      if names.isEmpty { names = known }
    }
    let console = context.console
    let pace = Pace(
      clock: context.wiring.clock, isAskedToStop: { false }, show: { _ in },
      record: { (text: String) async throws(Failure) in
        console.complain([Line(text, .faint)])
      })
    var report = TrialReport(
      key: names, ownTargets: trial.ownTargets, columns: Screen.size(of: STDOUT_FILENO).columns,
      isFull: isFull)
    try await trial.run(tried, pace: pace) { answer in
      if isJSON {
        console.write(report.json(answer).text + "\n")
      } else {
        console.show(report.lines(answer))
      }
    }
    if isJSON {
      console.write(report.summaryJSON.text + "\n")
    } else {
      console.show(report.summary)
    }
    return report.failedCount > 0 ? .badInput : .done
  }

  /// Ends what was begun when Ctrl-C is pressed: a filter would live on.
  private static func untilInterrupted(
    _ body: @escaping @Sendable () async throws -> ExitCode
  ) async throws -> ExitCode {
    let (signals, feed) = AsyncStream.makeStream(of: Void.self)
    let interruption = Interruption { _ in feed.yield(()) }
    defer { withExtendedLifetime(interruption) {} }
    return try await withThrowingTaskGroup(of: ExitCode?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        for await _ in signals { return .interrupted }
        return nil
      }
      guard let first = try await group.next(), let code = first else { return .interrupted }
      group.cancelAll()
      return code
    }
  }
}
