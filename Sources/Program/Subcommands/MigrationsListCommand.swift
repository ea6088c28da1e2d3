internal import Commands
internal import JSON
internal import Resources

struct MigrationsListCommand: Command {
  static let name = "list"
  static let summary = "List migrations: applied, pending, and what is odd about them."
  static let discussion = """
    Pending is what has no record, wherever it stands in the order. Named as odd are those that \
    were edited or removed after they were applied, those that come late (one with a higher order \
    was applied before), and those of equal order.

    Ends with 0 when all is plain, with 65 when something odd would make 'migrations run' refuse.
    """
  static let fields: [Field<Self>] =
    [
      .flag("json", \.isJSON, "One JSON object a line."),
      .flag("pending", \.isPendingOnly, "Only those that are pending."),
    ] + Field.shared(\.options, MigrationOptions.fields)
  static let examples = [
    Example("cutover migrations list", "Shows what was applied and what is pending."),
    Example(
      "cutover migrations list --registry dynamodb://us-east-1/deploy --layout efcms",
      "Reads the records that EF-CMS keeps in its deploy table."),
  ]
  static let seeAlso = ["migrations plan", "migrations run"]

  var isJSON = false
  var isPendingOnly = false
  var options = MigrationOptions()

  func run(in context: Context) async throws -> Int32 {
    let place = try await MigrationPlace.open(options, .read, in: context)
    let survey = try await place.survey()
    let shown = isPendingOnly ? survey.pending : survey.entries
    if isJSON {
      context.console.write(shown.map { MigrationLine.json($0, place).text + "\n" }.joined())
    } else {
      context.console.show(lines(shown, survey, place))
    }
    let isOdd = !survey.refused(allowing: []).isEmpty || !place.folder.misnamed.isEmpty
    return (isOdd ? ExitCode.badInput : .done).rawValue
  }

  private func lines(
    _ shown: [MigrationSurvey.Entry], _ survey: MigrationSurvey, _ place: MigrationPlace
  ) -> [Line] {
    let width = shown.map { Width.of($0.title) }.max() ?? 0
    var lines: [Line] = [
      "\(place.environment, .strong)\("  recorded in \(place.registry.place)", .faint)"
    ]
    lines += shown.flatMap { MigrationLine.lines($0, width: width) }
    lines += place.folder.misnamed.map { name in
      Line("\(place.folder.path)/\(name) has no order and is never run", .bad)
    }
    let pending = survey.pending.count
    if survey.entries.isEmpty {
      return (lines + ["There are none yet."]).next(options.next("create", "NAME"))
    }
    lines.append(
      "\(Words.count(survey.entries.count - pending)) applied or marked, "
        + "\(Words.count(pending)) pending")
    return lines.next(options.next(pending > 0 ? "plan" : "verify"))
  }
}

/// One migration as a line for people, and as an object for programs.
enum MigrationLine {
  static func lines(_ entry: MigrationSurvey.Entry, width: Int) -> [Line] {
    var line = Line("  ") + Line(entry.title, .strong).padded(to: width) + "  "
    line += Line(entry.state, entry.isPending ? .accent : .good).padded(to: 8)
    if let record = entry.record {
      line += Line("  \(Words.dateAndClock(record.at))", .faint)
      if !record.by.isEmpty { line += Line(" by \(record.by)", .faint) }
      if let rollout = record.rollout { line += Line("  rollout \(rollout)", .faint) }
    }
    let indent = String(repeating: " ", count: width + 4)
    let reason: [Line] =
      entry.record.map { $0.reason.isEmpty ? [] : ["\(indent)\($0.reason, .faint)"] } ?? []
    return [line] + reason
      + entry.oddities.map { "\(indent)\($0.rawValue, .warning): \($0.explanation)" }
  }

  static func json(_ entry: MigrationSurvey.Entry, _ place: MigrationPlace) -> JSONValue {
    [
      "type": "migration", "environment": .string(place.environment),
      "order": .string(entry.order.text), "name": .string(entry.name),
      "state": .string(entry.state),
      "odd": .array(entry.oddities.map { .string($0.rawValue) }),
      "file": FactJSON.text(entry.file?.path), "digest": FactJSON.text(entry.file?.digest),
      "recorded": entry.record.map(record) ?? .null,
      "registry": .string(place.registry.place),
    ]
  }

  private static func record(_ record: MigrationRecord) -> JSONValue {
    [
      "outcome": .string(record.outcome.rawValue), "digest": FactJSON.text(record.digest),
      "at": FactJSON.moment(record.at), "by": .string(record.by),
      "rollout": FactJSON.text(record.rollout), "reason": .string(record.reason),
    ]
  }
}
