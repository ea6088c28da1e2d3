/// A subcommand: a plain struct whose properties hold the parsed arguments.
///
/// The properties' initial values are the defaults. Nothing here prints: a command writes through
/// whatever its context carries.
package protocol Command: Sendable {
  associatedtype Context: Sendable

  /// The word that names the command, in lower case.
  static var name: String { get }

  /// One sentence with a full stop, shown in lists.
  static var summary: String { get }

  /// Paragraphs that help shows below the summary, separated by empty lines.
  static var discussion: String { get }

  static var fields: [Field<Self>] { get }

  /// Whole command lines worth copying; each must parse (the table's `problems` checks it).
  static var examples: [Example] { get }

  /// Commands that a reader may want next, as in `journal verify`.
  static var seeAlso: [String] { get }

  init()

  /// Says what is wrong with arguments that are each fine but do not go together.
  func problem() -> String?

  /// Carries out the command and returns the process's exit status.
  func run(in context: Context) async throws -> Int32
}

extension Command {
  package static var discussion: String { "" }
  package static var examples: [Example] { [] }
  package static var seeAlso: [String] { [] }
  package func problem() -> String? { nil }
}

/// A command line and what it does.
package struct Example: Sendable, Equatable {
  package let line: String
  package let effect: String

  package init(_ line: String, _ effect: String) {
    self.line = line
    self.effect = effect
  }
}
