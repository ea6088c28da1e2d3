package import JSON
package import Resources

/// Whether a step is carried out at all; one that is left out counts as done.
///
/// Three answers are possible, since "cannot tell" is never "no": yes, no, and a failure.
package struct StepCondition: Sendable {
  /// With references unresolved.
  package let value: JSONValue
  /// What means yes; nil where all means yes that does not mean no.
  let accepted: [String]?
  /// What means no; nil where all means no that does not mean yes.
  let refused: [String]?

  /// Reads what was checked: `true`, a text that will read so, or an object.
  init(_ node: JSONNode) {
    guard node.members != nil else {
      value = JSONValue(node)
      accepted = ["true"]
      refused = ["false"]
      return
    }
    let texts = { (name: String) in node[name]?.elements?.compactMap { $0.string } }
    value = node["value"].map { JSONValue($0) } ?? .null
    accepted = texts("is")
    refused = texts("isNot")
  }

  /// Nil where `text` means neither yes nor no.
  func isMet(by text: String) -> Bool? {
    func holds(_ list: [String]) -> Bool { list.contains { $0.hasSameBytes(as: text) } }
    switch (accepted, refused) {
    case (let accepted?, let refused?): return holds(accepted) ? true : holds(refused) ? false : nil
    case (let accepted?, nil): return holds(accepted)
    case (nil, let refused?): return !holds(refused)
    case (nil, nil): return nil
    }
  }
}

extension Playbook {
  /// Why a step is left out; nil where it is carried out.
  ///
  /// `outputs` gives what earlier steps have reported. Throws when one is missing, and when the
  /// condition's value means neither yes nor no.
  package func omission(
    of id: String, from: Colour, outputs: @escaping (_ step: String, _ name: String) -> String?
  ) throws(Failure) -> String? {
    guard let condition = step(id)?.condition else { return nil }
    var scope = scope
    scope.from = from
    scope.outputs = outputs
    let value = try resolved(condition.value, as: nil, in: scope, "the condition of step \(id)")
    let text = value.splicedText
    guard let text, let isMet = condition.isMet(by: text) else {
      throw .refused(
        "nobody can tell whether step \(id) is wanted: its condition gives "
          + "\(text.map { "'\($0)'" } ?? value.noun)",
        hint: "Look at the steps that it refers to; then 'cutover retry \(id)', or 'cutover skip "
          + "\(id) --reason …'.")
    }
    return isMet ? nil : "its condition gives '\(text)'"
  }
}
