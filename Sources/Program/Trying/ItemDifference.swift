internal import JSON

/// What differs between two items, attribute by attribute, and within maps and lists by path.
struct ItemDifference: Sendable {
  enum Mark: String, Sendable {
    case same
    case changed
    case added
    case removed
  }

  struct Row: Sendable, Equatable {
    /// The names and numbers of elements from the attribute down, with `/` between.
    let path: String
    let mark: Mark
    /// Typed values in DynamoDB JSON; nil where there is none.
    let before: JSONValue?
    let after: JSONValue?
  }

  /// In the order of the former item, and then what was added.
  private(set) var rows: [Row] = []

  init(_ before: JSONValue, _ after: JSONValue) {
    compare(before.members ?? [], after.members ?? [], below: "")
  }

  /// Paths of all that is not the same.
  var changedPaths: [String] { rows.filter { $0.mark != .same }.map(\.path) }

  private mutating func compare(
    _ before: [JSONValue.Member], _ after: [JSONValue.Member], below path: String
  ) {
    for member in before {
      let other = after.first { $0.name.hasSameBytes(as: member.name) }?.value
      compare(member.value, other, at: path + member.name)
    }
    for member in after where !before.contains(where: { $0.name.hasSameBytes(as: member.name) }) {
      compare(nil, member.value, at: path + member.name)
    }
  }

  private mutating func compare(_ before: JSONValue?, _ after: JSONValue?, at path: String) {
    switch (before, after) {
    case (nil, nil): break
    case (let before?, nil):
      rows.append(Row(path: path, mark: .removed, before: before, after: nil))
    case (nil, let after?):
      rows.append(Row(path: path, mark: .added, before: nil, after: after))
    case (let before?, let after?):
      if before == after {
        rows.append(Row(path: path, mark: .same, before: before, after: after))
      } else if let one = before["M"]?.members, let other = after["M"]?.members {
        compare(one, other, below: path + "/")
      } else if let one = before["L"]?.elements, let other = after["L"]?.elements {
        for index in 0..<max(one.count, other.count) {
          compare(
            one.indices.contains(index) ? one[index] : nil,
            other.indices.contains(index) ? other[index] : nil, at: "\(path)/\(index)")
        }
      } else {
        rows.append(Row(path: path, mark: .changed, before: before, after: after))
      }
    }
  }
}

/// Typed values as a person reads them.
enum PlainText {
  /// Texts in quotes, numbers bare, sets and binary data with their type before them.
  static func of(_ typed: JSONValue) -> String {
    guard let member = typed.members?.first else { return typed.text }
    switch member.name {
    case "N": return member.value.string ?? member.value.text
    case "NULL": return "null"
    case "S", "BOOL": return member.value.text
    case "M":
      let parts = (member.value.members ?? []).map {
        "\(JSONValue.string($0.name).text): \(of($0.value))"
      }
      return "{" + parts.joined(separator: ", ") + "}"
    case "L": return "[" + (member.value.elements ?? []).map(of).joined(separator: ", ") + "]"
    case "NS":
      let numbers = (member.value.elements ?? []).map { $0.string ?? $0.text }
      return "NS(" + numbers.joined(separator: ", ") + ")"
    case "SS", "BS":
      return member.name + "(" + (member.value.elements ?? []).map(\.text).joined(separator: ", ")
        + ")"
    case _: return "\(member.name) \(member.value.text)"
    }
  }

  /// `id="a1" size=2`: some attributes of an item.
  static func of(_ item: JSONValue, only names: [String]) -> String {
    let parts = names.compactMap { name in item[name].map { "\(name)=\(of($0))" } }
    return parts.joined(separator: " ")
  }
}
