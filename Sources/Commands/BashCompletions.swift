/// A bash completion script.
///
/// The script first walks the words before the cursor to learn which command they name, then
/// offers the values of the option before the cursor, or the command's own words.
struct BashCompletions {
  let program: String
  let commands: [CommandInfo]

  var text: String {
    """
    # bash completion for \(program)
    \(function)() {
      local current previous path index words options places
      current="${COMP_WORDS[COMP_CWORD]}"
      previous="${COMP_WORDS[COMP_CWORD-1]}"
      # bash splits --name=value at the equals sign.
      if [[ $current == "=" ]]; then
        current=""
      elif [[ $previous == "=" ]]; then
        previous="${COMP_WORDS[COMP_CWORD-2]}"
      fi
      COMPREPLY=()
      path=""
      for ((index = 1; index < COMP_CWORD; index++)); do
        case "$path/${COMP_WORDS[index]}" in
    \(steps)
        esac
      done
      case "$path $previous" in
    \(values)
      esac
      words="" options="" places=""
      case "$path" in
    \(wordsByPath)
      esac
      if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
        return
      fi
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
      case "$places" in
        files) \(function)_files -f "$current" ;;
        folders) \(function)_files -d "$current" ;;
      esac
    }

    \(function)_files() {
      compopt -o filenames 2>/dev/null
      local found
      mapfile -t found < <(compgen "$1" -- "$2")
      COMPREPLY+=("${found[@]}")
    }

    complete -F \(function) \(program)

    """
  }

  private var function: String { "_" + ShellText.identifier(program) }

  private var all: [(path: [String], info: CommandInfo)] {
    commands.flatMap { $0.flattened(below: []) }
  }

  private var steps: String {
    all.map { path, _ in
      let joined = "/" + path.joined(separator: "/")
      return "      \"\(joined)\") path=\"\(joined)\" ;;"
    }.joined(separator: "\n")
  }

  private var values: String {
    all.flatMap { path, info in
      info.named.filter { $0.kind == .option }.map { field in
        let prefix = "/" + path.joined(separator: "/")
        let names = [field.spelling] + (field.letter.map { ["-\($0)"] } ?? [])
        let pattern = names.map { "\"\(prefix) \($0)\"" }.joined(separator: " | ")
        return "    \(pattern)) \(offer(field)) return ;;"
      }
    }.joined(separator: "\n")
  }

  private func offer(_ field: FieldInfo) -> String {
    guard field.choices.isEmpty else {
      let words = field.choices.joined(separator: " ")
      return "mapfile -t COMPREPLY < <(compgen -W \"\(words)\" -- \"$current\");"
    }
    switch field.completion {
    case .nothing: return ""
    case .files: return "\(function)_files -f \"$current\";"
    case .folders: return "\(function)_files -d \"$current\";"
    }
  }

  private var wordsByPath: String {
    let top =
      "    \"\") words=\"\(commands.map(\.name).joined(separator: " "))\""
      + " options=\"--help --version\" ;;"
    let rows = all.map { path, info in
      let words = info.subcommands.map(\.name) + info.placed.flatMap(\.choices)
      let options = info.named.flatMap { [$0.spelling] + ($0.letter.map { ["-\($0)"] } ?? []) }
      let places = info.placed.map(\.completion)
      let kind = places.contains(.files) ? "files" : places.contains(.folders) ? "folders" : ""
      return "    \"/\(path.joined(separator: "/"))\") words=\"\(words.joined(separator: " "))\""
        + " options=\"\(options.joined(separator: " "))\" places=\"\(kind)\" ;;"
    }
    return ([top] + rows).joined(separator: "\n")
  }
}
