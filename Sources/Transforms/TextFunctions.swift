import Digests
import Resources
import SQLite

/// The SQL functions for keys, names and what the step was given.
///
/// - `before_first(text, separator)`, `after_first`, `before_last`, `after_last`: a part of a
///   composite key; NULL where the separator is missing.
/// - `join_key(separator, part, …)`: a composite key; fails where a part is NULL or empty.
/// - `uuid(space, name)`: the same UUID for the same name, always.
/// - `digest(x)`: SHA-256 in lower-case hexadecimal.
/// - `param(name)`: a parameter of the step. `moment()`: when the step began, in UTC as RFC 3339.
enum TextFunctions {
  static func define(
    on connection: Connection, parameters: [String: String], moment: Timestamp?
  ) throws(DatabaseError) {
    let cuts: [(name: String, isLast: Bool, isBefore: Bool)] = [
      ("before_first", false, true), ("after_first", false, false),
      ("before_last", true, true), ("after_last", true, false),
    ]
    for cut in cuts {
      try connection.define(cut.name, argumentCount: 2, isDeterministic: true) { (arguments) in
        guard let text = arguments[0].bytesValue, let separator = arguments[1].bytesValue,
          let place = Self.find(separator, in: text, last: cut.isLast)
        else { return .null }
        return .text(
          Array(cut.isBefore ? text[..<place.lowerBound] : text[place.upperBound...]))
      }
    }
    try connection.define("join_key", argumentCount: -1, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      var parts: [String] = []
      for argument in arguments.dropFirst() {
        guard let part = argument.stringValue ?? argument.integerValue.map(String.init),
          !part.isEmpty
        else { throw FunctionError("join_key() is given an empty part") }
        parts.append(part)
      }
      guard let separator = arguments.first?.stringValue else {
        throw FunctionError("join_key() takes a separator and parts")
      }
      return .string(parts.joined(separator: separator))
    }
    try connection.define("uuid", argumentCount: 2, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      guard let space = arguments[0].bytesValue, let name = arguments[1].bytesValue else {
        throw FunctionError("uuid() takes a space and a name, both texts")
      }
      return .string(Self.uuid(space, name))
    }
    try connection.define("digest", argumentCount: 1, isDeterministic: true) { (arguments) in
      arguments[0].bytesValue.map { .string(Digest.hex(Digest.sha256($0))) } ?? .null
    }
    try connection.define("param", argumentCount: 1, isDeterministic: true) {
      (arguments) throws(FunctionError) in
      guard let name = arguments[0].stringValue, let value = parameters[name] else {
        throw FunctionError(
          "there is no parameter '\(arguments[0].stringValue ?? "")'; there are: "
            + parameters.keys.sorted().joined(separator: ", "))
      }
      return .string(value)
    }
    try connection.define("moment", argumentCount: 0, isDeterministic: true) {
      (_) throws(FunctionError) in
      guard let moment else { throw FunctionError("moment() is known to migrations only") }
      return .string("\(moment)")
    }
  }

  /// A name-based UUID of version 8 over SHA-256 (RFC 9562, section 5.8 and appendix B.2).
  ///
  /// A zero byte keeps space and name apart.
  static func uuid(_ space: [UInt8], _ name: [UInt8]) -> String {
    var bytes = Array(Digest.sha256(space + [0] + name).prefix(16))
    bytes[6] = bytes[6] & 0x0F | 0x80
    bytes[8] = bytes[8] & 0x3F | 0x80
    let text = Array(Hex.text(bytes).utf8)
    let parts = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
    return parts.map { String(decoding: text[$0], as: UTF8.self) }.joined(separator: "-")
  }

  private static func find(_ part: [UInt8], in text: [UInt8], last: Bool) -> Range<Int>? {
    guard !part.isEmpty, part.count <= text.count else { return nil }
    let places = 0...(text.count - part.count)
    let isHere = { (place: Int) in text[place..<place + part.count].elementsEqual(part) }
    let place = last ? places.last(where: isHere) : places.first(where: isHere)
    return place.map { $0..<$0 + part.count }
  }
}
