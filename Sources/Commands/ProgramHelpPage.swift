/// The page that lists every command of the program.
struct ProgramHelpPage {
  let program: String
  let purpose: String
  let sections: [(title: String, commands: [CommandInfo])]

  var text: String {
    var text = TextLayout.paragraphs(purpose) + "\nUsage: \(program) <command> [options]\n"
    let width = sections.flatMap(\.commands).map(\.name.count).max() ?? 0
    for section in sections {
      // The padding gives all sections one common column.
      let rows = section.commands.map { info in
        let padding = String(repeating: " ", count: width - info.name.count)
        return (left: info.name + padding, right: info.summary)
      }
      text += "\n\(section.title):\n" + TextLayout.table(rows)
    }
    return text
      + "\nOptions:\n"
      + TextLayout.table([
        ("-h, --help", "Show this help."), ("-v, --version", "Show the version."),
      ])
      + "\nNext: '\(program) help <command>' explains one command.\n"
  }
}
