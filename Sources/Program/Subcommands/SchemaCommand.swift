internal import Commands
internal import JSON
internal import Rollouts

struct SchemaCommand: Command {
  static let name = "schema"
  static let summary = "Write the JSON Schema of playbooks, for editors."
  static let discussion = """
    Save it to a file and name that file in the editor's settings, or in the playbook itself as \
    "$schema".
    """
  static let fields: [Field<Self>] = []
  static let examples = [
    Example("cutover schema", "Writes the schema to standard output.")
  ]
  static let seeAlso = ["check", "actions"]

  func run(in context: Context) async throws -> Int32 {
    let value = schema(of: context.wiring.actions, context.wiring.resources)
    context.console.write(value.pretty() + "\n")
    return ExitCode.done.rawValue
  }
}
