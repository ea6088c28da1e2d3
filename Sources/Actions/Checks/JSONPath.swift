import JSON
import Resources

/// A way into a JSON tree: `data.items[0].id`, or `["a.b"]` for a name with dots.
///
/// It leads on into a text that is JSON itself: `body.results`.
struct JSONPath: Sendable {
  private enum Part: Sendable {
    case name(String)
    case index(Int)
  }

  let text: String
  private let parts: [Part]

  /// Nil when the text is no path; the empty text is the tree itself.
  init?(_ text: String) {
    self.text = text
    var parts: [Part] = []
    var rest = Substring(text)
    while !rest.isEmpty {
      if rest.hasPrefix("[") {
        guard let end = rest.firstRange(of: rest.hasPrefix("[\"") ? "\"]" : "]") else { return nil }
        if rest.hasPrefix("[\"") {
          guard end.lowerBound > rest.index(rest.startIndex, offsetBy: 1) else { return nil }
          parts.append(.name(String(rest[..<end.lowerBound].dropFirst(2))))
        } else {
          guard let index = Int(rest[..<end.lowerBound].dropFirst()), index >= 0 else { return nil }
          parts.append(.index(index))
        }
        rest = rest[end.upperBound...]
      } else {
        if !parts.isEmpty {
          guard rest.hasPrefix(".") else { return nil }
          rest = rest.dropFirst()
        }
        let name = rest.prefix { $0 != "." && $0 != "[" }
        guard !name.isEmpty else { return nil }
        parts.append(.name(String(name)))
        rest = rest.dropFirst(name.count)
      }
    }
    self.parts = parts
  }

  /// What stands there; nil when there is nothing.
  func value(in tree: JSONValue) -> JSONValue? {
    var value = tree
    for part in parts {
      let next =
        switch part {
        case .name(let name): Self.opened(value)[name]
        case .index(let index): Self.opened(value)[index]
        }
      guard let next else { return nil }
      value = next
    }
    return value
  }

  /// A tree that was sent as text, as functions behind gateways send their bodies.
  private static func opened(_ value: JSONValue) -> JSONValue {
    guard let text = value.string else { return value }
    return (try? JSONValue(reading: Array(text.utf8))) ?? value
  }

  static func read(_ text: String, of step: String) throws(Failure) -> JSONPath {
    guard let path = JSONPath(text) else {
      throw .permanent(
        "step \(step): '\(text)' is not a path into JSON",
        hint: "Write it as data.items[0].id, or [\"a.b\"] for a name with dots.")
    }
    return path
  }
}
