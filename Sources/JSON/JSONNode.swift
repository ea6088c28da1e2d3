/// A value of a document together with where it stands.
package struct JSONNode: Sendable {
  package enum Kind: Sendable {
    case null
    case bool(Bool)
    /// The number as decimal text that strict JSON accepts, never passed through `Double`.
    ///
    /// `0x1F` arrives as `31` and `.5` as `0.5`. `Infinity` and `NaN` keep their words, and the
    /// document lists them as problems.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object([Member])
  }

  /// A key and its value; `nameRange` includes the quotes.
  package struct Member: Sendable {
    package let name: String
    package let nameRange: JSONRange
    package let value: JSONNode

    package init(name: String, nameRange: JSONRange, value: JSONNode) {
      self.name = name
      self.nameRange = nameRange
      self.value = value
    }
  }

  package let kind: Kind
  package let range: JSONRange

  package init(kind: Kind, range: JSONRange) {
    self.kind = kind
    self.range = range
  }

  package var position: JSONPosition { range.start }

  package var string: String? {
    if case .string(let text) = kind { text } else { nil }
  }

  package var bool: Bool? {
    if case .bool(let flag) = kind { flag } else { nil }
  }

  package var numberText: String? {
    if case .number(let text) = kind { text } else { nil }
  }

  package var integer: Int? {
    if case .number(let text) = kind { JSONNumber.integer(text) } else { nil }
  }

  package var elements: [JSONNode]? {
    if case .array(let elements) = kind { elements } else { nil }
  }

  package var members: [Member]? {
    if case .object(let members) = kind { members } else { nil }
  }

  /// The first member whose name has exactly these bytes.
  package func member(_ name: String) -> Member? {
    members?.first { $0.name.hasSameBytes(as: name) }
  }

  package subscript(name: String) -> JSONNode? { member(name)?.value }

  /// What kind of value this is, as messages say it: "a string", "the number 5".
  package var noun: String { JSONValue(self).noun }
}
