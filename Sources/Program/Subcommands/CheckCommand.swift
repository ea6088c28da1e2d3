internal import Commands
internal import Rollouts

struct CheckCommand: Command {
  static let name = "check"
  static let summary = "Read a playbook and report every mistake at once."
  static let discussion = """
    Nothing outside is touched: no resource, no secret, no journal. Each mistake is shown with its \
    file, line and column, what was expected and the nearest known name.
    """
  static let fields: [Field<Self>] =
    [.positional("playbook", \.playbook, "The playbook file (JSON5).", completes: .files)]
    + Field.shared(\.parameters, ParameterOptions.fields)
  static let examples = [
    Example("cutover check playbooks/local.json5", "Finds mistakes before anything runs.")
  ]
  static let seeAlso = ["plan", "schema"]

  var playbook = ""
  var parameters = ParameterOptions()

  func run(in context: Context) async throws -> Int32 {
    let read = try ReadPlaybook.read(playbook, parameters, context)
    let steps = Words.count(read.playbook.steps.count, "step")
    context.console.show(
      [
        "\("✓", .good) \(playbook): \(read.playbook.environment, .strong), \(steps), no mistakes"
      ].next(NextCommand(journal: JournalOption())(["plan", playbook] + parameters.words)))
    return ExitCode.done.rawValue
  }
}

/// A playbook file with the values given for its parameters.
struct ReadPlaybook {
  let playbook: Playbook
  let text: String
  let overrides: [ParameterOverride]

  static func read(
    _ path: String, _ parameters: ParameterOptions, _ context: Context
  ) throws -> ReadPlaybook {
    let bytes = try InputFile.read(path, noun: "playbook")
    let overrides = try parameters.overrides()
    let reader = PlaybookReader(
      actions: context.wiring.actions, resources: context.wiring.resources)
    var playbook = try reader.read(bytes, file: path, overrides: overrides)
    playbook.folder = PlaybookPlace.folder(of: PlaybookPlace.path(of: path))
    return ReadPlaybook(
      playbook: playbook, text: String(decoding: bytes, as: UTF8.self), overrides: overrides)
  }

  /// Reads a playbook that another command made up.
  static func read(_ text: String, name: String, _ context: Context) throws -> ReadPlaybook {
    let reader = PlaybookReader(
      actions: context.wiring.actions, resources: context.wiring.resources)
    return ReadPlaybook(
      playbook: try reader.read(Array(text.utf8), file: name), text: text, overrides: [])
  }
}
