import Digests
import JSON
import SQLite

/// DynamoDB JSON on its way between items and plain SQL values.
enum ItemText {
  /// Digits that a floating-point number carries without loss.
  private static let exactDigitsMax = 15
  private static let types: Set<String> = [
    "S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS",
  ]

  /// What keeps bytes from being an item; nil when they are one.
  static func defect(of bytes: [UInt8], as column: String) -> String? {
    if ItemForm.isCanonical(bytes) { return nil }
    do throws(JSONScanner.Malformed) {
      _ = try ItemForm.canonical(bytes)
      return nil
    } catch {
      // The tree knows better words.
      guard let members = (try? JSONValue(reading: bytes))?.members else {
        return "'\(column)' is not an item in DynamoDB JSON"
      }
      for member in members {
        guard let typed = member.value.members, typed.count == 1, types.contains(typed[0].name)
        else {
          return "the attribute '\(member.name)' of '\(column)' has no type, as in {\"S\":\"a\"}"
        }
      }
      return "'\(column)' is not an item: \(error.expected) is missing at byte \(error.offset)"
    }
  }

  /// The plain value of an attribute.
  static func plain(
    _ found: AttributeReader.Found, in bytes: [UInt8], _ name: @autoclosure () -> String
  ) throws(FunctionError) -> Column {
    let span = bytes.span
    let content = bytes[found.content]
    func text() throws(FunctionError) -> [UInt8] {
      var scanner = JSONScanner(at: found.content.lowerBound)
      guard let slice = try? scanner.string(in: span) else {
        throw FunctionError("the attribute '\(name())' is not DynamoDB JSON")
      }
      if !slice.hasEscapes { return Array(bytes[slice.range]) }
      guard let text = slice.text(in: span) else {
        throw FunctionError("the text of '\(name())' is not UTF-8")
      }
      return Array(text.utf8)
    }
    if found.type.equals("S", in: span) { return .text(try text()) }
    if found.type.equals("N", in: span) {
      return try number(String(decoding: try text(), as: UTF8.self), name())
    }
    if found.type.equals("BOOL", in: span) {
      return .integer(content.first == UInt8(ascii: "t") ? 1 : 0)
    }
    if found.type.equals("NULL", in: span) { return .null }
    if found.type.equals("B", in: span) {
      guard let data = Base64.decode(try text()) else {
        throw FunctionError("the attribute '\(name())' is not base64")
      }
      return .blob(data)
    }
    throw FunctionError(
      "the attribute '\(name())' is of type \(found.type.text(in: span) ?? "?"), which has no "
        + "plain value; reach into it with attr(item, name, part, …), or take it with typed()")
  }

  private static func number(_ text: String, _ name: String) throws(FunctionError) -> Column {
    if let whole = Int64(text) { return .integer(whole) }
    let mantissa = text.prefix { $0 != "e" && $0 != "E" }
    let digits = mantissa.filter(\.isNumber).drop { $0 == "0" }
    guard digits.count <= exactDigitsMax, let real = Double(text), real.isFinite else {
      throw FunctionError(
        "the number \(text.prefix(60)) of '\(name)' is too long for SQL; carry it with typed()")
    }
    return .real(real)
  }

  /// The typed form of a plain value; nil for NULL, which is an attribute that is not there.
  static func typed(_ value: Column, _ name: String) throws(FunctionError) -> [UInt8]? {
    switch value {
    case .null: return nil
    case .integer(let number): return wrap("N", String(number))
    case .real(let number):
      guard number.isFinite else { throw FunctionError("the number for '\(name)' is not finite") }
      return wrap("N", number.description)
    case .text(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw FunctionError("the text for '\(name)' is not UTF-8")
      }
      return wrap("S", text)
    case .blob(let bytes): return wrap("B", Base64.text(bytes))
    }
  }

  /// `{"S":"…"}` for a type whose content is a text.
  static func wrap(_ type: String, _ text: String) -> [UInt8] {
    JSONValue.object([.init(type, .string(text))]).compact()
  }

  /// A typed value that a statement made or carried; what is none is refused.
  static func checked(_ value: Column, _ name: String) throws(FunctionError) -> [UInt8]? {
    if value.isNull { return nil }
    guard case .text(let bytes) = value, isTyped(bytes) else {
      throw FunctionError(
        "the value for '\(name)' has no type, as in {\"S\":\"a\"}; str(), num(), typed() and the "
          + "like make one")
    }
    return bytes
  }

  private static func isTyped(_ bytes: [UInt8]) -> Bool {
    // An attribute of an item of its own: quicker than a tree for what is canonical.
    ItemForm.isCanonical(Array("{\"a\":".utf8) + bytes + [UInt8(ascii: "}")]) || tree(bytes) != nil
  }

  /// The type and content of a typed value; nil for anything else.
  static func tree(_ bytes: [UInt8]) -> JSONValue.Member? {
    guard let members = (try? JSONValue(reading: bytes))?.members, members.count == 1,
      types.contains(members[0].name)
    else { return nil }
    return members[0]
  }
}
