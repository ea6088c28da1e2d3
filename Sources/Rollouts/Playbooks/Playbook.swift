package import JSON
package import Resources

/// A playbook as it was read and checked; references stand in it still, resolved when needed.
///
/// The journal keeps the text, the parameters given, and the frozen colours; reading them again
/// gives an equal playbook, so a changed file never changes a running rollout.
package struct Playbook: Sendable {
  /// One entry of `steps`, with its defaults filled in.
  package struct Step: Sendable {
    package let id: String
    package let uses: String
    package let title: String?
    package let after: [String]
    /// With references unresolved.
    package let input: JSONValue
    package let attempts: Int
    package let backOff: PlaybookDuration
    package let timeLimit: PlaybookDuration?
    package let rollsBackOnFailure: Bool
    package let promotes: Bool
    package let position: JSONPosition
    /// Whether it is carried out at all; nil is always.
    package let condition: StepCondition?
    /// The steps after which it tidies up, whatever became of them.
    package let closes: [String]
    package let deadline: StepDeadline?
    /// The invariants that must hold before its first change.
    package let before: [String]
    /// The invariants that must hold when it is done.
    package let afterwards: [String]
    /// What the action's input may hold; the values of references are fitted to it.
    package let fields: [InputField]

    package init(
      id: String, uses: String, title: String?, after: [String], input: JSONValue,
      attempts: Int, backOff: PlaybookDuration, timeLimit: PlaybookDuration?,
      rollsBackOnFailure: Bool, promotes: Bool, position: JSONPosition,
      condition: StepCondition? = nil, closes: [String] = [], deadline: StepDeadline? = nil,
      before: [String] = [], afterwards: [String] = [], fields: [InputField] = []
    ) {
      self.id = id
      self.uses = uses
      self.title = title
      self.after = after
      self.input = input
      self.attempts = attempts
      self.backOff = backOff
      self.timeLimit = timeLimit
      self.rollsBackOnFailure = rollsBackOnFailure
      self.promotes = promotes
      self.position = position
      self.condition = condition
      self.closes = closes
      self.deadline = deadline
      self.before = before
      self.afterwards = afterwards
      self.fields = fields
    }

    /// Whether anything of it is known only when earlier steps have run.
    package var needsOutputs: Bool {
      let mark = "${steps."
      return input.text.contains(mark)
        || condition?.clauses.contains { $0.value.text.contains(mark) } == true
    }
  }

  /// Declared parameters with the values that hold in this rollout.
  package let parameters: [JSONValue.Member]
  /// Those of them that were given when the rollout was started; the journal keeps these.
  package let given: [JSONValue.Member]
  package let environment: String
  package let description: String?
  package let blue: [JSONValue.Member]
  package let green: [JSONValue.Member]
  package let steps: [Step]
  /// The `live` section with references unresolved: zone, name, type, value, stack.
  package let live: JSONValue?
  /// Who is told what happens.
  package let notify: [NotifyChannel]
  package let invariants: [PlaybookInvariant]
  /// The folder of its file, from the root, where relative paths begin; nil without a file.
  package var folder: String?

  package init(
    environment: String, description: String? = nil, parameters: [JSONValue.Member],
    given: [JSONValue.Member] = [], blue: [JSONValue.Member], green: [JSONValue.Member],
    steps: [Step], live: JSONValue?, notify: [NotifyChannel] = [],
    invariants: [PlaybookInvariant] = []
  ) {
    self.environment = environment
    self.description = description
    self.parameters = parameters
    self.given = given
    self.blue = blue
    self.green = green
    self.steps = steps
    self.live = live
    self.notify = notify
    self.invariants = invariants
  }

  package func values(of colour: Colour) -> [JSONValue.Member] {
    switch colour {
    case .blue: blue
    case .green: green
    }
  }

  package func step(_ id: String) -> Step? { steps.first { $0.id == id } }

  package func invariant(_ name: String) -> PlaybookInvariant? {
    invariants.first { $0.name.hasSameBytes(as: name) }
  }
}
