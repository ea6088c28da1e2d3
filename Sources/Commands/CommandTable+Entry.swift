extension CommandTable {
  /// One command, or a word that groups several.
  package struct Entry: Sendable {
    package let info: CommandInfo
    let subcommands: [Entry]

    /// Parses the words that follow the path and runs; absent for a mere group.
    let run: (@Sendable (ArraySlice<String>, String, Context) async throws -> Int32)?

    /// Parses without running, for the check of examples.
    let check: @Sendable (ArraySlice<String>) throws(UsageError) -> Void

    /// A command, perhaps with others below it: `environments` and `environments reconcile`.
    package static func command<C: Command>(
      _ type: C.Type, _ subcommands: [Entry] = []
    ) -> Self where C.Context == Context {
      Self(
        info: CommandInfo(type, subcommands: subcommands.map(\.info)), subcommands: subcommands,
        run: { words, path, context in
          try await ArgumentParser<C>.parse(words, path: path).run(in: context)
        },
        check: { words throws(UsageError) in _ = try ArgumentParser<C>.parse(words, path: C.name) })
    }

    /// A word that only leads to others: `journal verify`, `journal export`.
    package static func group(
      _ name: String, _ summary: String, discussion: String = "", _ subcommands: [Entry]
    ) -> Self {
      Self(
        info: CommandInfo(
          group: name, summary: summary, discussion: discussion,
          subcommands: subcommands.map(\.info)),
        subcommands: subcommands, run: nil,
        check: { _ throws(UsageError) in
          throw UsageError(problem: "'\(name)' does nothing by itself", help: name)
        })
    }
  }

  /// All commands in the order of help, those that the table answers itself last.
  package var commands: [CommandInfo] {
    let own = sections.flatMap(\.entries).map(\.info)
    return own + builtIns.filter { builtIn in !own.contains { $0.name == builtIn.name } }
  }

  /// The commands that need no code of the program: they are read off the table.
  var builtIns: [CommandInfo] {
    let own = sections.flatMap(\.entries).map(\.info.name)
    let command = FieldInfo(
      kind: .rest, name: "command", placeholder: "command", help: "The command to explain.",
      choices: own + ["completions", "help", "version"].filter { !own.contains($0) })
    let shell = FieldInfo(
      kind: .positional, name: "shell", placeholder: "shell", help: "The shell to write for.",
      choices: Shell.allCases.map(\.rawValue), isRequired: true)
    return [
      CommandInfo(
        name: "help", summary: "Explain a command.", discussion: "",
        fields: [command, CommandInfo.help], examples: [], seeAlso: [], subcommands: [],
        runs: true),
      CommandInfo(
        name: "completions", summary: "Write a completion script for bash, zsh or fish.",
        discussion: Shell.installation(program: program), fields: [shell, CommandInfo.help],
        examples: [
          Example(
            "source <(\(program) completions bash)", "Complete words in this bash session.")
        ], seeAlso: ["help"], subcommands: [], runs: true),
      CommandInfo(
        name: "version", summary: "Show the version.", discussion: "", fields: [CommandInfo.help],
        examples: [], seeAlso: [], subcommands: [], runs: true),
    ]
  }

  /// The page that lists all commands.
  package var programHelp: String {
    let own = sections.map { ($0.title, $0.entries.map(\.info)) }
    let shown = sections.flatMap(\.entries).map(\.info.name)
    let others = builtIns.filter { !shown.contains($0.name) }
    return ProgramHelpPage(
      program: program, purpose: purpose,
      sections: own + (others.isEmpty ? [] : [("Help", others)])
    ).text
  }
}
