internal import Commands
internal import JSON
internal import JournalStore
internal import Rollouts

struct JournalVerifyCommand: Command {
  static let name = "verify"
  static let summary = "Find any fact that was edited, removed or reordered."
  static let discussion = """
    Every fact holds the hash of the one before it. Someone who recomputes all of them is found \
    out only by a head that was noted elsewhere: keep the heads that this command shows.
    """
  static let fields: [Field<Self>] =
    [.flag("json", \.isJSON, "The result as one JSON object.")]
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [Example("cutover journal verify", "Checks every hash.")]
  static let seeAlso = ["journal export"]

  var isJSON = false
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    let book = try await journal.open(.read, in: context)
    guard let store = book as? SQLiteJournal else {
      throw Refusal(.journal, "this journal has no hashes", hint: "Name a journal file.")
    }
    let audit = try await store.verify()
    if isJSON {
      context.console.write(Self.json(audit).text + "\n")
    } else {
      context.console.show(lines(audit))
    }
    return (audit.isSound ? ExitCode.done : .journal).rawValue
  }

  private func lines(_ audit: JournalAudit) -> [Line] {
    let facts = Words.count(audit.factCount, "fact")
    var lines = audit.heads.map { head -> Line in
      "\(head.rollout, .strong)  \(Words.count(head.factCount, "fact"))  \(head.hash, .faint)"
    }
    guard audit.isSound else {
      lines += audit.damages.map { "\("✗", .bad) \($0)" }
      if audit.isCutShort { lines.append("… and more") }
      lines.append(
        "\("The journal is not as it was written.", .bad) Keep a copy, and restore a backup.")
      return lines + NextCommand.line([NextCommand(journal: journal)("history")])
    }
    lines.append("\("✓", .good) \(facts), every hash is right")
    return lines + NextCommand.line([NextCommand(journal: journal)("history")])
  }

  private static func json(_ audit: JournalAudit) -> JSONValue {
    [
      "sound": .bool(audit.isSound), "facts": JSONValue(audit.factCount),
      "heads": .array(
        audit.heads.map {
          [
            "rollout": .string($0.rollout), "facts": JSONValue($0.factCount),
            "hash": .string($0.hash),
          ]
        }),
      "damages": .array(audit.damages.map { .string("\($0)") }),
    ]
  }
}
