internal import Commands
internal import Foundation
internal import JSON
internal import Resources

struct AmplifyCreateCommand: Command {
  static let name = "create"
  static let summary = "Write a commented migration to go on from."
  static let discussion = """
    Its order is the moment in milliseconds, as the old tool has it. A file is never overwritten.
    """
  static let fields: [Field<Self>] = [
    .option(
      "name", \.title, "name", "What it does, in letters, digits, '-', '_' and '.'.",
      required: true),
    .option(
      "migrationsDir", \.folder, "folder", "Where the migrations are.", required: true,
      completes: .files),
  ]
  static let examples = [
    Example(
      "cutover amplify create --name change-book-key --migrationsDir m",
      "Writes m/…_change-book-key.json5.")
  ]
  static let seeAlso = ["amplify export", "amplify migrate"]

  var title = ""
  var folder = ""

  func problem() -> String? {
    MigrationFile.isName(title)
      ? nil : "'\(title)' is no name for a migration; use letters, digits, '-', '_' and '.'"
  }

  func run(in context: Context) async throws -> Int32 {
    let order = context.wiring.clock.now().milliseconds
    let path = "\(folder)/\(order)_\(title)\(MigrationFile.ending)"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(Self.template.utf8).write(
        to: URL(fileURLWithPath: path), options: .withoutOverwriting)
    } catch {
      throw Refusal(
        .noFile, "\(path) cannot be written", hint: "Is it there already? Check the rights.")
    }
    context.console.show("\("✓", .good) \(path, .strong)")
    return ExitCode.done.rawValue
  }

  private static let template = """
    {
      migration: 1,
      description: "",

      // Models to export before a deployment replaces their tables: 'cutover amplify export'.
      export: [
        // "Book",
      ],

      // What is done after it: 'cutover amplify migrate'. Statements are those of tables.migrate;
      // every item must get a row, so that none is left out silently.
      steps: [
        // Items get an attribute where they lack it:
        // { updateModel: "Todo", sql: [
        //     "SELECT seq, amend_typed(item, 'completed', flag(0)) AS put, NULL AS skip",
        //     "FROM input WHERE kind(item, 'completed') IS NULL",
        //     "UNION ALL SELECT seq, NULL, 'has it' FROM input",
        //     "WHERE kind(item, 'completed') IS NOT NULL",
        // ] },

        // Items of the export come into the new table; of two with one key the first stays:
        // { runImport: "Book", collisions: "first",
        //   sql: ["SELECT seq, drop_attr(item, 'id') AS put FROM input"] },

        // New items, made of the users of a pool, always with the same ids:
        // { putModel: "Profile", from: "users+cognito://us-east-1/us-east-1_AAAAAAAAA", sql: [
        //     "SELECT seq, item('id', uuid('profile', attr(item, 'id')),",
        //     "  '__typename', 'Profile', 'createdAt', moment(), 'updatedAt', moment(),",
        //     "  'owner', attr(item, 'id') || '::' || attr(item, 'name'),",
        //     "  'name', coalesce(attr(item, 'attributes', 'email'), '')) AS put FROM input",
        // ] },
      ],
    }

    """
}
