internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

struct EnvironmentsCommand: Command {
  static let name = "environments"
  static let summary = "List environments with the colour that is live in each."
  static let fields: [Field<Self>] =
    [.flag("json", \.isJSON, "One JSON object a line.")]
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [Example("cutover environments", "Shows which colour is live.")]
  static let seeAlso = ["environments reconcile", "status"]

  var isJSON = false
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    let book = try await journal.open(.read, in: context)
    let environments = try await book.environments()
    let next = NextCommand(journal: journal)
    var lines: [Line] = []
    let width = environments.map { Width.of($0.name) }.max() ?? 0
    for environment in environments {
      let open = try await book.openRollout(in: environment.name)
      if isJSON {
        let value: JSONValue = [
          "environment": .string(environment.name), "live": .string(environment.live.rawValue),
          "since": FactJSON.moment(environment.since), "rollout": FactJSON.text(open?.id),
        ]
        context.console.write(value.text + "\n")
      } else {
        var line: Line = "\(Line(environment.name, .strong).padded(to: width))  "
        line += Line(environment.live.rawValue, .good).padded(to: 5)
        line += Line(" since \(Words.dateAndClock(environment.since))", .faint)
        if let open { line += "  rollout \(open.id) is open" }
        lines.append(line)
      }
    }
    guard !isJSON else { return ExitCode.done.rawValue }
    guard let first = environments.first else {
      context.console.show(["There is no environment yet."].next("cutover run PLAYBOOK"))
      return ExitCode.done.rawValue
    }
    context.console.show(
      lines + NextCommand.line([next("environments", "reconcile", first.name)]))
    return ExitCode.done.rawValue
  }
}
