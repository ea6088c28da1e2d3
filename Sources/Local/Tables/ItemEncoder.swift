import Digests
import SQLite

/// Turns rows into items, on bytes.
///
/// The item is in canonical form but for real numbers, since columns are selected in byte order of
/// their names. A NULL is an attribute that is absent. Reading back what ``ItemDecoder`` wrote gives
/// the same bytes.
struct ItemEncoder {
  /// For text that is not UTF-8, which JSON cannot hold: a map with the bytes under this name.
  static let foreignText = "sqlite:text"

  /// `"name":{` for each column, one after the other.
  private let prefixes: [UInt8]
  private let prefixEnds: [Int]
  private var buffer: [UInt8] = []
  /// Whether the last item holds a real number, whose text shows that it is one.
  private(set) var hasReals = false

  init(_ schema: TableSchema) {
    var prefixes: [UInt8] = []
    var ends = [0]
    for column in schema.columns {
      Self.appendString(Array(column.name.utf8).span.bytes, to: &prefixes)
      prefixes += ":{".utf8
      ends.append(prefixes.count)
    }
    self.prefixes = prefixes
    prefixEnds = ends
    buffer.reserveCapacity(1 << 10)
  }

  /// The item in the row that the statement stands on.
  mutating func item(in row: borrowing Statement) -> [UInt8] {
    buffer.removeAll(keepingCapacity: true)
    hasReals = false
    buffer.append(UInt8(ascii: "{"))
    for index in 0..<(prefixEnds.count - 1) {
      let kind = row.kind(index)
      if case .null = kind { continue }
      if buffer.count > 1 { buffer.append(UInt8(ascii: ",")) }
      buffer.append(contentsOf: prefixes[prefixEnds[index]..<prefixEnds[index + 1]])
      switch kind {
      case .null: break
      case .integer:
        append("\"N\":\"")
        Self.append(row.integer(index), to: &buffer)
        append("\"}")
      case .real:
        hasReals = true
        append("\"N\":\"")
        append(Self.text(of: row.real(index)))
        append("\"}")
      case .text: row.withBytes(index) { appendText($0.bytes) }
      case .blob:
        append("\"B\":\"")
        buffer.append(contentsOf: row.withBytes(index) { Base64.encode($0) })
        append("\"}")
      }
    }
    buffer.append(UInt8(ascii: "}"))
    return Array(buffer)
  }

  /// A real number as decimal text that always shows that it is one.
  ///
  /// The shortest text that reads back as the same number. Infinity, for which JSON and decimal
  /// text have no word, is written the way the `sqlite3` shell does: a number out of range.
  static func text(of number: Double) -> String {
    guard number.isFinite else { return number < 0 ? "-1e999" : "1e999" }
    return number.description
  }

  private mutating func append(_ text: String) {
    buffer.append(contentsOf: text.utf8)
  }

  private mutating func appendText(_ text: RawSpan) {
    guard Self.isUTF8(text) else {
      append("\"M\":{\"\(Self.foreignText)\":{\"B\":\"")
      text.withUnsafeBytes { buffer.append(contentsOf: Base64.encode($0)) }
      return append("\"}}}")
    }
    append("\"S\":")
    Self.appendString(text, to: &buffer)
    buffer.append(UInt8(ascii: "}"))
  }

  private static func isUTF8(_ text: RawSpan) -> Bool {
    let bytes = Span<UInt8>(_bytes: text)
    return (try? UTF8Span(validating: bytes)) != nil
  }

  /// A JSON string with the shortest escapes.
  static func appendString(_ text: RawSpan, to buffer: inout [UInt8]) {
    buffer.append(UInt8(ascii: "\""))
    text.withUnsafeBytes { bytes in
      var start = 0
      for index in 0..<bytes.count {
        let byte = bytes[index]
        guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
          continue
        }
        buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
        appendEscape(byte, to: &buffer)
        start = index + 1
      }
      buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }
    buffer.append(UInt8(ascii: "\""))
  }

  private static func appendEscape(_ byte: UInt8, to buffer: inout [UInt8]) {
    buffer.append(UInt8(ascii: "\\"))
    switch byte {
    case 0x08: buffer.append(UInt8(ascii: "b"))
    case 0x09: buffer.append(UInt8(ascii: "t"))
    case 0x0A: buffer.append(UInt8(ascii: "n"))
    case 0x0C: buffer.append(UInt8(ascii: "f"))
    case 0x0D: buffer.append(UInt8(ascii: "r"))
    case 0..<0x20:
      buffer.append(contentsOf: "u00".utf8)
      buffer.append(UInt8(ascii: "0") + (byte >> 4))
      let low = byte & 15
      buffer.append(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
    case _: buffer.append(byte)
    }
  }

  private static func append(_ number: Int64, to buffer: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = number.magnitude
      var place = digits.count
      repeat {
        place -= 1
        digits[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      if number < 0 { buffer.append(UInt8(ascii: "-")) }
      buffer.append(contentsOf: digits[place...])
    }
  }
}
