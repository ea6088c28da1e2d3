internal import Commands
internal import Resources
internal import Rollouts

struct RunCommand: Command {
  static let name = "run"
  static let summary = "Carry out a playbook, or carry on with its open rollout."
  static let discussion = """
    Plans first, and refuses to begin if a step finds that it would not come through. The \
    playbook's text is stored in the journal when a rollout begins: a file that changed since \
    never changes a running rollout. On a terminal it asks before it begins.

    Ctrl-C pauses at the next checkpoint; a second one stops at once. Both are safe, and so is \
    killing the process: carry on with 'cutover resume' or the same 'cutover run'.

    Exit codes of all commands:

    \(ExitCode.table)
    """
  static let fields: [Field<Self>] =
    [
      .positional("playbook", \.playbook, "The playbook file (JSON5).", completes: .files),
      .option("live", \.live, "colour", "Which colour is live now, if nothing is recorded yet."),
      .flag("yes", letter: "y", \.isSure, "Do not ask before beginning."),
      .flag("anyway", \.anyway, "Begin although planning found that a step would fail."),
    ] + Field.shared(\.parameters, ParameterOptions.fields)
    + Field.shared(\.cloud, CloudOptions.fields)
    + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example(
      "cutover run playbooks/local.json5 --live blue",
      "Begins the first rollout of an environment."),
    Example("cutover run playbooks/local.json5 --yes --json", "Runs in a script."),
  ]
  static let seeAlso = ["plan", "status", "pause", "rollback"]

  var playbook = ""
  var live: Colour?
  var isSure = false
  var anyway = false
  var parameters = ParameterOptions()
  var cloud = CloudOptions()
  var drive = DriveOptions()
  var person = PersonOption()
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    let context = context.using(cloud)
    let launch = Launch(
      context: context, read: try ReadPlaybook.read(playbook, parameters, context),
      name: PlaybookPlace.path(of: playbook),
      planWords: ["plan", playbook] + parameters.words + cloud.words, live: live, isSure: isSure,
      anyway: anyway, drive: drive, person: person, journal: journal)
    return try await launch.run().rawValue
  }
}
