/// The canonical form of items in DynamoDB JSON, whose bytes are equal exactly when the meaning is.
///
/// Names stand in byte order, sets are sorted, numbers have their one text (``DecimalText``), there
/// is no white space, and escapes are the shortest. Works on bytes and builds no tree.
package enum ItemForm {
  /// Whether the bytes are in canonical form already; false for anything that is no item.
  ///
  /// A yes is sure. Items with escapes in names or sets get a no, and are written anew alike.
  package static func isCanonical(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { isCanonical($0) }
  }

  package static func isCanonical(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    var check = CanonicalCheck(bytes)
    return check.item()
  }

  /// The item in canonical form.
  package static func canonical(
    _ bytes: [UInt8]
  ) throws(JSONScanner.Malformed) -> [UInt8] {
    if isCanonical(bytes) { return bytes }
    var writer = CanonicalWriter(room: bytes.count)
    let end = try writer.attributes(at: 0, in: bytes.span)
    var scanner = JSONScanner(at: end)
    try scanner.finish(in: bytes.span)
    return writer.bytes
  }

  /// The part of an item that makes its key, as an item of its own in canonical form.
  ///
  /// Nil if one of the attributes is missing. `names` are in byte order.
  package static func part(
    _ names: [[UInt8]], of bytes: [UInt8]
  ) throws(JSONScanner.Malformed) -> [UInt8]? {
    let span = bytes.span
    var places = [Int](repeating: -1, count: names.count)
    var scanner = JSONScanner()
    try scanner.enterObject(in: span)
    while let name = try scanner.nextMember(in: span) {
      let value = try scanner.skipValue(in: span)
      for (index, wanted) in names.enumerated() where name.equals(wanted, in: span) {
        places[index] = value.lowerBound
      }
    }
    var writer = CanonicalWriter(room: 64)
    writer.bytes.append(UInt8(ascii: "{"))
    for (index, place) in places.enumerated() {
      guard place >= 0 else { return nil }
      if index > 0 { writer.bytes.append(UInt8(ascii: ",")) }
      writer.string(names[index])
      writer.bytes.append(UInt8(ascii: ":"))
      _ = try writer.value(at: place, in: span)
    }
    writer.bytes.append(UInt8(ascii: "}"))
    return writer.bytes
  }
}

extension JSONSlice {
  /// Whether the content, unescaped, is exactly these bytes.
  package func equals(_ content: [UInt8], in bytes: Span<UInt8>) -> Bool {
    if hasEscapes { return text(in: bytes).map { Array($0.utf8) == content } ?? false }
    guard range.count == content.count else { return false }
    for index in 0..<range.count where content[index] != bytes[range.lowerBound + index] {
      return false
    }
    return true
  }
}
