/// The page that explains one command.
struct HelpPage {
  let program: String
  let path: [String]
  let info: CommandInfo

  var text: String {
    var parts = [TextLayout.paragraphs(info.summary), usage]
    if !info.discussion.isEmpty { parts.append(TextLayout.paragraphs(info.discussion)) }
    if !info.subcommands.isEmpty {
      parts.append("Commands:\n" + TextLayout.table(info.subcommands.map { ($0.name, $0.summary) }))
    }
    if !info.placed.isEmpty {
      parts.append(
        "Arguments:\n" + TextLayout.table(info.placed.map { ($0.spelling, describe($0)) }))
    }
    parts.append("Options:\n" + TextLayout.table(info.named.map { (signature($0), describe($0)) }))
    if !info.examples.isEmpty { parts.append("Examples:\n" + examples) }
    if !info.seeAlso.isEmpty {
      let commands = info.seeAlso.map { "'\(program) \($0)'" }.joined(separator: ", ")
      parts.append(TextLayout.paragraphs("See also: \(commands)."))
    }
    return parts.joined(separator: "\n")
  }

  private var usage: String {
    let line = ([program] + path).joined(separator: " ")
    let places = info.placed.map(placeholder)
    let required = info.named.filter(\.isRequired).map { "\($0.spelling) <\($0.placeholder)>" }
    var lines: [String] = []
    if info.runs {
      lines.append(([line] + places + required + ["[options]"]).joined(separator: " "))
    }
    if !info.subcommands.isEmpty { lines.append("\(line) <command> [options]") }
    return lines.enumerated().map { index, line in
      let label = index == 0 ? "Usage: " : "       "
      let wrapped = TextLayout.wrap(line, width: TextLayout.columns - label.count)
      return label + wrapped.joined(separator: "\n         ") + "\n"
    }.joined()
  }

  private var examples: String {
    info.examples.map { example in
      let effect = TextLayout.wrap(example.effect, width: TextLayout.columns - 6)
      return "  \(example.line)\n" + effect.map { "      \($0)\n" }.joined()
    }.joined()
  }

  private func placeholder(_ field: FieldInfo) -> String {
    let name = field.kind == .rest ? "<\(field.name)>..." : "<\(field.name)>"
    return field.isRequired ? name : "[\(name)]"
  }

  private func signature(_ field: FieldInfo) -> String {
    let letter = field.letter.map { "-\($0), " } ?? "    "
    let value = field.placeholder.isEmpty ? "" : " <\(field.placeholder)>"
    return "\(letter)\(field.spelling)\(value)"
  }

  private func describe(_ field: FieldInfo) -> String {
    var text = field.help
    if !field.choices.isEmpty { text += " One of: \(field.choices.joined(separator: ", "))." }
    if field.isRequired, field.isNamed { text += " Required." }
    if field.isRepeatable, field.isNamed { text += " May be repeated." }
    if !field.fallback.isEmpty { text += " Default: \(field.fallback)" }
    return text
  }
}
