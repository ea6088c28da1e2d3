internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

struct PlanCommand: Command {
  static let name = "plan"
  static let summary = "Show what a rollout would do, and change nothing."
  static let discussion = """
    Every step looks at the world as it is now and says what it would change, what runs side by \
    side, and how long it takes. A line marks the point of no return. Steps that need what an \
    earlier one gives are planned when they are reached.
    """
  static let fields: [Field<Self>] =
    [
      .positional("playbook", \.playbook, "The playbook file (JSON5).", completes: .files),
      .option("live", \.live, "colour", "Which colour is live now, if nothing is recorded yet."),
      .flag("json", \.isJSON, "The plan as one JSON object."),
    ] + Field.shared(\.parameters, ParameterOptions.fields)
    + Field.shared(\.cloud, CloudOptions.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover plan playbooks/local.json5", "Shows each step with its changes.")
  ]
  static let seeAlso = ["check", "run"]

  var playbook = ""
  var live: Colour?
  var isJSON = false
  var parameters = ParameterOptions()
  var cloud = CloudOptions()
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    let context = context.using(cloud)
    let read = try ReadPlaybook.read(playbook, parameters, context)
    let beginning = Beginning(wiring: context.wiring)
    let (from, note) = try await beginning.colour(
      of: read.playbook, recorded: try await recorded(read.playbook.environment, context),
      said: live)
    let preview = try await Preview.make(
      read.playbook, from: from, wiring: context.wiring, workFolder: WorkFolder.of(journal.path))
    let report = PlanReport(preview: preview)
    if isJSON {
      context.console.write(report.json.text + "\n")
    } else {
      context.console.show(
        (note.map { [$0] } ?? []) + report.lines + conclusion(preview))
    }
    return (preview.problems.isEmpty ? ExitCode.done : .badInput).rawValue
  }

  private func conclusion(_ preview: Preview) -> [Line] {
    let next = NextCommand(journal: journal)
    let words =
      [playbook] + (live.map { ["--live", $0.rawValue] } ?? []) + parameters.words
      + cloud.words
    guard !preview.problems.isEmpty else { return NextCommand.line([next(["run"] + words)]) }
    let steps = preview.problems.map(\.step).joined(separator: ", ")
    return [.empty, Line("It would not come through as it stands: look at \(steps).", .bad)].next(
      next(["plan"] + words))
  }

  /// The colour in the journal, which is only looked at: planning makes no file.
  private func recorded(_ environment: String, _ context: Context) async throws -> Colour? {
    do {
      let book = try await journal.open(.read, in: context)
      return try await book.environments()
        .first { $0.name.utf8.elementsEqual(environment.utf8) }?.live
    } catch let refusal as Refusal where refusal.code == .noFile {
      return nil
    }
  }
}

/// Where steps keep files of their own: beside the journal.
enum WorkFolder {
  static func of(_ journal: String) -> String {
    guard let slash = journal.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "work" }
    return String(journal[...slash]) + "work"
  }
}
