internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

struct HistoryCommand: Command {
  static let name = "history"
  static let summary = "List rollouts, or tell what happened in one."
  static let discussion = """
    Without a rollout, lists them with the newest first. With the id of one (a beginning is \
    enough, and 'last' is the newest), tells its facts with their times.
    """
  static let fields: [Field<Self>] =
    [
      .positional("rollout", \.rollout, "The id of a rollout, or 'last'.", required: false),
      .option("environment", letter: "e", \.environment, "name", "Which environment."),
      .option("limit", \.limit, "count", "How many rollouts to list."),
      .flag("json", \.isJSON, "One JSON object a line."),
    ] + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover history", "Lists all rollouts."),
    Example("cutover history last", "Tells what happened in the newest one."),
  ]
  static let seeAlso = ["status", "journal export"]

  var rollout: String?
  var environment: String?
  var limit = 20
  var isJSON = false
  var journal = JournalOption()

  func problem() -> String? {
    (1...Selection.listMax).contains(limit) ? nil : "--limit must be 1 to \(Selection.listMax)"
  }

  func run(in context: Context) async throws -> Int32 {
    let book = try await journal.open(.read, in: context)
    if let rollout {
      let record = try await Selection.named(rollout, in: environment, of: book)
      try await tell(record, book, context)
    } else {
      try await list(book, context)
    }
    return ExitCode.done.rawValue
  }

  private func list(_ book: any Journal, _ context: Context) async throws {
    let records = try await book.rollouts(in: environment, limit: limit)
    if isJSON {
      context.console.write(records.map { Self.json($0).text + "\n" }.joined())
      return
    }
    guard let newest = records.first else {
      context.console.show(["There was no rollout yet."].next("cutover run PLAYBOOK"))
      return
    }
    let width = records.map { Width.of($0.environment) }.max() ?? 0
    let lines = records.map { record -> Line in
      let environment = Line(record.environment).padded(to: width)
      let way = Line("\(record.from.rawValue) → \(record.to.rawValue)").padded(to: 14)
      return "\(record.id, .strong)  \(environment)  \(way)  "
        + "\(Words.dateAndClock(record.started), .faint)  " + Self.outcome(record)
    }
    context.console.show(
      lines + NextCommand.line([NextCommand(journal: journal)("history", newest.id)]))
  }

  private static func outcome(_ record: RolloutRecord) -> Line {
    guard let ended = record.ended else { return Line("open", .accent) }
    let took = Words.span(ended - record.started)
    let isCompleted = record.outcome == RolloutMachine.Outcome.completed.rawValue
    return "\(record.outcome ?? "ended", isCompleted ? .good : .warning)\(" after \(took)", .faint)"
  }

  private static func json(_ record: RolloutRecord) -> JSONValue {
    [
      "type": "rollout", "rollout": .string(record.id),
      "environment": .string(record.environment), "from": .string(record.from.rawValue),
      "to": .string(record.to.rawValue), "playbook": .string(record.playbookName),
      "started": FactJSON.moment(record.started),
      "ended": record.ended.map { FactJSON.moment($0) } ?? .null,
      "outcome": FactJSON.text(record.outcome),
    ]
  }

  /// Facts are read and written in pieces, however many there are.
  private static let pageSize = 5000

  private func tell(
    _ record: RolloutRecord, _ book: any Journal, _ context: Context
  ) async throws {
    // The history is told even when the machine of this version cannot follow it.
    let loaded = try? LoadedRollout(record, wiring: context.wiring)
    let width = loaded?.machine.steps.map { Width.of($0.id) }.max() ?? 16
    if !isJSON {
      context.console.show(
        "\(record.environment, .strong)  \(record.from.rawValue) → \(record.to.rawValue)  "
          + "rollout \(record.id)\("  \(record.playbookName)", .faint)")
    }
    var last = 0
    while true {
      let page = try await book.facts(of: record.id, after: last, limit: Self.pageSize)
      guard let newest = page.last else { break }
      last = newest.sequence
      if isJSON {
        context.console.write(
          page.map { FactJSON.fact($0, of: record.id).text + "\n" }.joined())
      } else {
        context.console.show(
          page.flatMap {
            FactLine.lines($0, idWidth: width, showsDate: true, machine: nil)
          })
      }
    }
    guard !isJSON else { return }
    let next = NextCommand(journal: journal)
    context.console.show(
      NextCommand.line([record.ended == nil ? next("status") : next("journal", "export", record.id)]
      ))
  }
}
