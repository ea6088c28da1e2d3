/// A fish completion script: one `complete` line for each word that may be offered.
struct FishCompletions {
  let program: String
  let commands: [CommandInfo]

  var text: String {
    """
    # fish completion for \(program)
    function \(test)
      set -l path ""
      for word in (commandline -opc)[2..-1]
        switch "$path/$word"
          case \(paths)
            set path "$path/$word"
        end
      end
      test "$path" = "$argv[1]"
    end

    complete -c \(program) -f
    \(lines.joined(separator: "\n"))

    """
  }

  private var test: String { "__\(ShellText.identifier(program))_at" }

  private var all: [(path: [String], info: CommandInfo)] {
    commands.flatMap { $0.flattened(below: []) }
  }

  private var paths: String {
    all.map { ShellText.quoted("/" + $0.path.joined(separator: "/")) }.joined(separator: " ")
  }

  private var lines: [String] {
    let top = commands.map { offer(at: [], "-a \($0.name)", $0.summary) }
    let flags = [
      offer(at: [], "-s h -l help", "Show help."),
      offer(at: [], "-s v -l version", "Show the version."),
    ]
    return top + flags + all.flatMap { path, info in lines(for: info, at: path) }
  }

  private func lines(for info: CommandInfo, at path: [String]) -> [String] {
    let subcommands = info.subcommands.map { offer(at: path, "-a \($0.name)", $0.summary) }
    let options = info.named.map { field in
      let letter = field.letter.map { "-s \($0) " } ?? ""
      let value = field.kind == .flag ? "" : " \(values(field, alone: true))"
      return offer(at: path, "\(letter)-l \(field.name)\(value)", field.help)
    }
    let places = info.placed.map { field in
      offer(at: path, values(field, alone: false), field.help)
    }
    return subcommands + options + places
  }

  /// What to offer for a value: `-x` takes only what is listed, `-r -F` takes files.
  private func values(_ field: FieldInfo, alone: Bool) -> String {
    guard field.choices.isEmpty else {
      let words = ShellText.quoted(field.choices.joined(separator: " "))
      return (alone ? "-x " : "") + "-a \(words)"
    }
    switch field.completion {
    case .nothing: return alone ? "-x" : ""
    case .files: return alone ? "-r -F" : "-F"
    case .folders:
      return (alone ? "-x " : "") + "-a '(__fish_complete_directories)'"
    }
  }

  private func offer(at path: [String], _ what: String, _ help: String) -> String {
    let place = path.isEmpty ? "" : "/" + path.joined(separator: "/")
    let condition = ShellText.quoted("\(test) \"\(place)\"")
    return "complete -c \(program) -n \(condition) \(what) -d \(ShellText.fishQuoted(help))"
  }
}
