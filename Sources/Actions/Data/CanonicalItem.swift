import JSON
import Resources

extension Item {
  /// The item in the form whose bytes are equal when the meaning is: names in byte order, no white
  /// space, shortest escapes, sets sorted.
  func canonical(of url: ResourceURL) throws(Failure) -> [UInt8] {
    if isCanonical { return bytes }
    let tree: JSONValue
    do throws(JSONError) {
      tree = try JSONValue(reading: bytes)
    } catch {
      throw .permanent(
        "\(url) gave an item that is not DynamoDB JSON: \(error)",
        hint: "Look at the item \(String(decoding: bytes.prefix(200), as: UTF8.self))")
    }
    return Self.sorted(attributes: tree).compact(sortedKeys: true)
  }

  private static func sorted(attributes: JSONValue) -> JSONValue {
    .object((attributes.members ?? []).map { .init($0.name, sorted(value: $0.value)) })
  }

  /// A typed value such as `{"SS":["b","a"]}`; only sets have no order of their own.
  private static func sorted(value: JSONValue) -> JSONValue {
    guard let member = value.members?.first else { return value }
    switch member.name {
    case "M": return .object([.init("M", sorted(attributes: member.value))])
    case "L":
      return .object([.init("L", .array((member.value.elements ?? []).map(sorted(value:))))])
    case "SS", "NS", "BS":
      let elements = (member.value.elements ?? []).sorted {
        $0.compact().lexicographicallyPrecedes($1.compact())
      }
      return .object([.init(member.name, .array(elements))])
    default: return value
    }
  }
}
