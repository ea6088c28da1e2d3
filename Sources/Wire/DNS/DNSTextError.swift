/// What is wrong with a name or record data in the text form of RFC 1035.
package struct DNSTextError: Error, Equatable, CustomStringConvertible {
  package let description: String

  package init(_ description: String) { self.description = description }
}
