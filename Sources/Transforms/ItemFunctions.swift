import JSON
import SQLite

/// The SQL functions that make items pleasant to read and to write.
///
/// - `attr(item, name)`: the attribute as a plain value: text, number, blob, or NULL.
/// - `item(name, value, …)`: an item of these attributes; NULL leaves one out.
/// - `amend(item, name, value, …)`: the item with these attributes replaced, the others untouched;
///   NULL takes one out.
enum ItemFunctions {
  private static let anyCount = -1

  /// Defines the functions; what is answered knows which item `item()` has made last.
  static func define(on connection: Connection) throws(DatabaseError) -> MadeItem {
    let latest = LatestItem()
    let made = MadeItem()
    try connection.define("attr", argumentCount: 2, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      if arguments[0].isNull { return .null }
      let name = try Self.name(arguments[1])
      let value = try latest.members(of: arguments[0]).first { $0.name.hasSameBytes(as: name) }
      return try ItemText.plain(value?.value, name)
    }
    try connection.define("item", argumentCount: anyCount, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      var members: [JSONValue.Member] = []
      for (name, value) in try Self.pairs(arguments[...]) {
        guard !members.contains(where: { $0.name.hasSameBytes(as: name) }) else {
          throw FunctionError("item() is given '\(name)' twice")
        }
        if let typed = try ItemText.typed(value, name) { members.append(.init(name, typed)) }
      }
      // Plain values hold no sets, so sorted names are all that the canonical form asks for.
      made.bytes = JSONValue.object(members).compact(sortedKeys: true)
      return .text(made.bytes)
    }
    try connection.define("amend", argumentCount: anyCount, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      guard let first = arguments.first, !first.isNull else { return .null }
      var item = JSONValue.object(try latest.members(of: first))
      for (name, value) in try Self.pairs(arguments.dropFirst()) {
        item[name] = try ItemText.typed(value, name)
      }
      return .text(item.compact(sortedKeys: true))
    }
    return made
  }

  private static func name(_ value: Column) throws(FunctionError) -> String {
    guard let name = value.stringValue else {
      throw FunctionError("the name of an attribute must be text")
    }
    return name
  }

  private static func pairs(
    _ arguments: ArraySlice<Column>
  ) throws(FunctionError) -> [(String, Column)] {
    guard arguments.count.isMultiple(of: 2) else {
      throw FunctionError("names and values come in pairs")
    }
    var pairs: [(String, Column)] = []
    var rest = arguments
    while let name = rest.popFirst(), let value = rest.popFirst() {
      pairs.append((try Self.name(name), value))
    }
    return pairs
  }
}

/// The item that `item()` made last, which nobody needs to read again to know that it is one.
///
/// Belongs to its connection's owner.
final class MadeItem {
  /// In canonical form; empty before the first one.
  var bytes: [UInt8] = []
}

/// The item read last, since a row asks for several attributes of one item.
///
/// Belongs to its connection's owner.
private final class LatestItem {
  private var bytes: [UInt8] = []
  private var read: [JSONValue.Member] = []

  func members(of value: Column) throws(FunctionError) -> [JSONValue.Member] {
    if let bytes = value.bytesValue, bytes == self.bytes, !bytes.isEmpty { return read }
    read = try ItemText.read(value.bytesValue)
    bytes = value.bytesValue ?? []
    return read
  }
}
