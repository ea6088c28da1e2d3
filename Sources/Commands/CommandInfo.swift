/// What can be said about a command without running it: the source of help and completions.
package struct CommandInfo: Sendable, Equatable {
  package let name: String
  package let summary: String
  package let discussion: String
  package internal(set) var fields: [FieldInfo]
  package let examples: [Example]
  package let seeAlso: [String]

  /// Commands below this one, as `verify` is below `journal`.
  package internal(set) var subcommands: [CommandInfo]

  /// False for a word that only groups subcommands.
  package let runs: Bool

  var named: [FieldInfo] { fields.filter(\.isNamed) }
  var placed: [FieldInfo] { fields.filter { !$0.isNamed } }
}

extension CommandInfo {
  /// The help switch, which every command has.
  static let help = FieldInfo(kind: .flag, name: "help", letter: "h", help: "Show this help.")

  init<C: Command>(_ type: C.Type, subcommands: [CommandInfo]) {
    let defaults = C()
    self.init(
      name: C.name, summary: C.summary, discussion: C.discussion,
      fields: C.fields.map { field in
        var info = field.info
        info.fallback = field.current(defaults)
        return info
      } + [Self.help],
      examples: C.examples, seeAlso: C.seeAlso, subcommands: subcommands, runs: true)
  }

  init(group name: String, summary: String, discussion: String, subcommands: [CommandInfo]) {
    self.init(
      name: name, summary: summary, discussion: discussion, fields: [Self.help], examples: [],
      seeAlso: [], subcommands: subcommands, runs: false)
  }

  /// Every command from here down with the words that lead to it, parents first.
  func flattened(below path: [String]) -> [(path: [String], info: CommandInfo)] {
    let here = path + [name]
    return [(here, self)] + subcommands.flatMap { $0.flattened(below: here) }
  }
}
