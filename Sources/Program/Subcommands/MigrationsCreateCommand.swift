internal import Commands
internal import Foundation
internal import JSON
internal import Resources

struct MigrationsCreateCommand: Command {
  static let name = "create"
  static let summary = "Write a commented migration to go on from."
  static let discussion = """
    Its order is the moment, unless --order says another. A file is never overwritten. What is \
    written passes 'cutover check' as it is.
    """
  static let fields: [Field<Self>] = [
    .positional("name", \.title, "What it does, in letters, digits, '-', '_' and '.'."),
    .option("folder", letter: "f", \.folder, "path", "Where they are.", completes: .files),
    .option(
      "environment", letter: "e", \.environment, "name",
      "Which environment; the one that the others in the folder name if left out."),
    .option("order", \.order, "digits", "Its order, such as 0007 or 20261121_120000."),
    .flag("json", \.isJSON, "The path as a JSON object."),
  ]
  static let examples = [
    Example("cutover migrations create split-assets", "Writes migrations/…_split-assets.json5.")
  ]
  static let seeAlso = ["migrations plan", "check"]

  var title = ""
  var folder = MigrationFolder.standard
  var environment: String?
  var order: String?
  var isJSON = false

  func problem() -> String? {
    if !MigrationFile.isName(title) {
      return "'\(title)' is no name for a migration; use letters, digits, '-', '_' and '.'"
    }
    if let order, MigrationOrder(order) == nil {
      return "--order must be digits, such as 0007 or 20261121_120000, not '\(order)'"
    }
    return nil
  }

  func run(in context: Context) async throws -> Int32 {
    let there = try MigrationFolder.read(folder, mayBeMissing: true)
    let order = order ?? Self.moment(context.wiring.clock.now())
    let file = "\(order)_\(title)"
    guard let parts = MigrationFile.parts(of: file + MigrationFile.ending) else {
      throw Refusal(.usage, "'\(file)' is no name for a migration", hint: "Give --order digits.")
    }
    if let other = there.files.first(where: { $0.order == parts.order }) {
      throw Refusal(
        .badInput, "\(other.path) has the order \(order) already",
        hint: "Give another one with --order.")
    }
    let environment =
      environment ?? (try? there.environment(given: nil)) ?? Self.standardEnvironment
    let text = MigrationTemplate(title: file, environment: environment).text
    let path = "\(folder)/\(file)\(MigrationFile.ending)"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
    } catch {
      throw Refusal(
        .noFile, "\(path) cannot be written", hint: "Is it there already? Check the rights.")
    }
    if isJSON {
      let value: JSONValue = [
        "type": "migration", "order": .string(order), "name": .string(title),
        "file": .string(path), "environment": .string(environment),
      ]
      context.console.write(value.text + "\n")
    } else {
      context.console.show(
        ["\("✓", .good) \(path, .strong) for \(environment)"].next(
          NextCommand(journal: JournalOption())("check", path)))
    }
    return ExitCode.done.rawValue
  }

  private static let standardEnvironment = "my-environment"

  /// Such as `20261121_120000`, in UTC.
  private static func moment(_ now: Timestamp) -> String {
    let digits = now.description.filter { $0.isASCII && $0.isNumber }
    return "\(digits.prefix(8))_\(digits.dropFirst(8).prefix(6))"
  }
}
