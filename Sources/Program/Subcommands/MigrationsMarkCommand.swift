internal import Commands
internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

struct MigrationsMarkCommand: Command {
  static let name = "mark"
  static let summary = "Record a migration as applied, or as pending, without running it."
  static let discussion = """
    For what was done by other means, or has to be done again. The reason is kept with your name, \
    also when a record is taken out: the journal's table 'migration' only ever grows.
    """
  static let fields: [Field<Self>] =
    [
      .positional("migration", \.migration, "Its title, name, order or file."),
      .flag("pending", \.isPending, "Take its record out, so that it is run again."),
      .option("reason", letter: "m", \.reason, "text", "Why.", required: true),
      .flag("json", \.isJSON, "The record as a JSON object."),
    ] + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.options, MigrationOptions.fields)
  static let examples = [
    Example(
      "cutover migrations mark 0003_init --reason 'done by the old tool'",
      "Keeps it from being run."),
    Example(
      "cutover migrations mark 0003_init --pending --reason 'the table was restored'",
      "Has it run again."),
  ]
  static let seeAlso = ["migrations list", "migrations undo"]

  var migration = ""
  var isPending = false
  var reason = ""
  var person = PersonOption()
  var isJSON = false
  var options = MigrationOptions()

  func problem() -> String? { reason.isEmpty ? "--reason must say something" : nil }

  func run(in context: Context) async throws -> Int32 {
    let place = try await MigrationPlace.open(options, .create, in: context)
    guard let journal = place.journal else { return ExitCode.journal.rawValue }
    let who = person.login(in: context)
    // Nobody runs one while it is marked.
    let helm = try await Helm.take(
      place.environment, of: journal, as: who, clock: context.wiring.clock, isForced: false)
    do {
      let entry = try await change(place, who)
      try await journal.release(helm.lease)
      show(entry, place)
    } catch {
      try? await journal.release(helm.lease)
      throw error
    }
    return ExitCode.done.rawValue
  }

  private func change(
    _ place: MigrationPlace, _ who: String
  ) async throws -> MigrationSurvey.Entry {
    let entry = try await place.survey().entry(named: migration)
    let now = place.context.wiring.clock.now()
    switch (isPending, entry.record) {
    case (false, nil):
      try await place.add(
        MigrationRecord(
          environment: place.environment, order: entry.order, name: entry.name,
          digest: entry.file?.digest, at: now, by: who, outcome: .marked, reason: reason))
    case (false, let record?) where entry.oddities.contains(.edited):
      // The edited file is what counts from now on, by this person's word.
      try await place.remove(
        record, because: MigrationRemoval(kind: .unmarked, at: now, by: who, reason: reason))
      try await place.add(
        MigrationRecord(
          environment: place.environment, order: entry.order, name: entry.name,
          digest: entry.file?.digest, at: now, by: who, rollout: record.rollout,
          outcome: .marked, reason: reason))
    case (false, _?):
      throw Refusal(
        .usage, "\(entry.title) is \(entry.state) already", hint: "Nothing was written.")
    case (true, let record?):
      try await place.remove(
        record, because: MigrationRemoval(kind: .unmarked, at: now, by: who, reason: reason))
    case (true, nil):
      throw Refusal(.usage, "\(entry.title) is pending already", hint: "Nothing was written.")
    }
    return entry
  }

  private func show(_ entry: MigrationSurvey.Entry, _ place: MigrationPlace) {
    let console = place.context.console
    let accepts = !isPending && entry.oddities.contains(.edited)
    let more = accepts ? "; its file is accepted as it was edited" : ""
    if isJSON {
      let value: JSONValue = [
        "type": "migration", "order": .string(entry.order.text), "name": .string(entry.name),
        "outcome": .string(isPending ? "unmarked" : "marked"),
        "reason": .string(reason), "edited": .bool(accepts),
      ]
      console.write(value.text + "\n")
    } else {
      let state = (isPending ? "pending" : "applied") + more
      console.show(
        ["\("✓", .good) \(entry.title, .strong) counts as \(state)"].next(options.next("list")))
    }
  }
}
