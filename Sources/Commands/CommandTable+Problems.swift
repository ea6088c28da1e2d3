extension CommandTable {
  /// Mistakes in the table itself, for a test to find: a program with any is not fit to ship.
  package func problems() -> [String] {
    let all = sections.flatMap(\.entries).flatMap { entries(from: $0, below: []) }
    let paths = all.map { $0.path.joined(separator: " ") }
    var found = duplicates(paths).map { "two commands are called '\($0)'" }
    found += lineProblems("\(program) --help", programHelp)
    let known = Set(paths + builtIns.map(\.name))
    for (path, entry) in all {
      let name = path.joined(separator: " ")
      let info = entry.info
      found += fieldProblems(of: info).map { "\(name): \($0)" }
      found += info.seeAlso.filter { !known.contains($0) }
        .map { "\(name): see also names '\($0)', which is no command" }
      found += info.examples.compactMap { problem(of: $0) }.map { "\(name): \($0)" }
      found += lineProblems(name, HelpPage(program: program, path: path, info: info).text)
    }
    return found
  }

  private func entries(from entry: Entry, below path: [String]) -> [(path: [String], entry: Entry)]
  {
    let here = path + [entry.info.name]
    return [(here, entry)] + entry.subcommands.flatMap { entries(from: $0, below: here) }
  }

  private func fieldProblems(of info: CommandInfo) -> [String] {
    var found: [String] = []
    if !info.summary.hasSuffix(".") { found.append("the summary lacks its full stop") }
    found += duplicates(info.fields.map(\.spelling)).map { "\($0) is declared twice" }
    found += duplicates(info.fields.compactMap(\.letter).map { "-\($0)" })
      .map { "\($0) is declared twice" }
    for field in info.fields where !field.help.hasSuffix(".") {
      found.append("the help of \(field.spelling) lacks its full stop")
    }
    for field in info.fields where !field.choices.isEmpty && !field.fallback.isEmpty {
      if !field.accepts(field.fallback) {
        found.append("\(field.spelling) cannot be its own default '\(field.fallback)'")
      }
    }
    let places = info.placed
    if let rest = places.firstIndex(where: { $0.kind == .rest }), rest != places.count - 1 {
      found.append("nothing can follow \(places[rest].spelling)")
    }
    let optional = places.firstIndex { !$0.isRequired }
    if let optional, places[optional...].contains(where: \.isRequired) {
      found.append("a required place follows \(places[optional].spelling), which is not")
    }
    return found
  }

  private func problem(of example: Example) -> String? {
    guard let words = ShellWords.split(example.line) else {
      return "the quotes of '\(example.line)' do not match"
    }
    guard words.first == program else { return "'\(example.line)' does not begin with \(program)" }
    do {
      let rest = words.dropFirst()
      if let first = rest.first, builtIns.contains(where: { $0.name == first }) { return nil }
      let (_, entry, arguments) = try resolve(rest)
      try entry.check(arguments)
      return nil
    } catch {
      return "'\(example.line)' does not parse: \(error.problem)"
    }
  }

  private func lineProblems(_ name: String, _ text: String) -> [String] {
    text.split(separator: "\n").filter { $0.count > TextLayout.columns }
      .map { "\(name): help has a line over \(TextLayout.columns) columns: \($0)" }
  }

  private func duplicates(_ names: [String]) -> [String] {
    Dictionary(grouping: names) { $0 }.filter { $0.value.count > 1 }.keys.sorted()
  }
}
