import JSON
import SQLite

/// The SQL functions that make typed values, and turn them into JSON and back.
///
/// - `str(x)`, `num(x)`, `bin(x)`, `flag(x)`, `null_attr()`: one value of the type S, N, B, BOOL or
///   NULL. `num` takes text too, so that long numbers stay whole.
/// - `list(typed, …)`, `map(name, typed, …)`: lists and maps; a NULL is left out.
/// - `str_set(x, …)`, `num_set(x, …)`: sets of texts or numbers.
/// - `to_json(typed)`: plain JSON text; sets become lists, binary its base64.
/// - `from_json(json)`: a typed value from JSON text, such as `json_group_array` gives.
enum TypedFunctions {
  private static let anyCount = -1

  static func define(on connection: Connection) throws(DatabaseError) {
    try defineScalars(on: connection)
    try defineContainers(on: connection)
    try connection.define("to_json", argumentCount: 1, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      if arguments[0].isNull { return .null }
      return .text(try plainJSON(try member(arguments[0])).compact())
    }
    try connection.define("from_json", argumentCount: 1, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      if arguments[0].isNull { return .null }
      guard let bytes = arguments[0].bytesValue, let value = try? JSONValue(reading: bytes) else {
        throw FunctionError("from_json() is not given JSON text")
      }
      return .text(typed(value).compact())
    }
  }

  private static func defineScalars(on connection: Connection) throws(DatabaseError) {
    try connection.define("str", argumentCount: 1, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      switch arguments[0] {
      case .null: return .null
      case .text: return column(try ItemText.typed(arguments[0], "str()"))
      case .integer(let number): return .text(ItemText.wrap("S", String(number)))
      case _: throw FunctionError("str() takes text or a whole number")
      }
    }
    try connection.define("num", argumentCount: 1, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      guard case .text(let text) = arguments[0] else {
        if case .blob = arguments[0] { throw FunctionError("num() takes a number") }
        return column(try ItemText.typed(arguments[0], "num()"))
      }
      let number = String(decoding: text, as: UTF8.self)
      guard JSONNumber.isValid(number) else {
        throw FunctionError("num() is given '\(number.prefix(60))', which is no number")
      }
      return .text(ItemText.wrap("N", number))
    }
    try connection.define("bin", argumentCount: 1, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      guard let bytes = arguments[0].bytesValue else { return .null }
      return column(try ItemText.typed(.blob(bytes), "bin()"))
    }
    try connection.define("flag", argumentCount: 1, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      if arguments[0].isNull { return .null }
      guard case .integer(let number) = arguments[0] else {
        throw FunctionError("flag() takes a truth, 0 or 1")
      }
      return .text(JSONValue.object([.init("BOOL", .bool(number != 0))]).compact())
    }
    try connection.define("null_attr", argumentCount: 0, isDeterministic: true) { _ in
      .text(JSONValue.object([.init("NULL", .bool(true))]).compact())
    }
  }

  private static func defineContainers(on connection: Connection) throws(DatabaseError) {
    try connection.define("list", argumentCount: anyCount, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      var elements: [JSONValue] = []
      for argument in arguments where !argument.isNull {
        elements.append(.object([try member(argument)]))
      }
      return .text(JSONValue.object([.init("L", .array(elements))]).compact())
    }
    try connection.define("map", argumentCount: anyCount, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      guard arguments.count.isMultiple(of: 2) else {
        throw FunctionError("names and values come in pairs")
      }
      var members: [JSONValue.Member] = []
      for index in stride(from: 0, to: arguments.count, by: 2) where !arguments[index + 1].isNull {
        guard let name = arguments[index].stringValue else {
          throw FunctionError("the name of a member must be text")
        }
        members.append(.init(name, .object([try member(arguments[index + 1])])))
      }
      return .text(
        JSONValue.object([.init("M", .object(members))]).compact(sortedKeys: true))
    }
    for (name, type) in [("str_set", "SS"), ("num_set", "NS")] {
      try connection.define(name, argumentCount: anyCount, isDeterministic: true) {
        (arguments) throws(FunctionError) in
        var elements: [JSONValue] = []
        for argument in arguments where !argument.isNull {
          guard let text = argument.stringValue ?? argument.integerValue.map({ "\($0)" }),
            type == "SS" || JSONNumber.isValid(text)
          else { throw FunctionError("\(name)() takes \(type == "SS" ? "texts" : "numbers")") }
          elements.append(.string(text))
        }
        // DynamoDB has no empty sets.
        if elements.isEmpty { return .null }
        return .text(JSONValue.object([.init(type, .array(elements))]).compact())
      }
    }
  }

  private static func column(_ bytes: [UInt8]?) -> Column { bytes.map { .text($0) } ?? .null }

  private static func member(_ value: Column) throws(FunctionError) -> JSONValue.Member {
    guard case .text(let bytes) = value, let member = ItemText.tree(bytes) else {
      throw FunctionError(
        "a value has no type, as in {\"S\":\"a\"}; str(), num(), typed() and the like make one")
    }
    return member
  }

  private static func plainJSON(_ member: JSONValue.Member) throws(FunctionError) -> JSONValue {
    switch (member.name, member.value) {
    case ("NULL", _): return .null
    case ("N", .string(let text)): return .number(text)
    case ("NS", .array(let texts)): return .array(texts.map { .number($0.string ?? "0") })
    case ("L", .array(let elements)):
      var plain: [JSONValue] = []
      for element in elements { plain.append(try inner(element)) }
      return .array(plain)
    case ("M", .object(let members)):
      var plain: [JSONValue.Member] = []
      for member in members { plain.append(.init(member.name, try inner(member.value))) }
      return .object(plain)
    case (_, let value): return value
    }
  }

  private static func inner(_ value: JSONValue) throws(FunctionError) -> JSONValue {
    guard let members = value.members, members.count == 1 else {
      throw FunctionError("a value inside has no type, as in {\"S\":\"a\"}")
    }
    return try plainJSON(members[0])
  }

  private static func typed(_ value: JSONValue) -> JSONValue {
    switch value {
    case .null: .object([.init("NULL", .bool(true))])
    case .bool: .object([.init("BOOL", value)])
    case .number(let text): .object([.init("N", .string(text))])
    case .string: .object([.init("S", value)])
    case .array(let elements): .object([.init("L", .array(elements.map { typed($0) }))])
    case .object(let members):
      .object([.init("M", .object(members.map { .init($0.name, typed($0.value)) }))])
    }
  }
}
