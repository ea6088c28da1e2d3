/// A test's own surroundings failed: a server that did not start, a tool that is missing.
package struct HarnessError: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
