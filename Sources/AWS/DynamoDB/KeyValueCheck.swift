import Digests
import JSON

/// Whether a value may stand in a key of a table.
///
/// Source: "Quotas" and "Naming rules and data types" in the DynamoDB developer guide: the declared
/// type, not empty, at most 2048 bytes in a partition key and 1024 in a sort key.
struct KeyValueCheck {
  private static let bytesMax = [2048, 1024]

  /// Says what is wrong with a canonical key, such as `{"id":{"S":""}}`; nil if nothing is.
  static func problem(
    of key: [UInt8], _ attributes: [KeySchema.Attribute]
  ) throws(JSONScanner.Malformed) -> String? {
    let bytes = key.span
    var scanner = JSONScanner()
    try scanner.enterObject(in: bytes)
    while let name = try scanner.nextMember(in: bytes) {
      let place = attributes.firstIndex { name.equals(Array($0.name.utf8), in: bytes) }
      try scanner.enterObject(in: bytes)
      while let type = try scanner.nextMember(in: bytes) {
        guard let place else { return "an attribute that is no part of it" }
        let attribute = attributes[place]
        guard type.equals(Array(attribute.type.utf8), in: bytes) else {
          return "'\(attribute.name)' must have the type \(attribute.type), not "
            + (type.text(in: bytes) ?? "another")
        }
        let value = try scanner.string(in: bytes)
        let count = attribute.type == "N" ? 1 : length(value, attribute.type, in: bytes)
        if count == 0 { return "'\(attribute.name)' is empty" }
        let limit = bytesMax[min(place, bytesMax.count - 1)]
        if count > limit {
          return "'\(attribute.name)' has \(count) bytes, and \(limit) is the most"
        }
      }
    }
    return nil
  }

  private static func length(_ value: JSONSlice, _ type: String, in bytes: Span<UInt8>) -> Int {
    if type == "B" { return Base64.decode(bytes.copy(value.range))?.count ?? value.range.count }
    return value.hasEscapes ? value.text(in: bytes)?.utf8.count ?? 0 : value.range.count
  }
}
