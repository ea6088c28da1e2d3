internal import Commands
internal import Resources
internal import Rollouts

struct ReconcileCommand: Command {
  static let name = "reconcile"
  static let summary = "Compare the recorded colour with DNS and the stacks."
  static let discussion = """
    Looks where the 'live' section of the environment's last playbook points: the zone, its name \
    servers and both stacks. With --set, a person repairs the record after a change by hand; \
    refused while a rollout is open.
    """
  static let fields: [Field<Self>] =
    [
      .positional("environment", \.environment, "Which environment.", required: false),
      .option("set", \.colour, "colour", "Record this colour as live."),
      .option("reason", letter: "m", \.reason, "text", "Why, for the record."),
    ] + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover environments reconcile vams-prod", "Says what does not agree."),
    Example(
      "cutover environments reconcile --set blue -m 'switched by hand'",
      "Repairs the record."),
  ]
  static let seeAlso = ["environments"]

  var environment: String?
  var colour: Colour?
  var reason = ""
  var person = PersonOption()
  var journal = JournalOption()

  func problem() -> String? {
    colour != nil && reason.isEmpty ? "--set needs --reason" : nil
  }

  func run(in context: Context) async throws -> Int32 {
    let book = try await journal.open(colour == nil ? .read : .write, in: context)
    let record = try await find(book)
    if let colour { return try await repair(record, colour, book, context).rawValue }
    let next = NextCommand(journal: journal)
    guard let indicator = try await indicator(record.name, book, context) else {
      context.console.show(
        [
          "\(record.name, .strong)  \(record.live.rawValue, .good) is recorded as live",
          "Its playbook has no 'live' section, so nothing outside can be asked.",
        ] + NextCommand.line([next("status")]))
      return ExitCode.done.rawValue
    }
    let sight = await LiveSight.look(at: indicator, from: context.wiring.outside)
    let report = SightReport(sight: sight, recorded: record)
    if let open = try await book.openRollout(in: record.name) {
      context.console.show(
        report.lines + [
          "Rollout \(open.id, .strong) is open: until it ends, the places outside may differ."
        ] + NextCommand.line([next("status")]))
      return ExitCode.done.rawValue
    }
    let doubts = sight.disagreements(with: record.live)
    let suggested = sight.agreed.map { $0 == record.live ? record.live.other : $0 }
    context.console.show(
      report.lines
        + NextCommand.line([
          doubts.isEmpty
            ? next("environments")
            : next(
              "environments", "reconcile", record.name, "--set",
              (suggested ?? record.live).rawValue, "--reason", "TEXT")
        ]))
    return (doubts.isEmpty ? ExitCode.done : .stuck).rawValue
  }

  private func find(_ book: any Journal) async throws -> EnvironmentRecord {
    let all = try await book.environments()
    let names = all.map(\.name).joined(separator: ", ")
    guard let environment else {
      if let only = all.first, all.count == 1 { return only }
      throw Refusal(
        .usage, all.isEmpty ? "there is no environment yet" : "there are several environments",
        hint: all.isEmpty ? "Start with 'cutover run PLAYBOOK'." : "Name one of: \(names).")
    }
    guard let found = all.first(where: { $0.name.utf8.elementsEqual(environment.utf8) }) else {
      throw Refusal(
        .usage, "there is no environment '\(environment)'", hint: "There are: \(names).")
    }
    return found
  }

  private func indicator(
    _ environment: String, _ book: any Journal, _ context: Context
  ) async throws -> LiveIndicator? {
    guard let last = try await book.rollouts(in: environment, limit: 1).first else { return nil }
    return try StoredPlaybook.read(last, context.wiring).liveIndicator()
  }

  private func repair(
    _ record: EnvironmentRecord, _ colour: Colour, _ book: any Journal, _ context: Context
  ) async throws -> ExitCode {
    let helm = try await Helm.take(
      record.name, of: book, as: person.login(in: context), clock: context.wiring.clock,
      isForced: false)
    do {
      try await book.setLive(
        colour, of: record.name, by: person.person(reason, in: context), lease: helm.lease)
    } catch {
      try? await book.release(helm.lease)
      throw error
    }
    try await book.release(helm.lease)
    context.console.show(
      ["\(record.name, .strong): \(colour.rawValue, .good) is recorded as live now."]
        + NextCommand.line([NextCommand(journal: journal)("environments", "reconcile", record.name)]
        ))
    return .done
  }
}
