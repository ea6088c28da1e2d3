/// Writes values as RFC 8259 text.
struct JSONWriter {
  /// Two spaces for each level, or everything on one line.
  let isPretty: Bool
  let sortsKeys: Bool
  var bytes: [UInt8] = []
  private var level = 0

  init(isPretty: Bool, sortsKeys: Bool) {
    self.isPretty = isPretty
    self.sortsKeys = sortsKeys
  }

  mutating func write(_ value: JSONValue) {
    switch value {
    case .null: bytes += "null".utf8
    case .bool(let flag): bytes += (flag ? "true" : "false").utf8
    case .number(let text):
      // The words that JSON5 has for numbers which are none; JSON says null.
      bytes += (JSONNumber.isValid(text) ? text : "null").utf8
    case .string(let text): write(text)
    case .array(let elements):
      bracket("[", "]", count: elements.count) { writer, index in writer.write(elements[index]) }
    case .object(let members):
      let ordered = sortsKeys ? members.sorted { $0.name.precedesInBytes($1.name) } : members
      bracket("{", "}", count: ordered.count) { writer, index in
        writer.write(ordered[index].name)
        writer.bytes += (writer.isPretty ? ": " : ":").utf8
        writer.write(ordered[index].value)
      }
    }
  }

  private mutating func bracket(
    _ open: String, _ close: String, count: Int, each: (inout JSONWriter, Int) -> Void
  ) {
    bytes += open.utf8
    level += 1
    for index in 0..<count {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      breakLine()
      each(&self, index)
    }
    level -= 1
    if count > 0 { breakLine() }
    bytes += close.utf8
  }

  private mutating func breakLine() {
    guard isPretty else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes += repeatElement(UInt8(ascii: " "), count: 2 * level)
  }

  mutating func write(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x08: bytes += "\\b".utf8
      case 0x0C: bytes += "\\f".utf8
      case 0x0A: bytes += "\\n".utf8
      case 0x0D: bytes += "\\r".utf8
      case 0x09: bytes += "\\t".utf8
      case 0..<0x10: bytes += ("\\u000" + String(byte, radix: 16)).utf8
      case 0x10..<0x20: bytes += ("\\u00" + String(byte, radix: 16)).utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension JSONValue {
  /// The shortest form; with `sortedKeys` the same members give the same bytes in any order.
  package func compact(sortedKeys: Bool = false) -> [UInt8] {
    var writer = JSONWriter(isPretty: false, sortsKeys: sortedKeys)
    writer.write(self)
    return writer.bytes
  }

  /// The compact form as text.
  package var text: String { String(decoding: compact(), as: UTF8.self) }

  /// Two spaces for each level, without a newline at the end.
  package func pretty(sortedKeys: Bool = false) -> String {
    var writer = JSONWriter(isPretty: true, sortsKeys: sortedKeys)
    writer.write(self)
    return String(decoding: writer.bytes, as: UTF8.self)
  }
}
