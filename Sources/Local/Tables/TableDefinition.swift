import Resources
import SQLite

/// The CREATE TABLE statement for a table like one that is described.
enum TableDefinition {
  private static let start = "CREATE TABLE "

  static func sql(
    for description: TableDescription, named name: String, _ url: ResourceURL
  ) throws -> String {
    if let definition = description.definition, definition.hasPrefix(start) {
      return try renamed(definition, to: name, url)
    }
    guard !description.keys.isEmpty else {
      throw Failure.permanent(
        "\(url): a table without a key was described", hint: "Copy from a table that has one.")
    }
    let isDocument =
      description.attributes.isEmpty
      && description.keys.allSatisfy { documentTypes[$0.type] != nil }
    return try isDocument ? document(description, name) : columns(description, name, url)
  }

  /// Column types for the key types of a store without a schema.
  private static let documentTypes = ["S": "S TEXT", "N": "N TEXT", "B": "B BLOB"]

  private static func document(
    _ description: TableDescription, _ name: String
  ) throws(DatabaseError) -> String {
    var parts: [String] = []
    var keys: [String] = []
    for key in description.keys {
      let quoted = try Identifier.quoted(key.name)
      keys.append(quoted)
      parts.append("\(quoted) \(documentTypes[key.type] ?? "BLOB") NOT NULL")
    }
    var column = "item"
    while description.keys.contains(where: { $0.name.lowercased() == column }) { column += "_" }
    parts.append("\(try Identifier.quoted(column)) \(TableSchema.documentType) NOT NULL")
    parts.append("PRIMARY KEY (\(keys.joined(separator: ", ")))")
    return "\(start)\(try Identifier.quoted(name)) (\(parts.joined(separator: ", ")))"
  }

  private static func columns(
    _ description: TableDescription, _ name: String, _ url: ResourceURL
  ) throws -> String {
    var parts: [String] = []
    for attribute in description.keys + description.attributes {
      let isPlain = attribute.type.utf8.allSatisfy { byte in
        (65...90).contains(byte & 0xdf) || (48...57).contains(byte)
          || [32, 40, 41, 44, 95].contains(byte)
      }
      guard isPlain else {
        throw Failure.permanent(
          "\(url): '\(attribute.type)' cannot be the type of a column",
          hint: "Create the table yourself.")
      }
      let required = attribute.isRequired ? " NOT NULL" : ""
      parts.append("\(try Identifier.quoted(attribute.name)) \(attribute.type)\(required)")
    }
    let keys = try description.keys.map { try Identifier.quoted($0.name) }
    parts.append("PRIMARY KEY (\(keys.joined(separator: ", ")))")
    return "\(start)\(try Identifier.quoted(name)) (\(parts.joined(separator: ", ")))"
  }

  /// The definition with another name in it.
  ///
  /// SQLite keeps definitions as "CREATE TABLE", one space, and the text from the name on.
  private static func renamed(
    _ definition: String, to name: String, _ url: ResourceURL
  ) throws -> String {
    let bytes = Array(definition.utf8.dropFirst(start.utf8.count))
    guard let length = nameLength(bytes) else {
      throw Failure.permanent(
        "\(url): the definition of the source cannot be understood",
        hint: "Create the table yourself, then copy into it.")
    }
    let rest = String(decoding: bytes[length...], as: UTF8.self)
    return "\(start)\(try Identifier.quoted(name))\(rest)"
  }

  private static func nameLength(_ bytes: [UInt8]) -> Int? {
    let closers: [UInt8: UInt8] = [
      UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "`"): UInt8(ascii: "`"),
      UInt8(ascii: "'"): UInt8(ascii: "'"), UInt8(ascii: "["): UInt8(ascii: "]"),
    ]
    guard let first = bytes.first else { return nil }
    guard let closer = closers[first] else {
      let end = bytes.firstIndex { byte in
        let isWord =
          byte >= 0x80 || (65...90).contains(byte & 0xdf) || (48...57).contains(byte)
          || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
        return !isWord
      }
      return end.flatMap { $0 > 0 ? $0 : nil }
    }
    var index = 1
    while index < bytes.count {
      guard bytes[index] == closer else {
        index += 1
        continue
      }
      // A doubled quote stands for itself.
      let isDoubled = first == closer && index + 1 < bytes.count && bytes[index + 1] == closer
      guard isDoubled else { return index + 1 }
      index += 2
    }
    return nil
  }
}
