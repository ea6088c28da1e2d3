/// The commands a program offers, with help and completions derived from their tables.
///
/// The table never prints: text to show comes back to the caller.
package struct CommandTable<Context: Sendable>: Sendable {
  /// A titled list of commands, as help shows them.
  package struct Section: Sendable {
    let title: String
    let entries: [Entry]

    package init(_ title: String, _ entries: [Entry]) {
      self.title = title
      self.entries = entries
    }
  }

  /// What came of a command line.
  package enum Reply: Sendable, Equatable {
    /// Text for standard output; the exit status is 0.
    case text(String)

    /// A command ran and asks for this exit status.
    case exit(Int32)
  }

  package let program: String
  package let purpose: String
  package let version: String
  let sections: [Section]

  package init(program: String, purpose: String, version: String, _ sections: [Section]) {
    self.program = program
    self.purpose = purpose
    self.version = version
    self.sections = sections
  }

  /// Runs the command that `words` name; `words` do not include the program's own name.
  ///
  /// Throws `UsageError` when the words cannot be understood, and whatever the command throws.
  package func run(_ words: [String], in context: Context) async throws -> Reply {
    guard let first = words.first else { return .text(programHelp) }
    switch first {
    case "-h", "--help": return .text(programHelp)
    case "-v", "--version": return .text("\(program) \(version)\n")
    case "help" where entry(named: "help") == nil: return .text(try help(for: words.dropFirst()))
    case "version" where entry(named: "version") == nil: return .text("\(program) \(version)\n")
    case "completions" where entry(named: "completions") == nil:
      return .text(try completions(for: words.dropFirst()))
    default: return try await start(words[...], in: context)
    }
  }

  private func start(_ words: ArraySlice<String>, in context: Context) async throws -> Reply {
    let (path, found, rest) = try resolve(words)
    let end = rest.firstIndex(of: "--") ?? rest.endIndex
    if rest[..<end].contains(where: { $0 == "--help" || $0 == "-h" }) {
      return .text(HelpPage(program: program, path: path, info: found.info).text)
    }
    guard let run = found.run else {
      let names = found.subcommands.map(\.info.name)
      let line = ([program] + path).joined(separator: " ")
      guard let word = rest.first else {
        throw UsageError(
          problem: "'\(line)' needs one of: \(names.joined(separator: ", "))",
          help: "\(line) --help")
      }
      throw unknown(word, after: path, among: names)
    }
    return .exit(try await run(rest, ([program] + path).joined(separator: " "), context))
  }

  /// Follows `words` down the table; what is left over are the command's arguments.
  func resolve(
    _ words: ArraySlice<String>
  ) throws(UsageError) -> (path: [String], entry: Entry, rest: ArraySlice<String>) {
    var rest = words
    var path: [String] = []
    var level = sections.flatMap(\.entries)
    var found: Entry?
    while let word = rest.first, let next = level.first(where: { $0.info.name == word }) {
      found = next
      path.append(word)
      level = next.subcommands
      rest = rest.dropFirst()
    }
    if let found { return (path, found, rest) }
    throw unknown(words.first ?? "", after: [], among: commands.map(\.name))
  }

  private func unknown(_ word: String, after path: [String], among names: [String]) -> UsageError {
    let line = ([program] + path).joined(separator: " ")
    if word.hasPrefix("-") {
      return UsageError(
        problem: "option \(word) must follow a command", help: "\(line) --help")
    }
    let hint = Nearest.match(word, in: names).map { "; did you mean '\($0)'?" } ?? ""
    return UsageError(problem: "unknown command '\(word)'\(hint)", help: "\(line) --help")
  }

  private func help(for words: ArraySlice<String>) throws(UsageError) -> String {
    let names = words.filter { !$0.hasPrefix("-") }
    guard let first = names.first else { return programHelp }
    if let info = builtIns.first(where: { $0.name == first }) {
      return HelpPage(program: program, path: [first], info: info).text
    }
    let (path, found, rest) = try resolve(names[...])
    if let word = rest.first {
      throw unknown(word, after: path, among: found.subcommands.map(\.info.name))
    }
    return HelpPage(program: program, path: path, info: found.info).text
  }

  private func completions(for words: ArraySlice<String>) throws(UsageError) -> String {
    let help = "\(program) help completions"
    guard let word = words.first, words.count == 1 else {
      throw UsageError(problem: "completions needs one shell: bash, zsh or fish", help: help)
    }
    if word == "--help" || word == "-h" { return try self.help(for: ["completions"]) }
    guard let shell = Shell(rawValue: word) else {
      throw UsageError(
        problem: "no completions for '\(word)': choose from bash, zsh, fish", help: help)
    }
    return completionScript(for: shell)
  }

  /// The completion script for one shell, drawn from the table.
  package func completionScript(for shell: Shell) -> String {
    switch shell {
    case .bash: BashCompletions(program: program, commands: commands).text
    case .zsh: ZshCompletions(program: program, commands: commands).text
    case .fish: FishCompletions(program: program, commands: commands).text
    }
  }

  private func entry(named name: String) -> Entry? {
    sections.lazy.flatMap(\.entries).first { $0.info.name == name }
  }
}
