/// Something that a contract promises and a provider was found to break.
package struct BrokenLaw: Error, CustomStringConvertible {
  package let description: String

  package init(_ law: String) { description = "broken law: \(law)" }
}

/// Says that a law holds, or throws it.
package func hold(_ law: String, _ isKept: Bool, _ found: Any? = nil) throws(BrokenLaw) {
  if isKept { return }
  throw BrokenLaw(found.map { "\(law); found \($0)" } ?? law)
}
