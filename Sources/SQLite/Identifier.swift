/// Names inside SQL text, for the places that cannot be bound as values.
package enum Identifier {
  /// The name in double quotes, safe whatever it holds but NUL, which SQL text cannot carry.
  package static func quoted(_ name: String) throws(DatabaseError) -> String {
    guard !name.utf8.contains(0) else {
      throw .misuse("a name with a NUL byte cannot be written in SQL", in: name)
    }
    return "\"" + escaped(name, UInt8(ascii: "\"")) + "\""
  }

  /// A text literal in single quotes, for statements that take no bound values (ATTACH, PRAGMA).
  package static func literal(_ text: String) throws(DatabaseError) -> String {
    guard !text.utf8.contains(0) else {
      throw .misuse("a text with a NUL byte cannot be written in SQL", in: text)
    }
    return "'" + escaped(text, UInt8(ascii: "'")) + "'"
  }

  // On bytes: a combining character after the quote would hide it from a search by Character.
  private static func escaped(_ text: String, _ quote: UInt8) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      bytes.append(byte)
      if byte == quote { bytes.append(quote) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
