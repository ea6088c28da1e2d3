/// What kind of value a store holds under a key.
package enum ValueType: String, Sendable, Hashable, Codable, CaseIterable {
  /// A text such as `blue`: not empty, on one line, without space at its ends.
  case word
  case flag
  case number
}

/// One value of a store, with its type; always well-formed.
package struct StoredValue: Hashable, Sendable, Codable {
  package let type: ValueType
  /// The word itself, `true` or `false`, or a number in plain decimal digits, one text a value.
  package let text: String

  /// Longer texts are no names of colours, versions or tables.
  private static let wordBytesMax = 1024
  /// Source: "Data types" in the DynamoDB developer guide.
  private static let digitsMax = 38

  package static func flag(_ flag: Bool) -> StoredValue {
    StoredValue(flag ? "true" : "false", .flag)
  }

  /// Nil for a text that is no value of the type.
  package init?(_ text: String, as type: ValueType) {
    switch type {
    case .word:
      guard Self.isWord(text) else { return nil }
      self.init(text, type)
    case .flag:
      guard text.utf8.elementsEqual("true".utf8) || text.utf8.elementsEqual("false".utf8) else {
        return nil
      }
      self.init(text, type)
    case .number:
      guard let plain = Self.plain(text) else { return nil }
      self.init(plain, type)
    }
  }

  private init(_ text: String, _ type: ValueType) {
    self.text = text
    self.type = type
  }

  package static func == (a: Self, b: Self) -> Bool {
    a.type == b.type && a.text.utf8.elementsEqual(b.text.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(type)
    for byte in text.utf8 { hasher.combine(byte) }
  }

  private static func isWord(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, let last = bytes.last, bytes.count <= wordBytesMax else {
      return false
    }
    let space = UInt8(ascii: " ")
    return first != space && last != space && bytes.allSatisfy { $0 >= space && $0 != 0x7F }
  }

  /// The number without zeros that say nothing; nil for anything but plain decimal digits.
  private static func plain(_ text: String) -> String? {
    let zero = UInt8(ascii: "0")
    var rest = Array(text.utf8)[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest = rest.dropFirst() }
    let parts = rest.split(
      separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0 &- zero < 10 } }),
      let whole = parts.first
    else { return nil }
    var digits = Array(whole.drop { $0 == zero })
    if digits.isEmpty { digits = [zero] }
    var fraction = parts.count == 2 ? Array(parts[1]) : []
    while fraction.last == zero { fraction.removeLast() }
    guard digits.count + fraction.count <= digitsMax else { return nil }
    let isZero = fraction.isEmpty && digits == [zero]
    let number = (isNegative && !isZero ? [UInt8(ascii: "-")] : []) + digits
    return String(
      decoding: fraction.isEmpty ? number : number + [UInt8(ascii: ".")] + fraction, as: UTF8.self)
  }
}

extension StoredValue: CustomStringConvertible {
  package var description: String {
    switch type {
    case .word: "'\(text)'"
    case .flag, .number: text
    }
  }
}
