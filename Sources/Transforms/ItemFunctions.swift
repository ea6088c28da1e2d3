import JSON
import SQLite

/// The SQL functions that read and write items.
///
/// - `attr(item, name, …)`: the attribute, or the part of it at the end of the path, as a plain
///   value: text, number, blob, or NULL. A path goes on with names of members and numbers of
///   elements: `attr(item, 'versions', 0, 'Version')`.
/// - `typed(item, name, …)`: the same with its type, as DynamoDB JSON: `{"S":"a"}`; NULL if none.
/// - `kind(item, name, …)`: its type: `S`, `N`, `M` …; NULL if there is none.
/// - `item(name, value, …)`: an item of these attributes; NULL leaves one out.
/// - `item_typed(name, typed, …)`: the same of typed values.
/// - `amend(item, name, value, …)`: the item with these attributes replaced, the others untouched
///   byte for byte; NULL takes one out.
/// - `amend_typed(item, name, typed, …)`: the same with typed values.
/// - `drop_attr(item, name, …)`: the item without these attributes.
enum ItemFunctions {
  private static let anyCount = -1

  static func define(on connection: Connection) throws(DatabaseError) {
    let latest = LatestItem()
    try connection.define("attr", argumentCount: anyCount, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      try latest.find(arguments) { (reader, found) throws(FunctionError) in
        try ItemText.plain(found, in: reader.bytes, name(of: arguments))
      }
    }
    try connection.define("typed", argumentCount: anyCount, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      try latest.find(arguments) { (reader, found) in .text(Array(reader.bytes[found.whole])) }
    }
    try connection.define("kind", argumentCount: anyCount, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      try latest.find(arguments) { (reader, found) in .text(Array(reader.bytes[found.type.range])) }
    }
    for (name, isTyped) in [("item", false), ("item_typed", true)] {
      try connection.define(name, argumentCount: anyCount, isDeterministic: true) {
        (arguments) throws(FunctionError) in
        var members: [(name: [UInt8], typed: [UInt8]?)] = []
        for change in try changes(arguments[...], areTyped: isTyped) {
          guard !members.contains(where: { $0.name == change.name }) else {
            throw FunctionError(
              "\(name)() is given '\(String(decoding: change.name, as: UTF8.self))' twice")
          }
          members.append(change)
        }
        members.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return .text(AttributeReader().amended(members))
      }
    }
    for (name, isTyped) in [("amend", false), ("amend_typed", true)] {
      try connection.define(name, argumentCount: anyCount, isDeterministic: true) {
        (arguments) throws(FunctionError) in
        guard let first = arguments.first, !first.isNull else { return .null }
        return .text(
          try latest.reader(of: first).amended(
            try changes(arguments.dropFirst(), areTyped: isTyped)))
      }
    }
    try connection.define("drop_attr", argumentCount: anyCount, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      guard let first = arguments.first, !first.isNull else { return .null }
      var dropped: [(name: [UInt8], typed: [UInt8]?)] = []
      for argument in arguments.dropFirst() { dropped.append((try text(argument), nil)) }
      return .text(try latest.reader(of: first).amended(dropped))
    }
  }

  private static func name(of arguments: [Column]) -> String {
    arguments.dropFirst().map { $0.stringValue ?? $0.integerValue.map { "[\($0)]" } ?? "?" }
      .joined(separator: ".")
  }

  private static func text(_ value: Column) throws(FunctionError) -> [UInt8] {
    guard case .text(let name) = value else {
      throw FunctionError("the name of an attribute must be text")
    }
    return name
  }

  private static func changes(
    _ arguments: ArraySlice<Column>, areTyped: Bool
  ) throws(FunctionError) -> [(name: [UInt8], typed: [UInt8]?)] {
    guard arguments.count.isMultiple(of: 2) else {
      throw FunctionError("names and values come in pairs")
    }
    var changes: [(name: [UInt8], typed: [UInt8]?)] = []
    var rest = arguments
    while let name = rest.popFirst(), let value = rest.popFirst() {
      let name = try text(name)
      let label = String(decoding: name, as: UTF8.self)
      changes.append(
        (name, areTyped ? try ItemText.checked(value, label) : try ItemText.typed(value, label)))
    }
    return changes
  }
}

/// The item read last, since a row asks for several attributes of one item.
///
/// Belongs to its connection's owner.
private final class LatestItem {
  private var read = AttributeReader()

  func reader(of value: Column) throws(FunctionError) -> AttributeReader {
    guard case .text(let bytes) = value else {
      throw FunctionError("its first argument is not an item")
    }
    do throws(JSONScanner.Malformed) {
      try read.read(bytes)
    } catch {
      throw FunctionError("its first argument is not an item")
    }
    return read
  }

  func find(
    _ arguments: [Column],
    _ answer: (AttributeReader, AttributeReader.Found) throws(FunctionError) -> Column
  ) throws(FunctionError) -> Column {
    guard arguments.count >= 2 else {
      throw FunctionError("attr(), typed() and kind() take an item and a name")
    }
    if arguments[0].isNull { return .null }
    var path: [AttributeReader.Step] = []
    for argument in arguments.dropFirst() {
      switch argument {
      case .text(let name): path.append(.name(.init(utf8: name)))
      case .integer(let index) where !path.isEmpty: path.append(.index(Int(clamping: index)))
      case .null: return .null
      case _: throw FunctionError("a path is made of names and of numbers of elements")
      }
    }
    let reader = try reader(of: arguments[0])
    let found: AttributeReader.Found?
    do throws(JSONScanner.Malformed) {
      found = try reader.find(path[...])
    } catch {
      throw FunctionError("the attribute '\(Self.name(path))' has no type")
    }
    guard let found else { return .null }
    return try answer(reader, found)
  }

  private static func name(_ path: [AttributeReader.Step]) -> String {
    guard case .name(let name)? = path.first else { return "" }
    return String(decoding: name.utf8, as: UTF8.self)
  }
}
