/// The header fields of a request or a reply, in order, with repeated ones kept.
///
/// Names are compared as ASCII without regard to case; values are kept as they came.
package struct HTTPHeaders: Sendable, Equatable {
  package struct Field: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package private(set) var fields: [Field] = []

  package init() {}

  package init(_ fields: [Field]) { self.fields = fields }

  /// Adds a field beside those of the same name.
  package mutating func add(_ name: String, _ value: String) { fields.append(Field(name, value)) }

  /// Replaces every field of this name.
  package mutating func set(_ name: String, _ value: String) {
    fields.removeAll { Self.isSame($0.name, name) }
    fields.append(Field(name, value))
  }

  /// Adds to the value of the last field: the obsolete folding of one value over several lines.
  mutating func extendLast(with text: String) {
    guard !fields.isEmpty else { return }
    fields[fields.count - 1].value += " " + text
  }

  /// The first value of this name.
  package func first(_ name: String) -> String? {
    fields.first { Self.isSame($0.name, name) }?.value
  }

  /// Every value of this name, in the order received.
  package func values(_ name: String) -> [String] {
    fields.filter { Self.isSame($0.name, name) }.map(\.value)
  }

  private static func isSame(_ left: String, _ right: String) -> Bool {
    guard left.utf8.count == right.utf8.count else { return false }
    var (left, right) = (left.utf8.makeIterator(), right.utf8.makeIterator())
    while let one = left.next(), let other = right.next() {
      guard one == other || one | bit(one) == other | bit(other) else { return false }
    }
    return true
  }

  /// The bit that turns an ASCII capital into its small letter; zero for every other byte.
  private static func bit(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? 0x20 : 0 }
}

extension HTTPHeaders: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { Field($0.0, $0.1) }
  }
}
