import JSON

/// The attributes of a canonical item as the bytes that stand for them.
enum ItemAttributes {
  static func quoted(_ name: String) -> [UInt8] { JSONValue.string(name).compact() }

  /// Names, in their quotes, and values, in the order of the item.
  static func list(of item: [UInt8]) -> [(name: [UInt8], value: [UInt8])] {
    let bytes = item.span
    var found: [(name: [UInt8], value: [UInt8])] = []
    var scanner = JSONScanner()
    do throws(JSONScanner.Malformed) {
      try scanner.enterObject(in: bytes)
      while let name = try scanner.nextMember(in: bytes) {
        let quoted = bytes.copy(name.range.lowerBound - 1..<name.range.upperBound + 1)
        found.append((quoted, bytes.copy(try scanner.skipValue(in: bytes))))
      }
    } catch {
      preconditionFailure("a canonical item is well formed")
    }
    return found
  }
}
