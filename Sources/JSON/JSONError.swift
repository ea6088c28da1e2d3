/// One mistake in a document: what was expected, what is there instead, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  package let message: String
  package let position: JSONPosition
  /// The other place that the mistake is about, as the first of two keys with one name.
  package let related: JSONPosition?

  package init(_ message: String, at position: JSONPosition, related: JSONPosition? = nil) {
    self.message = message
    self.position = position
    self.related = related
  }

  package var description: String { "\(position): \(message)" }
}
