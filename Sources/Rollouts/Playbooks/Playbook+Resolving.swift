package import JSON
package import Resources

// What the driver needs of a playbook: steps for the machine, inputs for the actions.

extension Playbook {
  /// What the machine is made of; the gates' rules are read with `from` as the live colour.
  package func definitions(
    in actions: ActionCatalog, from: Colour
  ) throws(Failure) -> [StepDefinition] {
    var definitions: [StepDefinition] = []
    for step in steps {
      guard let action = actions.action(named: step.uses) else {
        throw .permanent(
          "step \(step.id) uses '\(step.uses)', which this program does not have",
          hint: "Carry on with the version that began the rollout.")
      }
      let rule = try action.gateRule(of: try input(of: step.id, from: from, outputs: nil))
      definitions.append(
        StepDefinition(
          id: step.id, action: step.uses, after: step.after, attemptsMax: step.attempts,
          gateRule: rule, promotes: step.promotes, rollsBackOnFailure: step.rollsBackOnFailure,
          backOff: step.backOff.duration, timeLimit: step.timeLimit?.duration,
          closes: step.closes, deadline: step.deadline))
    }
    return definitions
  }

  /// A step's input with its references resolved; those to secrets stay in place.
  ///
  /// `outputs` gives what earlier steps have reported. Throws when one of them is missing or does
  /// not fit.
  package func input(
    of step: String, from: Colour, outputs: @escaping (_ step: String, _ name: String) -> String?
  ) throws(Failure) -> JSONValue {
    try input(of: step, from: from, outputs: Optional(outputs))
  }

  /// A step's input as far as it is known before the run; `unknown` stands for outputs.
  ///
  /// A resource that is nothing but an output is `output://output`.
  package func foreseenInput(
    of step: String, from: Colour, unknown: String
  ) throws(Failure) -> JSONValue {
    try input(of: step, from: from, outputs: nil, unknown: unknown)
  }

  /// Without `outputs`, values that would do stand in for them.
  private func input(
    of id: String, from: Colour, outputs: ((_ step: String, _ name: String) -> String?)?,
    unknown: String = "output"
  ) throws(Failure) -> JSONValue {
    guard let step = step(id) else {
      throw .permanent(
        "the playbook has no step '\(id)'",
        hint: "Carry on with the version that began the rollout.")
    }
    return try fitted(
      step.input, step.fields, from: from, outputs: outputs, unknown: unknown, "step \(id)")
  }

  /// An invariant's input with its references resolved, as for a step.
  package func input(
    of invariant: PlaybookInvariant, from: Colour,
    outputs: @escaping (_ step: String, _ name: String) -> String?
  ) throws(Failure) -> JSONValue {
    try fitted(
      invariant.input, invariant.fields, from: from, outputs: outputs, unknown: "output",
      "the invariant \(invariant.name)")
  }

  private func fitted(
    _ input: JSONValue, _ fields: [InputField], from: Colour,
    outputs: ((_ step: String, _ name: String) -> String?)?, unknown: String, _ title: String
  ) throws(Failure) -> JSONValue {
    var scope = scope
    scope.from = from
    scope.standIn = outputs == nil ? unknown : nil
    if let outputs { scope.outputs = outputs }
    let value = try resolved(input, as: .object(fields), in: scope, title)
    guard outputs != nil else { return value }
    let rule = FieldRule(kind: .object(fields), resources: nil)
    if let problem = rule.problem(with: value) {
      throw .permanent(
        "the input of \(title) does not do: \(problem)",
        hint: "Look at the outputs of the steps that it refers to.")
    }
    return value
  }

  /// What a person who watches reads of a step; what only the run will tell stays a reference.
  package func title(of step: Step, from: Colour) -> String? {
    guard let title = step.title else { return nil }
    var scope = scope
    scope.from = from
    guard case .value(let value) = scope.evaluate(Template(title)) else { return title }
    return value.splicedText ?? title
  }

  /// How the outside shows which colour is live; nil without a `live` section.
  package func liveIndicator() throws(Failure) -> LiveIndicator? {
    guard let live else { return nil }
    var sections: [Colour: JSONValue] = [:]
    for colour in Colour.allCases {
      var scope = scope
      scope.color = colour
      sections[colour] = try resolved(
        live, as: .object(PlaybookFields.live), in: scope, "the section 'live'")
    }
    guard let blue = sections[.blue], let green = sections[.green] else { return nil }
    return try LiveIndicator(blue: blue, green: green)
  }

  var scope: Scope {
    var scope = Scope()
    scope.environment = environment
    scope.folder = folder
    scope.parameters = Self.table(parameters)
    scope.colours = [.blue: Self.table(blue), .green: Self.table(green)]
    return scope
  }

  private static func table(_ members: [JSONValue.Member]) -> [UTF8Key: JSONValue] {
    Dictionary(
      members.map { (UTF8Key($0.name), $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  func resolved(
    _ value: JSONValue, as kind: InputField.Kind?, in scope: Scope, _ place: String
  ) throws(Failure) -> JSONValue {
    do throws(Scope.Unresolved) {
      return try scope.resolved(value, as: kind)
    } catch {
      throw .permanent(
        "\(place): \(error.message)",
        hint: "Look at the outputs of the steps that it refers to.")
    }
  }
}
