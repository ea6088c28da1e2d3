internal import JSON

/// A policy of IAM that allows some actions, as short as it can be told.
///
/// What another entry allows already is left out; resources with the same actions share a
/// statement. The same rights always give the same bytes.
struct PolicyDocument: Sendable, Equatable {
  struct Statement: Sendable, Equatable {
    /// Letters and digits, one of its kind in the document.
    var id: String
    var actions: [String]
    var resources: [String]
  }

  let statements: [Statement]

  /// What the inline policies of a role may be long together, without white space.
  static let lengthMax = 10_240

  init(_ needs: some Sequence<RightNeed>, title: String) {
    var resources: [String: Set<String>] = [:]
    for need in needs { resources[need.action, default: []].insert(need.resource) }
    // By resource, and by service, so that a statement can be read at a glance.
    var actions: [Key: Set<String>] = [:]
    for (action, names) in resources {
      let service = String(action.prefix { $0 != ":" })
      for name in names where !names.contains(where: { Self.covers($0, name) }) {
        actions[Key(service: service, resource: name), default: []].insert(action)
      }
    }
    var joined: [String: (service: String, actions: [String], resources: [String])] = [:]
    for (key, set) in actions {
      let sorted = set.sorted()
      joined[sorted.joined(separator: " "), default: (key.service, sorted, [])].resources
        .append(key.resource)
    }
    let parts = joined.values.map { ($0.service, $0.actions, $0.resources.sorted()) }
      .sorted {
        ($0.0, $0.2.first ?? "", $0.1.first ?? "") < ($1.0, $1.2.first ?? "", $1.1.first ?? "")
      }
    statements = parts.enumerated().map { index, part in
      let letters = [title, part.0].map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
        .filter { $0.isLetter || $0.isNumber }
      return Statement(id: "\(letters)\(index + 1)", actions: part.1, resources: part.2)
    }
  }

  private struct Key: Hashable {
    var service: String
    var resource: String
  }

  /// Whether a pattern allows all that another, different one does.
  static func covers(_ pattern: String, _ other: String) -> Bool {
    let pattern = Array(pattern.utf8)
    let other = Array(other.utf8)
    return pattern != other && matches(pattern[...], other[...])
  }

  /// The `*` of the other is a letter like any, which only a `*` takes.
  private static func matches(_ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>) -> Bool {
    var pattern = pattern
    var text = text
    let star = UInt8(ascii: "*")
    // Where to go back to: behind the last star, with one more byte given to it.
    var retry: (pattern: ArraySlice<UInt8>, text: ArraySlice<UInt8>)?
    while true {
      if let first = pattern.first, first == star {
        pattern = pattern.dropFirst()
        retry = (pattern, text)
      } else if let first = pattern.first, let byte = text.first, first == byte {
        pattern = pattern.dropFirst()
        text = text.dropFirst()
      } else if pattern.isEmpty, text.isEmpty {
        return true
      } else if let last = retry, !last.text.isEmpty {
        retry = (last.pattern, last.text.dropFirst())
        pattern = last.pattern
        text = last.text.dropFirst()
      } else {
        return false
      }
    }
  }

  var isEmpty: Bool { statements.isEmpty }

  var json: JSONValue {
    [
      "Version": "2012-10-17",
      "Statement": .array(
        statements.map {
          [
            "Sid": .string($0.id), "Effect": "Allow",
            "Action": .array($0.actions.map { .string($0) }),
            "Resource": .array($0.resources.map { .string($0) }),
          ]
        }),
    ]
  }

  /// Whether a role takes it as one inline policy.
  var isTooLong: Bool { json.compact().count > Self.lengthMax }
}
