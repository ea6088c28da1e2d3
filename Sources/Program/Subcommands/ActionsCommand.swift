internal import Commands
internal import JSON
internal import Rollouts

struct ActionsCommand: Command {
  static let name = "actions"
  static let summary = "List what steps can do, or explain one action."
  static let fields: [Field<Self>] = [
    .positional("action", \.action, "The action to explain.", required: false),
    .flag("json", \.isJSON, "One JSON object a line."),
  ]
  static let examples = [
    Example("cutover actions", "Lists all actions."),
    Example("cutover actions tables.copy", "Explains an action and its inputs."),
  ]
  static let seeAlso = ["providers", "schema"]

  var action: String?
  var isJSON = false

  func run(in context: Context) async throws -> Int32 {
    let catalog = context.wiring.actions
    if let action {
      guard let found = catalog.action(named: action) else {
        let near = Nearest.match(action, in: catalog.actions.map(\.name))
        throw Refusal(
          .usage,
          "there is no action '\(action)'" + (near.map { "; did you mean '\($0)'?" } ?? ""),
          hint: "See 'cutover actions'.")
      }
      context.console.show(ActionReport(action: found).lines)
      return ExitCode.done.rawValue
    }
    if isJSON {
      context.console.write(
        catalog.actions.map { ActionReport(action: $0).json.text + "\n" }.joined())
      return ExitCode.done.rawValue
    }
    let width = catalog.actions.map { Width.of($0.name) }.max() ?? 0
    let lines = catalog.actions.map { action -> Line in
      Line(action.name, .strong).padded(to: width) + "  \(action.summary)"
    }
    let first = catalog.actions.first?.name ?? "NAME"
    context.console.show(lines.next("cutover actions \(first)"))
    return ExitCode.done.rawValue
  }
}
