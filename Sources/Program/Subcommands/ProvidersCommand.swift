internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

struct ProvidersCommand: Command {
  static let name = "providers"
  static let summary = "List the kinds of resource URLs that playbooks can use."
  static let fields: [Field<Self>] = [.flag("json", \.isJSON, "One JSON object a line.")]
  static let examples = [Example("cutover providers", "Lists URLs with an example of each.")]
  static let seeAlso = ["actions"]

  var isJSON = false

  func run(in context: Context) async throws -> Int32 {
    let providers = context.wiring.resources.providers
    if isJSON {
      context.console.write(providers.map { Self.json($0).text + "\n" }.joined())
      return ExitCode.done.rawValue
    }
    let lines = providers.flatMap { provider -> [Line] in
      let head =
        Line("\(provider.scheme)://", .strong).padded(to: 18)
        + Line(provider.kind.rawValue, .accent).padded(to: 8) + "\(provider.summary)"
      let indent = String(repeating: " ", count: 26)
      return [head, "\(indent)\(provider.example, .faint)"]
        + provider.parameters.map { "\(indent)\("?\($0.name)=", .faint) \($0.help, .faint)" }
    }
    context.console.show(lines.next("cutover actions"))
    return ExitCode.done.rawValue
  }

  private static func json(_ provider: Provider) -> JSONValue {
    [
      "scheme": .string(provider.scheme), "kind": .string(provider.kind.rawValue),
      "summary": .string(provider.summary), "example": .string(provider.example),
      "parameters": .array(
        provider.parameters.map { ["name": .string($0.name), "help": .string($0.help)] }),
    ]
  }
}
