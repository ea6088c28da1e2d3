import Foundation
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
  static func defect(of bytes: [UInt8]) -> String? {
    guard let members = (try? JSONValue(reading: bytes))?.members else {
      return "'put' is not an item in DynamoDB JSON"
    }
    for member in members {
      guard let typed = member.value.members, typed.count == 1, types.contains(typed[0].name)
      else { return "the attribute '\(member.name)' of 'put' has no type, as in {\"S\":\"a\"}" }
    }
    return nil
  }

  static func read(_ bytes: [UInt8]?) throws(FunctionError) -> [JSONValue.Member] {
    guard let bytes, let members = (try? JSONValue(reading: bytes))?.members else {
      throw FunctionError("its first argument is not an item")
    }
    return members
  }

  /// The plain value of an attribute; NULL when the item does not have it.
  static func plain(_ value: JSONValue?, _ name: String) throws(FunctionError) -> Column {
    guard let value else { return .null }
    guard let typed = value.members?.first else {
      throw FunctionError("the attribute '\(name)' has no type")
    }
    switch (typed.name, typed.value) {
    case ("S", .string(let text)): return .string(text)
    case ("N", .string(let text)): return try number(text, name)
    case ("BOOL", .bool(let flag)): return .integer(flag ? 1 : 0)
    case ("NULL", _): return .null
    case ("B", .string(let text)):
      guard let data = Data(base64Encoded: text) else {
        throw FunctionError("the attribute '\(name)' is not base64")
      }
      return .blob(Array(data))
    default:
      throw FunctionError(
        "the attribute '\(name)' is of type \(typed.name), which has no plain value; "
          + "reach it with json_extract(item, '$.\(name)')")
    }
  }

  private static func number(_ text: String, _ name: String) throws(FunctionError) -> Column {
    if let whole = Int64(text) { return .integer(whole) }
    let mantissa = text.prefix { $0 != "e" && $0 != "E" }
    let digits = mantissa.filter(\.isNumber).drop { $0 == "0" }
    guard digits.count <= exactDigitsMax, let real = Double(text), real.isFinite else {
      throw FunctionError(
        "the number \(text.prefix(60)) of '\(name)' is too long for SQL; carry it with amend()")
    }
    return .real(real)
  }

  /// The typed form of a plain value; nil for NULL, which is an attribute that is not there.
  static func typed(_ value: Column, _ name: String) throws(FunctionError) -> JSONValue? {
    switch value {
    case .null: return nil
    case .integer(let number): return .object([.init("N", .string(String(number)))])
    case .real(let number):
      guard number.isFinite else { throw FunctionError("the number for '\(name)' is not finite") }
      return .object([.init("N", .string(number.description))])
    case .text(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw FunctionError("the text for '\(name)' is not UTF-8")
      }
      return .object([.init("S", .string(text))])
    case .blob(let bytes):
      return .object([.init("B", .string(Data(bytes).base64EncodedString()))])
    }
  }
}
