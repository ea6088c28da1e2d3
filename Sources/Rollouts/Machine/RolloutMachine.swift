package import Resources

/// Decides what a rollout does next; holds no clock, no file and no socket.
///
/// The driver writes a ``Fact`` into the journal, hands it to ``handle(_:)`` and carries out what
/// ``outstanding`` then names. Replaying the journal through a fresh machine gives an equal machine,
/// so that starting, carrying on and rolling back after a crash are one and the same code.
///
/// A fact that does not fit throws ``InvalidFact`` and changes nothing: journals outlive programs.
package struct RolloutMachine: Sendable, Equatable {
  /// One step with what the facts have said about it.
  package struct Step: Sendable, Equatable {
    package let definition: StepDefinition
    package internal(set) var state: StepState = .waiting
    /// What `apply` and `undo` work with; nil until the step is reached.
    package internal(set) var plan: String?
    package internal(set) var changes: [String] = []
    package internal(set) var report: StepReport?
    /// Whether it did something that cannot be undone.
    package internal(set) var hasCrossed = false
    /// How often a person has asked to try it again.
    package internal(set) var retries = 0
    /// When a person last did so.
    package internal(set) var retriedAt: Timestamp?

    package var id: String { definition.id }

    /// Whether rolling back has to look at the step; nothing is changed before a plan is recorded.
    ///
    /// What a closing step tidied up is undone with the steps that it closes.
    package var isTouched: Bool {
      plan != nil && state != .undone && state != .left && definition.closes.isEmpty
    }

    /// Why it was left out when it was reached; nil where it was not.
    package var omission: String? { plan.flatMap { StepOmission(plan: $0)?.reason } }

    /// Whether it waits for a person's word; one that is left out asks nobody.
    package var isGate: Bool { definition.isGate && omission == nil }

    package var isSettledForward: Bool { state == .done || state == .skipped }
  }

  package enum Direction: Sendable, Equatable {
    case forward
    case backward(Person)
  }

  package enum Outcome: String, Sendable, Equatable {
    case completed
    case rolledBack = "rolled-back"
  }

  package struct InvalidFact: Error, Equatable {
    package let fact: Fact
    package let because: String
  }

  package internal(set) var steps: [Step]
  package internal(set) var direction: Direction = .forward
  /// Who paused the rollout, while it is paused.
  package internal(set) var pause: Person?
  package internal(set) var outcome: Outcome?
  /// How much steps may write to one table in a second, whatever the playbook allows besides.
  package internal(set) var writeRateMax: Int?
  package internal(set) var isStarted = false
  /// When steps first changed something, for those that start a clock.
  package internal(set) var begun: [String: Timestamp] = [:]
  package let from: Colour
  package internal(set) var live: Colour

  /// A machine at the beginning of a rollout from the live colour.
  package init(_ definitions: [StepDefinition], from: Colour) {
    steps = definitions.map { Step(definition: $0) }
    self.from = from
    live = from
  }

  package var to: Colour { from.other }

  package var isBackward: Bool {
    switch direction {
    case .forward: false
    case .backward: true
    }
  }

  /// The step that made going back impossible, if one did.
  package var pointOfNoReturn: Step? { steps.first { $0.hasCrossed } }

  package func step(_ id: String) -> Step? { steps.first { $0.id == id } }

  /// Applies a recorded fact and returns the effects that it newly calls for.
  @discardableResult
  package mutating func handle(_ fact: Fact) throws(InvalidFact) -> [Effect] {
    let before = Set(outstanding)
    try apply(fact)
    return outstanding.filter { !before.contains($0) }
  }

  /// Applies a fact without comparing effects, and without a time: to see what would come of it.
  package mutating func replay(_ fact: Fact) throws(InvalidFact) { try apply(fact) }

  /// Applies a recorded fact with the time at which the journal has it.
  package mutating func replay(_ fact: Fact, at moment: Timestamp) throws(InvalidFact) {
    try apply(fact)
    startClocks(fact, at: moment)
    noteRetry(fact, at: moment)
  }

  private mutating func noteRetry(_ fact: Fact, at moment: Timestamp) {
    guard case .retried(let id, _) = fact, let index = steps.firstIndex(where: { $0.id == id })
    else { return }
    steps[index].retriedAt = moment
  }
}
