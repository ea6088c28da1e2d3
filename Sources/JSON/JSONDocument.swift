/// Which grammar a document is held to.
package enum JSONDialect: Sendable {
  /// RFC 8259 as written.
  case strict
  /// JSON5 1.0: comments, unquoted keys, single quotes, trailing commas, hexadecimal numbers.
  case json5
}

/// The bounds of what is read, whoever wrote it.
package enum JSONLimit {
  /// Larger than any playbook that a person can review.
  package static let playbookBytesMax = 8 << 20
  /// A DynamoDB reply holds at most 16 MiB; whole files are read in pieces.
  package static let documentBytesMax = 64 << 20
  /// DynamoDB nests 32 levels, which are 64 in its JSON.
  package static let depthMax = 128
  /// After this many mistakes more of them help nobody.
  package static let problemsMax = 50
  /// Digits of a hexadecimal number, which is turned into decimal text.
  package static let hexDigitsMax = 64
}

/// A document that has been read: its tree, and every mistake found on the way.
///
/// `root` is nil when the grammar was broken. Mistakes that leave a meaningful tree (a key given
/// twice, `Infinity`) are listed in `problems` beside it, so that later checks can still run.
package struct JSONDocument: Sendable {
  package let root: JSONNode?
  package let problems: [JSONError]

  package init(
    _ bytes: [UInt8], dialect: JSONDialect, bytesMax: Int = JSONLimit.documentBytesMax
  ) {
    var reader = JSONReader(bytes: bytes, dialect: dialect)
    root = reader.document(bytesMax: bytesMax)
    problems = reader.problems.sorted { $0.position < $1.position }
  }
}

extension JSONNode {
  /// Reads a document that must be without mistakes; the first one is thrown.
  package init(
    reading bytes: [UInt8], dialect: JSONDialect = .strict,
    bytesMax: Int = JSONLimit.documentBytesMax
  ) throws(JSONError) {
    let document = JSONDocument(bytes, dialect: dialect, bytesMax: bytesMax)
    if let first = document.problems.first { throw first }
    guard let root = document.root else {
      preconditionFailure("a document without a tree lists a problem")
    }
    self = root
  }
}

extension JSONValue {
  /// Reads strict JSON that must be without mistakes; the first one is thrown.
  package init(
    reading bytes: [UInt8], dialect: JSONDialect = .strict,
    bytesMax: Int = JSONLimit.documentBytesMax
  ) throws(JSONError) {
    self.init(try JSONNode(reading: bytes, dialect: dialect, bytesMax: bytesMax))
  }
}

extension JSONValue {
  /// Reads strict JSON out of a text.
  package init(parsing text: String) throws(JSONError) { try self.init(reading: Array(text.utf8)) }
}
