internal import Rollouts

/// Command lines worth typing next, complete enough to be copied.
struct NextCommand: Sendable {
  let journal: JournalOption
  /// Named when several environments have open rollouts.
  let environment: String?

  init(journal: JournalOption, environment: String? = nil) {
    self.journal = journal
    self.environment = environment
  }

  /// For one rollout, whose environment is named where another one is open too.
  static func about(
    _ record: RolloutRecord, in book: any Journal, _ journal: JournalOption
  ) async throws -> NextCommand {
    let others = try await Selection.allOpen(in: book).filter { $0.id != record.id }
    return NextCommand(journal: journal, environment: others.isEmpty ? nil : record.environment)
  }

  func callAsFunction(_ words: String...) -> String { self(words) }

  func callAsFunction(_ words: [String]) -> String {
    var all = ["cutover"] + words.map(Self.quoted)
    if let environment { all += ["--environment", Self.quoted(environment)] }
    if !journal.isStandard { all += ["--journal", Self.quoted(journal.path)] }
    return all.joined(separator: " ")
  }

  /// A word as a shell would have to be given it.
  static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "-_./:=,@%+".utf8.contains(byte)
      }
    }
    if plain, !word.isEmpty { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "'\\''") + "'"
  }

  static func line(_ commands: [String]) -> [Line] {
    guard let first = commands.first else { return [] }
    return [.empty, "\("Next:", .faint) \(first, .accent)"]
      + commands.dropFirst().map { "\("  or:", .faint) \($0, .accent)" }
  }
}

extension [Line] {
  /// The lines with the next commands below them.
  func next(_ commands: String...) -> [Line] { self + NextCommand.line(commands) }
}
