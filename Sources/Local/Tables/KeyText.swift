import Digests
import Resources
import SQLite

/// Keys as canonical DynamoDB JSON, and back.
enum KeyText {
  static func key(_ schema: TableSchema, _ values: [Column]) -> ItemKey {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    // The key's own order of columns need not be the order of names.
    let ordered = zip(schema.keyPlaces, values).sorted { $0.0 < $1.0 }
    for (place, value) in ordered {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      ItemEncoder.appendString(Array(schema.columns[place].name.utf8).span.bytes, to: &bytes)
      bytes += Array(":".utf8) + self.value(value, schema, place)
    }
    bytes.append(UInt8(ascii: "}"))
    return ItemKey(bytes: bytes)
  }

  /// The values of a key, in the key's own order of columns.
  static func values(
    _ schema: TableSchema, _ key: ItemKey, _ url: ResourceURL
  ) throws(Failure) -> [Column] {
    let decoder = ItemDecoder(schema, url)
    try decoder.read(key.bytes)
    let strange = schema.columns.indices.first { place in
      guard !schema.keyPlaces.contains(place), case .columns = schema.layout else { return false }
      if case .absent = decoder.cells[place] { return false }
      return true
    }
    guard strange == nil else {
      throw .permanent(
        "\(url): \(key.text) is not a key of this table", hint: "Give the key's attributes only.")
    }
    return decoder.values(from: key.bytes, at: schema.keyPlaces)
  }

  private static func value(_ value: Column, _ schema: TableSchema, _ place: Int) -> [UInt8] {
    switch value {
    case .null: return Array("{\"NULL\":true}".utf8)
    case .integer(let number): return Array("{\"N\":\"\(number)\"}".utf8)
    case .real(let number): return Array("{\"N\":\"\(ItemEncoder.text(of: number))\"}".utf8)
    case .blob(let bytes): return Array("{\"B\":\"\(Base64.text(bytes))\"}".utf8)
    case .text(let bytes):
      guard String(validating: bytes, as: UTF8.self) != nil else {
        let text = Base64.text(bytes)
        return Array("{\"M\":{\"\(ItemEncoder.foreignText)\":{\"B\":\"\(text)\"}}}".utf8)
      }
      // In a table of whole items, numbers are kept as their text.
      var isNumber = false
      if case .document = schema.layout {
        isNumber = schema.columns[place].declaredType.utf8.first == UInt8(ascii: "N")
      }
      var result = Array(isNumber ? "{\"N\":".utf8 : "{\"S\":".utf8)
      ItemEncoder.appendString(bytes.span.bytes, to: &result)
      return result + [UInt8(ascii: "}")]
    }
  }
}
