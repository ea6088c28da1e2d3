import JSON

extension XMLNode {
  /// The element as JSON, without its name.
  ///
  /// XML does not say what is a list. An element is one if all its children are called `member` or
  /// `item`, or its own name is the plural of theirs (`DBInstances` of `DBInstance`); so are
  /// children that repeat. `entry` elements become an object. An empty element is an empty text, and
  /// every number and truth value is a text.
  var json: JSONValue {
    guard let first = children.first else { return .string(text) }
    let isUniform = children.allSatisfy { $0.name == first.name }
    if isUniform, first.name == "entry", let map { return map }
    if isUniform, ["member", "item"].contains(first.name) || isPlural(of: first.name) {
      return .array(children.map(\.json))
    }
    var members: [JSONValue.Member] = []
    var seen: Set<String> = []
    for child in children where seen.insert(child.name).inserted {
      let same = all(child.name)
      members.append(
        .init(child.name, same.count > 1 ? .array(same.map(\.json)) : child.json))
    }
    return .object(members)
  }

  private func isPlural(of singular: String) -> Bool {
    name == singular + "s" || name == singular + "es"
      || (singular.hasSuffix("y") && name == singular.dropLast() + "ies")
  }

  /// The entries as an object; nil if one has no text for its key.
  private var map: JSONValue? {
    var members: [JSONValue.Member] = []
    for entry in children {
      guard let key = entry.text("key") ?? entry.text("Name"),
        let value = entry.first("value") ?? entry.first("Value")
      else { return nil }
      members.append(.init(key, value.json))
    }
    return .object(members)
  }
}
