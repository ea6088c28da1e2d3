package import JSON
package import Resources

/// Whether a step is carried out at all; one that is left out counts as done.
///
/// Three answers are possible, since "cannot tell" is never "no": yes, no, and a failure.
package struct StepCondition: Sendable {
  /// One thing that must be so.
  package struct Clause: Sendable {
    /// The name in the section 'conditions', for messages; nil for one of the step's own.
    let name: String?
    /// With references unresolved.
    package let value: JSONValue
    /// What means yes; nil where all means yes that does not mean no.
    let accepted: [String]?
    /// What means no; nil where all means no that does not mean yes.
    let refused: [String]?
    /// Whether its opposite is wanted.
    let isNegated: Bool
  }

  /// All must be so; they are looked at in order, up to the first that is not.
  package let clauses: [Clause]
}

extension StepCondition.Clause {
  /// How a name says that its opposite is meant.
  static let negation: Character = "!"

  /// Reads what was checked: `true`, a text that will read so, or an object.
  init(_ node: JSONNode, name: String? = nil, isNegated: Bool = false) {
    self.name = name
    self.isNegated = isNegated
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
    let isMet: Bool? =
      switch (accepted, refused) {
      case (let accepted?, let refused?): holds(accepted) ? true : holds(refused) ? false : nil
      case (let accepted?, nil): holds(accepted)
      case (nil, let refused?): !holds(refused)
      case (nil, nil): nil
      }
    return isMet.map { $0 != isNegated }
  }

  var title: String { name.map { "the condition '\($0)'" } ?? "its condition" }
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
    for clause in condition.clauses {
      let value = try resolved(clause.value, as: nil, in: scope, "the condition of step \(id)")
      let text = value.splicedText
      guard let text, let isMet = clause.isMet(by: text) else {
        throw .refused(
          "nobody can tell whether step \(id) is wanted: \(clause.title) gives "
            + "\(text.map { "'\($0)'" } ?? value.noun)",
          hint: "Look at the steps that it refers to; then 'cutover retry \(id)', or 'cutover skip "
            + "\(id) --reason …'.")
      }
      if !isMet { return "\(clause.title) gives '\(text)'" }
    }
    return nil
  }
}
