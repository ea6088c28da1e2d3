import JSON
import Resources

/// Cuts replies of DynamoDB into items without building values.
///
/// A reply must be whole: a connection that broke may leave half of one, and half a reply must never
/// pass for one that lists fewer items.
enum DynamoReply {
  struct ScanPage {
    var items: [Item] = []
    var last: [UInt8]?
  }

  static func scan(_ reply: [UInt8]) throws(JSONScanner.Malformed) -> ScanPage {
    try checkText(reply)
    let bytes = reply.span
    var page = ScanPage()
    var hasItems = false
    var count: Int?
    var scanner = JSONScanner()
    try scanner.enterObject(in: bytes)
    while let name = try scanner.nextMember(in: bytes) {
      if name.equals("Items", in: bytes) {
        hasItems = true
        page.items = try items(&scanner, in: bytes)
      } else if name.equals("LastEvaluatedKey", in: bytes) {
        page.last = bytes.copy(try scanner.skipValue(in: bytes))
      } else if name.equals("Count", in: bytes) {
        let text = bytes.copy(try scanner.skipValue(in: bytes))
        count = Int(String(decoding: text, as: UTF8.self))
      } else {
        _ = try scanner.skipValue(in: bytes)
      }
    }
    try scanner.finish(in: bytes)
    guard hasItems, count == page.items.count else {
      throw .init(expected: "as many items as it counts", offset: scanner.offset)
    }
    return page
  }

  /// The objects of the lists that stand under one member, each under a table's name.
  ///
  /// As in `{"UnprocessedItems":{"orders":[…]}}`. Nil if the member itself is missing.
  static func list(
    _ member: StaticString, in reply: [UInt8], of inner: StaticString? = nil
  ) throws(JSONScanner.Malformed) -> [[UInt8]]? {
    let bytes = reply.span
    var found: [[UInt8]]?
    var scanner = JSONScanner()
    try scanner.enterObject(in: bytes)
    while let name = try scanner.nextMember(in: bytes) {
      guard name.equals(member, in: bytes) else {
        _ = try scanner.skipValue(in: bytes)
        continue
      }
      var objects: [[UInt8]] = []
      try scanner.enterObject(in: bytes)
      while try scanner.nextMember(in: bytes) != nil {
        guard let inner else {
          objects += try slices(&scanner, in: bytes)
          continue
        }
        try scanner.enterObject(in: bytes)
        while let name = try scanner.nextMember(in: bytes) {
          if name.equals(inner, in: bytes) {
            objects += try slices(&scanner, in: bytes)
          } else {
            _ = try scanner.skipValue(in: bytes)
          }
        }
      }
      found = objects
    }
    try scanner.finish(in: bytes)
    return found
  }

  /// The object at a path of members, such as the item of a `{"PutRequest":{"Item":…}}`.
  static func object(
    _ path: [StaticString], in reply: [UInt8]
  ) throws(JSONScanner.Malformed) -> [UInt8]? {
    let bytes = reply.span
    var scanner = JSONScanner()
    var rest = path[...]
    try scanner.enterObject(in: bytes)
    while let wanted = rest.first, let name = try scanner.nextMember(in: bytes) {
      guard name.equals(wanted, in: bytes) else {
        _ = try scanner.skipValue(in: bytes)
        continue
      }
      rest = rest.dropFirst()
      if rest.isEmpty { return bytes.copy(try scanner.skipValue(in: bytes)) }
      try scanner.enterObject(in: bytes)
    }
    return nil
  }

  static func checkText(_ reply: [UInt8]) throws(JSONScanner.Malformed) {
    guard (try? UTF8Span(validating: reply.span)) != nil else {
      throw .init(expected: "UTF-8", offset: 0)
    }
  }

  private static func items(
    _ scanner: inout JSONScanner, in bytes: Span<UInt8>
  ) throws(JSONScanner.Malformed) -> [Item] {
    var items: [Item] = []
    try scanner.enterArray(in: bytes)
    while try scanner.nextElement(in: bytes) {
      let slice = bytes.copy(try scanner.skipValue(in: bytes))
      items.append(Item(bytes: slice, isCanonical: ItemForm.isCanonical(slice)))
    }
    return items
  }

  private static func slices(
    _ scanner: inout JSONScanner, in bytes: Span<UInt8>
  ) throws(JSONScanner.Malformed) -> [[UInt8]] {
    var slices: [[UInt8]] = []
    try scanner.enterArray(in: bytes)
    while try scanner.nextElement(in: bytes) {
      slices.append(bytes.copy(try scanner.skipValue(in: bytes)))
    }
    return slices
  }
}

extension JSONScanner.Malformed {
  /// As a reply of a service that cannot be believed.
  func failure(_ operation: String) -> AWSFailure {
    AWSFailure(
      .malformed("at byte \(offset) \(expected) is missing"), operation: "dynamodb:\(operation)")
  }
}
