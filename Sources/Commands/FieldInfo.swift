/// What can be said about a field without knowing which property it sets.
///
/// Help and completions are drawn from this alone.
package struct FieldInfo: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case flag
    case option
    case positional
    case rest
  }

  /// What a shell offers for a value that has no fixed choices.
  package enum Completion: Sendable, Equatable {
    case nothing
    case files
    case folders
  }

  package let kind: Kind
  package let name: String
  package let letter: Character?
  package let placeholder: String
  package let help: String
  package let choices: [String]
  package let isRequired: Bool
  package let isRepeatable: Bool
  package let completion: Completion
  package let expectation: String

  /// The value used when the field is not named; empty when there is none worth showing.
  package internal(set) var fallback = ""

  init(
    kind: Kind, name: String, letter: Character? = nil, placeholder: String = "", help: String,
    choices: [String] = [], isRequired: Bool = false, isRepeatable: Bool = false,
    completion: Completion = .nothing, expectation: String = ""
  ) {
    self.kind = kind
    self.name = name
    self.letter = letter
    self.placeholder = placeholder
    self.help = help
    self.choices = choices
    self.isRequired = isRequired
    self.isRepeatable = isRepeatable
    self.completion = completion
    self.expectation = expectation
  }

  /// Whether the field is written with dashes.
  package var isNamed: Bool {
    switch kind {
    case .flag, .option: true
    case .positional, .rest: false
    }
  }

  /// The field as a person writes it, as in `--journal` or `<playbook>`.
  package var spelling: String { isNamed ? "--\(name)" : "<\(name)>" }

  func accepts(_ word: String) -> Bool {
    choices.isEmpty || choices.contains { Array($0.utf8) == Array(word.utf8) }
  }
}
