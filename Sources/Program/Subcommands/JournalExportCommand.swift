internal import Commands
internal import JournalStore
internal import Rollouts

struct JournalExportCommand: Command {
  static let name = "export"
  static let summary = "Write a rollout as JSON lines."
  static let discussion = """
    The rollout, its facts, its requests, and an end that says how many facts there were. An \
    export without its end was cut off.
    """
  static let fields: [Field<Self>] =
    [.positional("rollout", \.rollout, "The id of a rollout, or 'last'.")]
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example("cutover journal export last", "Writes the newest rollout to standard output.")
  ]
  static let seeAlso = ["journal verify", "history"]

  var rollout = ""
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    let book = try await journal.open(.read, in: context)
    guard let store = book as? SQLiteJournal else {
      throw Refusal(.journal, "this journal cannot be exported", hint: "Name a journal file.")
    }
    let record = try await Selection.named(rollout, in: nil, of: book)
    let console = context.console
    try await store.export(record.id) { line in console.write(line + [UInt8(ascii: "\n")]) }
    return ExitCode.done.rawValue
  }
}
