import JSON
import Resources
import Rollouts

/// Tells items apart by how a text attribute begins, such as `case` for `case|101-20`.
struct CountPrefix: Decodable, Sendable {
  var attribute: String
  var separator: String

  static let fields: [InputField] = [
    .required("attribute", .string, "The attribute, such as the partition key."),
    .required("separator", .string, "What its prefix ends before."),
  ]

  /// More than that are no kinds of items.
  static let countMax = 10_000

  /// Empty for an item without the attribute, or without the separator in it.
  func prefix(of item: Item) -> String {
    guard let part = try? ItemForm.part([Array(attribute.utf8)], of: item.bytes),
      let value = try? JSONValue(reading: part)[attribute], let text = value["S"]?.string,
      let end = text.firstRange(of: separator)
    else { return "" }
    return String(text[..<end.lowerBound])
  }
}
