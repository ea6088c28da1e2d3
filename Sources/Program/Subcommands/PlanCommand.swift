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
    earlier one gives are planned when they are reached. IAM is asked whether the rights are there \
    that the steps on AWS take. Topics and webhooks that would be told are named, and not told.
    """
  static let fields: [Field<Self>] =
    [
      .positional("playbook", \.playbook, "The playbook file (JSON5).", completes: .files),
      .option("live", \.live, "colour", "Which colour is live now, if nothing is recorded yet."),
      .flag("json", \.isJSON, "The plan as one JSON object."),
      .flag("no-permissions", \.noPermissions, "Do not ask IAM whether the rights are there."),
      .option(
        "principal", \.principal, "arn", "The user or role that will run it, if it is not you."),
      .option(
        "destroyer", \.destroyer, "arn",
        "Who will run what cannot be taken back, if it is somebody else."),
    ] + Field.shared(\.writeRate, WriteRateOption.fields)
    + Field.shared(\.parameters, ParameterOptions.fields)
    + Field.shared(\.cloud, CloudOptions.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover plan playbooks/local.json5", "Shows each step with its changes.")
  ]
  static let seeAlso = ["check", "policy", "run"]

  var playbook = ""
  var live: Colour?
  var isJSON = false
  var noPermissions = false
  var principal: String?
  var destroyer: String?
  var writeRate = WriteRateOption()
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
      read.playbook, from: from, wiring: context.wiring, workFolder: WorkFolder.of(journal.path),
      writeRateMax: try writeRate.limit)
    let report = PlanReport(preview: preview)
    let channels = await ChannelSight.all(of: read.playbook, context.wiring)
    let permissions = await permissions(of: read.playbook, context)
    if isJSON {
      var value = report.json
      if !channels.isEmpty { value["notify"] = .array(channels.map(\.json)) }
      if let permissions { value["permissions"] = permissions.json }
      context.console.write(value.text + "\n")
    } else {
      context.console.show(
        (note.map { [$0] } ?? []) + report.lines + channels.map(\.line)
          + (permissions?.lines ?? [])
          + conclusion(preview, permissions))
    }
    let isFine = preview.problems.isEmpty && permissions?.missing.isEmpty != false
    return (isFine ? ExitCode.done : .badInput).rawValue
  }

  /// What IAM says of the rights that are needed; nil when none are, or nobody wants to know.
  private func permissions(
    of playbook: Playbook, _ context: Context
  ) async -> PermissionFindings? {
    guard !noPermissions else { return nil }
    let needs = PlaybookRights(playbook, context.wiring).needs
    guard !needs.isEmpty else { return nil }
    let outside = context.wiring.outside
    return await PermissionCheck(
      cloud: outside.cloud, context: outside.context, applier: principal, destroyer: destroyer
    ).findings(on: needs)
  }

  private func conclusion(_ preview: Preview, _ permissions: PermissionFindings?) -> [Line] {
    let next = NextCommand(journal: journal)
    let words =
      [playbook] + (live.map { ["--live", $0.rawValue] } ?? []) + parameters.words
      + cloud.words + writeRate.words
    var wrong = preview.problems.map(\.step)
    for step in permissions?.missing.flatMap(\.steps) ?? [] where !wrong.contains(step) {
      wrong.append(step)
    }
    guard !wrong.isEmpty else { return NextCommand.line([next(["run"] + words)]) }
    let steps = wrong.joined(separator: ", ")
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
