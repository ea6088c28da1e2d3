import JSON
import Resources

/// Puts values that an earlier answer gave in the place of `{name}`.
///
/// A text that is nothing but `{name}` becomes the value itself; inside a longer text the value is
/// spliced in. Braces around anything that is not a name stay as they are.
struct CloudTemplate {
  let values: [String: JSONValue]

  /// What a service says must not reach into this program's secrets.
  static let secretMark = "${secret:"

  func filled(_ value: JSONValue) throws(Failure) -> JSONValue {
    switch value {
    case .string(let text): return try filled(text)
    case .array(let elements):
      var result: [JSONValue] = []
      for element in elements { result.append(try filled(element)) }
      return .array(result)
    case .object(let members):
      var result: [JSONValue.Member] = []
      for member in members { result.append(.init(member.name, try filled(member.value))) }
      return .object(result)
    case .null, .bool, .number: return value
    }
  }

  func filled(path: String) throws(Failure) -> String {
    guard !values.isEmpty else { return path }
    guard let filled = URLTemplate(text: path).filled(values.mapValues(CommandOutputs.text)) else {
      throw .refused(
        "'\(path)' cannot be filled in: what came of the call is not known",
        hint: "Look there and tidy up by hand, then 'cutover skip'.")
    }
    return filled
  }

  private func filled(_ text: String) throws(Failure) -> JSONValue {
    if let name = Self.loneName(text), let value = values[name] { return value }
    var result = text
    for (name, value) in values.sorted(by: { $0.key < $1.key }) {
      result = result.replacing("{\(name)}", with: CommandOutputs.text(value))
    }
    return .string(result)
  }

  private static func loneName(_ text: String) -> String? {
    guard text.hasPrefix("{"), text.hasSuffix("}"), text.utf8.count > 2 else { return nil }
    let name = String(text.dropFirst().dropLast())
    return isName(name) ? name : nil
  }

  private static func isName(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        case _: false
        }
      }
  }

  /// The names that stand alone in a text's braces.
  static func names(in value: JSONValue) -> Set<String> {
    switch value {
    case .string(let text): return loneName(text).map { [$0] } ?? []
    case .array(let elements):
      return elements.reduce(into: []) { $0.formUnion(names(in: $1)) }
    case .object(let members):
      return members.reduce(into: []) { $0.formUnion(names(in: $1.value)) }
    case .null, .bool, .number: return []
    }
  }
}
