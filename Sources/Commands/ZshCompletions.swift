/// A zsh completion script: one function for each command, built on `_arguments`.
struct ZshCompletions {
  let program: String
  let commands: [CommandInfo]

  var text: String {
    let top = function(
      name: root, options: ["'(-h --help)'{-h,--help}'[Show help.]'"], places: [],
      subcommands: commands)
    let rest = commands.flatMap { $0.flattened(below: []) }.map { path, info in
      function(
        name: name(path), options: info.named.map(option), places: places(of: info),
        subcommands: info.subcommands)
    }
    return """
      #compdef \(program)
      # zsh completion for \(program)

      \(([top] + rest).joined(separator: "\n"))
      if [ "$funcstack[1]" = "\(root)" ]; then
        \(root) "$@"
      else
        compdef \(root) \(program)
      fi

      """
  }

  private var root: String { "_" + ShellText.identifier(program) }

  private func name(_ path: [String]) -> String {
    ([root] + path.map(ShellText.identifier)).joined(separator: "_")
  }

  private func function(
    name: String, options: [String], places: [String], subcommands: [CommandInfo]
  ) -> String {
    guard !subcommands.isEmpty else {
      let specs = (options + places).map { "    \($0)" }.joined(separator: " \\\n")
      return "\(name)() {\n  _arguments -S : \\\n\(specs)\n}\n"
    }
    let rows = subcommands.map { info in
      "    \(quoted("\(info.name):\(plain(info.summary))"))"
    }
    let branches = subcommands.map { info in
      "        \(info.name)) \(name)_\(ShellText.identifier(info.name)) ;;"
    }
    return """
      \(name)() {
        local curcontext="$curcontext" state line
        local -a commands
        commands=(
      \(rows.joined(separator: "\n"))
        )
        _arguments -C -S : \\
      \(options.map { "    \($0) \\" }.joined(separator: "\n"))
          '1:command:->command' \\
          '*::argument:->argument'
        case $state in
          command) _describe -t commands command commands ;;
          argument)
            case $words[1] in
      \(branches.joined(separator: "\n"))
            esac
            ;;
        esac
      }

      """
  }

  private func option(_ field: FieldInfo) -> String {
    let text = "[\(escaped(field.help))]"
    let value =
      field.kind == .flag ? "" : ":\(escaped(field.placeholder)):\(action(field))"
    let suffix = quoted("\(text)\(value)")
    // The equals sign lets zsh accept --name=value beside --name value.
    let long = field.kind == .flag ? field.spelling : "\(field.spelling)="
    guard let letter = field.letter else {
      return (field.isRepeatable ? "'*'" : "") + long + suffix
    }
    let repeatable = field.isRepeatable ? "'*'" : quoted("(-\(letter) \(field.spelling))")
    return "\(repeatable){-\(letter),\(long)}\(suffix)"
  }

  private func places(of info: CommandInfo) -> [String] {
    var index = 0
    return info.placed.map { field in
      index += 1
      let place = field.kind == .rest ? "*" : "\(index)"
      let colons = field.isRequired || field.kind == .rest ? ":" : "::"
      return quoted("\(place)\(colons)\(escaped(field.name)):\(action(field))")
    }
  }

  private func action(_ field: FieldInfo) -> String {
    guard field.choices.isEmpty else { return "(\(field.choices.joined(separator: " ")))" }
    switch field.completion {
    case .nothing: return " "
    case .files: return "_files"
    case .folders: return "_files -/"
    }
  }

  private func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if "[]:\\".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }

  private func quoted(_ text: String) -> String { ShellText.quoted(text) }

  /// Text for `_describe`, where a colon separates a word from its description.
  private func plain(_ text: String) -> String { String(text.map { $0 == ":" ? "," : $0 }) }
}
