import JSON
import Resources

/// Whole values with all their references resolved.
extension Scope {
  /// A reference that has no value here.
  struct Unresolved: Error {
    let message: String
  }

  /// The value with every reference replaced, fitted to its field where that is given.
  func resolved(
    _ value: JSONValue, as kind: InputField.Kind?
  ) throws(Unresolved) -> JSONValue {
    switch value {
    case .null, .bool, .number: return value
    case .string(let text): return try resolved(text, as: kind)
    case .array(let elements):
      var result: [JSONValue] = []
      for element in elements { result.append(try resolved(element, as: kind?.element)) }
      return .array(result)
    case .object(let members):
      var result: [JSONValue.Member] = []
      for member in members {
        let inner = try resolved(member.value, as: kind?.member(member.name))
        result.append(.init(member.name, inner))
      }
      return .object(result)
    }
  }

  private func resolved(
    _ text: String, as kind: InputField.Kind?
  ) throws(Unresolved) -> JSONValue {
    let template = Template(text)
    if let mistake = template.mistakes.first { throw Unresolved(message: mistake.message) }
    switch evaluate(template) {
    case .value(let value):
      guard let kind else { return value }
      if case .path = kind, let path = value.splicedText { return .string(located(path)) }
      guard template.isLoneReference else { return value }
      return FieldRule(kind: kind, resources: nil).coerced(value)
    case .nothing(let why): throw Unresolved(message: why)
    case .later(let text):
      if let standIn { return text ?? kind?.standIn(standIn) ?? .string(standIn) }
      let names = template.references.map(\.reference).filter { reference in
        if case .later = meaning(of: reference) { true } else { false }
      }.map(\.text).joined(separator: ", ")
      throw Unresolved(message: "the value of \(names) is not known yet")
    }
  }
}

extension Scope {
  /// A relative path from the playbook's folder on; anything else, and all without one, as it is.
  private func located(_ path: String) -> String {
    guard let folder, !path.isEmpty, !path.hasPrefix("/"), !path.contains("://") else {
      return path
    }
    return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
  }
}

extension InputField.Kind {
  /// A value that the kind accepts, where an output is not known yet.
  func standIn(_ text: String) -> JSONValue {
    switch self {
    case .string, .secretText, .path, .step, .any, .secretAny: .string(text)
    case .integer(let range): JSONValue(range.lowerBound)
    case .boolean: false
    case .duration: "1s"
    case .moment: "2000-01-01T00:00:00Z"
    case .resource: "output://output"
    case .choice(let names): .string(names.first ?? text)
    case .list: .array([])
    case .map, .object: .object([])
    }
  }

  var element: InputField.Kind? {
    if case .list(let kind) = self { kind } else { nil }
  }

  func member(_ name: String) -> InputField.Kind? {
    switch self {
    case .map(let kind): kind
    case .object(let fields): fields.first { $0.name.hasSameBytes(as: name) }?.kind
    case .string, .secretText, .path, .integer, .boolean, .duration, .moment, .resource, .choice,
      .list, .step, .any, .secretAny:
      nil
    }
  }
}
