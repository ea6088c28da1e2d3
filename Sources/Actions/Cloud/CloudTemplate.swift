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
    let pieces = Self.pieces(text)
    if pieces.count == 1, let name = pieces[0].name, let value = values[name] { return value }
    var result = ""
    for piece in pieces {
      if let value = piece.name.flatMap({ values[$0] }) {
        result += CommandOutputs.text(value)
      } else {
        result += piece.text
      }
    }
    return .string(result)
  }

  /// A text cut at the names in its braces; a value that is put in is not looked at again.
  private static func pieces(_ text: String) -> [(text: Substring, name: String?)] {
    var pieces: [(text: Substring, name: String?)] = []
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "{") {
      let inner = rest[rest.index(after: open)...].prefix { $0 != "{" && $0 != "}" }
      let isSecret = rest[..<open].hasSuffix("$")
      let isClosed = rest[inner.endIndex...].hasPrefix("}")
      if isClosed, !isSecret, isName(inner) {
        let end = rest.index(after: inner.endIndex)
        if open > rest.startIndex { pieces.append((rest[..<open], nil)) }
        pieces.append((rest[open..<end], String(inner)))
        rest = rest[end...]
      } else {
        pieces.append((rest[..<inner.endIndex], nil))
        rest = rest[inner.endIndex...]
      }
    }
    if !rest.isEmpty { pieces.append((rest, nil)) }
    return pieces
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        case _: false
        }
      }
  }

  /// The names that stand in the braces of texts.
  static func names(in value: JSONValue) -> Set<String> {
    switch value {
    case .string(let text): return Set(pieces(text).compactMap(\.name))
    case .array(let elements):
      return elements.reduce(into: []) { $0.formUnion(names(in: $1)) }
    case .object(let members):
      return members.reduce(into: []) { $0.formUnion(names(in: $1.value)) }
    case .null, .bool, .number: return []
    }
  }
}
