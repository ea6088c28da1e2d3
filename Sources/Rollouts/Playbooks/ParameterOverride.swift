package import JSON

/// A value given for a parameter when a rollout is started.
package struct ParameterOverride: Sendable {
  package let name: String
  package let value: JSONValue
  /// Where it was given: `--set`, or file:line:column.
  package let origin: String
  /// Whether the value is bare text, to be read after the type of the declared one.
  let isText: Bool

  package init(name: String, value: JSONValue, origin: String) {
    self.init(name: name, value: value, origin: origin, isText: false)
  }

  private init(name: String, value: JSONValue, origin: String, isText: Bool) {
    self.name = name
    self.value = value
    self.origin = origin
    self.isText = isText
  }

  /// Reads the `name=value` of an option; nil without a name or an equals sign.
  package init?(argument: String, option: String = "--set") {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    self.init(
      name: String(parts[0]), value: .string(String(parts[1])), origin: option, isText: true)
  }

  /// Reads a file of parameters: one JSON5 object of names and values.
  package static func read(
    _ bytes: [UInt8], file: String
  ) throws(PlaybookProblems) -> [ParameterOverride] {
    let document = JSONDocument(bytes, dialect: .json5, bytesMax: JSONLimit.playbookBytesMax)
    var problems = ProblemList()
    for problem in document.problems {
      problems.add(.init(file: file, position: problem.position, message: problem.message))
    }
    let members = document.root?.members
    if let root = document.root, members == nil {
      problems.add(
        .init(
          file: file, position: root.position,
          message: "expected an object of parameters and values, found \(root.noun)"))
    }
    guard problems.isEmpty, let members else { throw problems.sorted() }
    return members.map { member in
      ParameterOverride(
        name: member.name, value: JSONValue(member.value),
        origin: "\(file):\(member.nameRange.start)")
    }
  }

  /// What the journal recorded as given, so that a rollout is read again as it began.
  package static func recorded(_ given: JSONValue) -> [ParameterOverride] {
    (given.members ?? []).map {
      ParameterOverride(name: $0.name, value: $0.value, origin: "the journal")
    }
  }

  /// The value in the type of the declared one; nil if it has another.
  ///
  /// A parameter that is declared as null takes any type, and text from an option as it is.
  func typed(as declared: JSONValue) -> JSONValue? {
    if isText, let text = value.string { return Self.read(text, as: declared) }
    switch (declared, value) {
    case (.null, .null): return nil
    case (.null, _), (.bool, .bool), (.number, .number), (.string, .string), (.array, .array),
      (.object, .object):
      return value
    case (.bool, _), (.number, _), (.string, _), (.array, _), (.object, _): return nil
    }
  }

  private static func read(_ text: String, as declared: JSONValue) -> JSONValue? {
    switch declared {
    case .null, .string: return .string(text)
    case .bool:
      switch text {
      case "true": return .bool(true)
      case "false": return .bool(false)
      default: return nil
      }
    case .number:
      let value = try? JSONValue(reading: Array(text.utf8), dialect: .json5)
      return value?.numberText == nil ? nil : value
    case .array:
      let value = try? JSONValue(reading: Array(text.utf8), dialect: .json5)
      return value?.elements == nil ? nil : value
    case .object:
      let value = try? JSONValue(reading: Array(text.utf8), dialect: .json5)
      return value?.members == nil ? nil : value
    }
  }

  /// What a parameter that was declared so takes, in the words of a message.
  static func noun(of declared: JSONValue) -> String {
    switch declared {
    case .null: "a value"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }

  func problem(_ message: String) -> PlaybookProblems.Problem {
    PlaybookProblems.Problem(file: origin, position: nil, message: message)
  }
}
