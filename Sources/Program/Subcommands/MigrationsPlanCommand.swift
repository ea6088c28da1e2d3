internal import Commands
internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

struct MigrationsPlanCommand: Command {
  static let name = "plan"
  static let summary = "Show what each pending migration would do, and change nothing."
  static let discussion = """
    Each one plans against the world as it is now, so one that needs what an earlier one makes may \
    say that it is missing.

    Ends with 0 when all would come through, with 65 when one would not or 'run' would refuse.
    """
  static let fields: [Field<Self>] =
    [
      .options(
        "allow", \.allowed, "oddity", "Pass over what is edited, vanished, late or equal."),
      .option("live", \.live, "colour", "Which colour is live now, if nothing is recorded yet."),
      .flag("json", \.isJSON, "One JSON object a line."),
    ] + Field.shared(\.options, MigrationOptions.fields)
  static let examples = [
    Example("cutover migrations plan", "Shows the steps of all that is pending.")
  ]
  static let seeAlso = ["migrations run", "plan"]

  var allowed: [MigrationSurvey.Oddity] = []
  var live: Colour?
  var isJSON = false
  var options = MigrationOptions()

  func run(in context: Context) async throws -> Int32 {
    let place = try await MigrationPlace.open(options, .read, in: context)
    let survey = try await place.survey()
    var isFine = true
    for entry in survey.pending {
      guard let file = entry.file else { continue }
      let preview = try await preview(file, place)
      isFine = isFine && preview.problems.isEmpty
      show(entry, PlanReport(preview: preview), place)
    }
    if survey.pending.isEmpty, !isJSON {
      context.console.show(
        ["Nothing is pending in \(place.environment, .strong)."].next(options.next("list")))
    }
    try survey.check(allowing: allowed, place.folder)
    if !isJSON, !survey.pending.isEmpty { conclude(isFine, place) }
    return (isFine ? ExitCode.done : .badInput).rawValue
  }

  private func preview(_ file: MigrationFile, _ place: MigrationPlace) async throws -> Preview {
    let context = place.context
    let read = try ReadPlaybook.read(file.path, ParameterOptions(), context)
    let recorded = try await place.journal?.environments().first {
      $0.name.utf8.elementsEqual(place.environment.utf8)
    }
    let (from, _) = try await Beginning(wiring: context.wiring).colour(
      of: read.playbook, recorded: recorded?.live, said: live)
    return try await Preview.make(
      read.playbook, from: from, wiring: context.wiring,
      workFolder: WorkFolder.of(options.journal.path))
  }

  private func show(
    _ entry: MigrationSurvey.Entry, _ report: PlanReport, _ place: MigrationPlace
  ) {
    if isJSON {
      var value = MigrationLine.json(entry, place)
      value["plan"] = report.json
      place.context.console.write(value.text + "\n")
    } else {
      place.context.console.show(
        MigrationLine.lines(entry, width: Width.of(entry.title)) + report.lines + [.empty])
    }
  }

  private func conclude(_ isFine: Bool, _ place: MigrationPlace) {
    let console = place.context.console
    guard isFine else {
      console.show(
        [Line("It would not come through as it stands.", .bad)].next(options.next("plan")))
      return
    }
    let words =
      ["run"] + allowed.flatMap { ["--allow", $0.rawValue] }
      + (live.map { ["--live", $0.rawValue] } ?? [])
    console.show(
      NextCommand.line([
        NextCommand(journal: options.journal)(["migrations"] + words + options.words)
      ]))
  }
}
