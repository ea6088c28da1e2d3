internal import Commands
internal import Resources
internal import Rollouts

struct ReconcileCommand: Command {
  static let name = "reconcile"
  static let summary = "Compare the recorded colour with DNS, values, functions and stacks."
  static let discussion = """
    Looks where the 'live' section of the environment's last playbook points: the zone, its name \
    servers, the store of values, the environments of functions, and both stacks; it proposes the \
    repair. With --set, a person repairs the record after a change by hand, with --put a value of \
    the store, which is compared while it is written. Both are refused while a rollout is open.
    """
  static let fields: [Field<Self>] =
    [
      .positional("environment", \.environment, "Which environment.", required: false),
      .option("set", \.colour, "colour", "Record this colour as live."),
      .options(
        "put", \.puts, "key=value", "Put a value into the store of the 'live' section."),
      .option("reason", letter: "m", \.reason, "text", "Why, for the record."),
    ] + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover environments reconcile vams-prod", "Says what does not agree."),
    Example(
      "cutover environments reconcile --set blue -m 'switched by hand'",
      "Repairs the record."),
    Example(
      "cutover environments reconcile --put migrate=false -m 'nothing runs'",
      "Repairs the store."),
  ]
  static let seeAlso = ["environments"]

  var environment: String?
  var colour: Colour?
  var puts: [Assignment] = []
  var reason = ""
  var person = PersonOption()
  var journal = JournalOption()

  func problem() -> String? {
    guard reason.isEmpty else { return nil }
    if colour != nil { return "--set needs --reason" }
    return puts.isEmpty ? nil : "--put needs --reason"
  }

  func run(in context: Context) async throws -> Int32 {
    let isRepair = colour != nil || !puts.isEmpty
    let book = try await journal.open(isRepair ? .write : .read, in: context)
    let record = try await find(book)
    if isRepair { return try await repair(record, book, context).rawValue }
    let next = NextCommand(journal: journal)
    guard let indicator = try await indicator(record.name, book, context) else {
      context.console.show(
        [
          "\(record.name, .strong)  \(record.live.rawValue, .good) is recorded as live",
          "Its playbook has no 'live' section, so nothing outside can be asked.",
        ] + NextCommand.line([next("status")]))
      return ExitCode.done.rawValue
    }
    let sight = try await LiveSight.look(at: indicator, from: context.wiring.outside)
    let report = SightReport(sight: sight, recorded: record)
    if let open = try await book.openRollout(in: record.name) {
      context.console.show(
        report.lines + [
          "Rollout \(open.id, .strong) is open: until it ends, the places outside may differ."
        ] + NextCommand.line([next("status")]))
      return ExitCode.done.rawValue
    }
    let words = LiveRepair(sight: sight, recorded: record).words
    context.console.show(report.lines + NextCommand.line([next(words ?? ["environments"])]))
    return (words == nil ? ExitCode.done : .stuck).rawValue
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
    _ record: EnvironmentRecord, _ book: any Journal, _ context: Context
  ) async throws -> ExitCode {
    let helm = try await Helm.take(
      record.name, of: book, as: person.login(in: context), clock: context.wiring.clock,
      isForced: false)
    var done: [String] = []
    do {
      done = try await putAll(record, book, helm.lease, context)
      if let colour {
        try await book.setLive(
          colour, of: record.name, by: person.person(reason, in: context), lease: helm.lease)
      }
    } catch {
      try? await book.release(helm.lease)
      throw error
    }
    try await book.release(helm.lease)
    context.console.show(
      done.map { Line($0) }
        + [
          "\(record.name, .strong): \((colour ?? record.live).rawValue, .good) is recorded as live."
        ]
        + NextCommand.line([NextCommand(journal: journal)("environments", "reconcile", record.name)]
        ))
    return .done
  }

  /// Puts the values into the store, one after the other, and records each; what was done is told.
  private func putAll(
    _ record: EnvironmentRecord, _ book: any Journal, _ lease: Lease, _ context: Context
  ) async throws -> [String] {
    guard !puts.isEmpty else { return [] }
    if let open = try await book.openRollout(in: record.name) {
      throw Refusal(
        .held, "rollout \(open.id) of \(record.name) is open",
        hint: "Let it end, or take it back, before values are changed by hand.")
    }
    guard let store = try await indicator(record.name, book, context)?.store else {
      throw Refusal(
        .usage, "the 'live' section of \(record.name) names no store of values",
        hint: "Nothing was changed.")
    }
    let outside = context.wiring.outside
    let repair = ValueRepair(
      store: try outside.resources.values(store.url, in: outside.context))
    var done: [String] = []
    for one in puts {
      let line = try await repair.put(one.name, one.value)
      try await book.setLive(
        record.live, of: record.name, by: person.person("\(reason) (\(line))", in: context),
        lease: lease)
      done.append(line)
    }
    return done
  }
}
