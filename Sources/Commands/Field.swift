/// A settable property of a command, as a key path that may cross tasks.
package typealias Property<Root, Value> = any WritableKeyPath<Root, Value> & Sendable

/// One row of a command's table: how a word on the command line reaches a property.
package struct Field<Root: Sendable>: Sendable {
  package let info: FieldInfo

  /// Stores a word; false when the word cannot be such a value.
  let assign: @Sendable (inout Root, String) -> Bool

  /// The property's value as a word, for the defaults that help shows.
  let current: @Sendable (Root) -> String

  /// A switch that is off unless named.
  package static func flag(
    _ name: String, letter: Character? = nil, _ path: Property<Root, Bool>, _ help: String
  ) -> Self {
    Self(info: FieldInfo(kind: .flag, name: name, letter: letter, help: help)) { root, _ in
      root[keyPath: path] = true
      return true
    } current: { _ in
      ""
    }
  }

  /// A named value, given at most once.
  package static func option<Value: ArgumentValue>(
    _ name: String, letter: Character? = nil, _ path: Property<Root, Value>,
    _ placeholder: String, _ help: String, choices: [String] = [], required: Bool = false,
    completes: FieldInfo.Completion = .nothing
  ) -> Self {
    single(
      FieldInfo(
        kind: .option, name: name, letter: letter, placeholder: placeholder, help: help,
        choices: choices.isEmpty ? Value.choices : choices, isRequired: required,
        completion: completes, expectation: Value.expectation), path)
  }

  /// A named value that may be given any number of times; order is kept.
  package static func options<Value: ArgumentValue>(
    _ name: String, letter: Character? = nil, _ path: Property<Root, [Value]>,
    _ placeholder: String, _ help: String, choices: [String] = [], required: Bool = false,
    completes: FieldInfo.Completion = .nothing
  ) -> Self {
    many(
      FieldInfo(
        kind: .option, name: name, letter: letter, placeholder: placeholder, help: help,
        choices: choices.isEmpty ? Value.choices : choices, isRequired: required,
        isRepeatable: true, completion: completes, expectation: Value.expectation), path)
  }

  /// A value known by its place.
  ///
  /// Places that may be left out come after those that may not.
  package static func positional<Value: ArgumentValue>(
    _ name: String, _ path: Property<Root, Value>, _ help: String, choices: [String] = [],
    required: Bool = true, completes: FieldInfo.Completion = .nothing
  ) -> Self {
    single(
      FieldInfo(
        kind: .positional, name: name, placeholder: name, help: help,
        choices: choices.isEmpty ? Value.choices : choices, isRequired: required,
        completion: completes, expectation: Value.expectation), path)
  }

  /// All words that no other place took.
  package static func rest(
    _ name: String, _ path: Property<Root, [String]>, _ help: String, required: Bool = false,
    completes: FieldInfo.Completion = .nothing
  ) -> Self {
    many(
      FieldInfo(
        kind: .rest, name: name, placeholder: name, help: help, isRequired: required,
        isRepeatable: true, completion: completes, expectation: String.expectation), path)
  }

  /// Fields of a shared part, such as the options that every command has.
  package static func shared<Part: Sendable>(
    _ path: Property<Root, Part>, _ fields: [Field<Part>]
  ) -> [Self] {
    fields.map { field in
      Self(info: field.info) { root, word in
        field.assign(&root[keyPath: path], word)
      } current: { root in
        field.current(root[keyPath: path])
      }
    }
  }

  private static func single<Value: ArgumentValue>(
    _ info: FieldInfo, _ path: Property<Root, Value>
  ) -> Self {
    Self(info: info) { root, word in
      guard info.accepts(word), let value = Value(argument: word) else { return false }
      root[keyPath: path] = value
      return true
    } current: { root in
      root[keyPath: path].argument
    }
  }

  private static func many<Value: ArgumentValue>(
    _ info: FieldInfo, _ path: Property<Root, [Value]>
  ) -> Self {
    Self(info: info) { root, word in
      guard info.accepts(word), let value = Value(argument: word) else { return false }
      root[keyPath: path].append(value)
      return true
    } current: { root in
      root[keyPath: path].map(\.argument).joined(separator: " ")
    }
  }
}
