/// A value that can be read from one command-line word.
package protocol ArgumentValue: Sendable {
  /// What a person should have written, as in "a whole number".
  static var expectation: String { get }

  /// The only words accepted; empty when the set is open.
  static var choices: [String] { get }

  init?(argument: String)

  /// The word that reads back as this value; empty when there is nothing to show.
  var argument: String { get }
}

extension ArgumentValue {
  package static var choices: [String] { [] }
}

extension String: ArgumentValue {
  package static var expectation: String { "text" }
  package init?(argument: String) { self = argument }
  package var argument: String { self }
}

extension Int: ArgumentValue {
  package static var expectation: String { "a whole number" }
  package init?(argument: String) { self.init(argument) }
  package var argument: String { String(self) }
}

extension Optional: ArgumentValue where Wrapped: ArgumentValue {
  package static var expectation: String { Wrapped.expectation }
  package static var choices: [String] { Wrapped.choices }
  package init?(argument: String) {
    guard let value = Wrapped(argument: argument) else { return nil }
    self = value
  }
  package var argument: String { self?.argument ?? "" }
}

extension ArgumentValue where Self: RawRepresentable, RawValue == String {
  package static var expectation: String { "one of the words listed" }
  package init?(argument: String) { self.init(rawValue: argument) }
  package var argument: String { rawValue }
}

extension ArgumentValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  package static var choices: [String] { allCases.map(\.rawValue) }
}

/// A word of the form `name=value`; the value may be empty and may hold further equals signs.
package struct Assignment: ArgumentValue, Equatable {
  package static let expectation = "name=value"
  package let name: String
  package let value: String

  package init?(argument: String) {
    guard let equals = argument.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    name = String(argument[..<equals])
    value = String(argument[argument.utf8.index(after: equals)...])
    guard !name.isEmpty else { return nil }
  }

  package var argument: String { "\(name)=\(value)" }
}
