import JSON
import Resources

/// One line of a data file.
///
/// Source: "DynamoDB table export output format" in the developer guide.
enum ExportRecord {
  /// An item of a full export.
  case item([UInt8])
  /// What became of one key; nil where its item went.
  case change(key: [UInt8], new: [UInt8]?)

  init(_ line: [UInt8], ofChanges: Bool) throws(JSONScanner.Malformed) {
    guard (try? UTF8Span(validating: line.span)) != nil else {
      throw .init(expected: "UTF-8", offset: 0)
    }
    let bytes = line.span
    var item: [UInt8]?
    var key: [UInt8]?
    var new: [UInt8]?
    var scanner = JSONScanner()
    try scanner.enterObject(in: bytes)
    while let name = try scanner.nextMember(in: bytes) {
      let kind = try scanner.kind(in: bytes)
      let value = try scanner.skipValue(in: bytes)
      guard kind == .object else { continue }
      if name.equals("Item", in: bytes) { item = bytes.copy(value) }
      if name.equals("Keys", in: bytes) { key = bytes.copy(value) }
      if name.equals("NewImage", in: bytes) { new = bytes.copy(value) }
    }
    try scanner.finish(in: bytes)
    if ofChanges {
      guard let key else { throw .init(expected: "'Keys'", offset: 0) }
      self = .change(key: key, new: new)
    } else {
      guard let item else { throw .init(expected: "'Item'", offset: 0) }
      self = .item(item)
    }
  }
}
