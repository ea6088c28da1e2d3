package import Resources
package import Rollouts

/// What the simulated drivers act upon: a journal with a lease, and the things that steps change.
///
/// Everything is checked as it happens; the first rule broken is kept in `violation`.
package struct SimulatedWorld: Sendable {
  package enum Thing: Sendable, Equatable {
    case clean
    /// An apply was cut off somewhere.
    case half
    case applied
  }

  package let definitions: [StepDefinition]
  package let destroying: Set<String>
  package private(set) var facts: [Fact] = []
  package private(set) var epoch = 0
  package private(set) var live: Colour = .blue
  package var things: [String: Thing] = [:]
  package var requests: [RequestRecord] = []
  package private(set) var destroyed: Set<String> = []
  package private(set) var violation: String?
  /// When each step was last applied, counted.
  private var applied: [String: Int] = [:]
  private var applyCount = 0

  package init(definitions: [StepDefinition], destroying: Set<String>) {
    self.definitions = definitions
    self.destroying = destroying
    for definition in definitions { things[definition.id] = .clean }
  }

  package mutating func takeLease() -> Int {
    epoch += 1
    return epoch
  }

  /// Appends a fact as one transaction; false when the writer's lease is not the newest.
  package mutating func append(
    _ fact: Fact, epoch writer: Int, live: Colour, answering request: Int?
  ) -> Bool {
    guard writer == epoch else { return false }
    facts.append(fact)
    self.live = live
    if let request { requests.removeAll { $0.id == request } }
    return true
  }

  package mutating func refuse(_ request: Int, epoch writer: Int) -> Bool {
    guard writer == epoch else { return false }
    requests.removeAll { $0.id == request }
    return true
  }

  package mutating func fail(_ what: String) {
    if violation == nil { violation = what }
  }

  /// A verb begins to change things.
  package mutating func begin(_ effect: Effect) {
    guard let id = effect.step, let definition = definitions.first(where: { $0.id == id }) else {
      return
    }
    switch effect {
    case .apply:
      for need in definition.after
      where things[need] != .applied && !isPassedOver(need) && !isGate(need)
        && !definition.closes.contains(need)
      {
        fail("\(id) is applied before \(need)")
      }
      for need in definition.after where isStale(need) {
        fail("\(id) is applied after \(need), which has not closed yet what was done anew")
      }
      if things[id] == .clean { things[id] = .half }
    case .undo:
      if !definition.closes.isEmpty { fail("\(id) closes others, and is undone") }
      let dependents = definitions.filter { $0.after.contains(id) && $0.closes.isEmpty }
      for other in dependents where things[other.id] != .clean && !isPassedOver(other.id) {
        fail("\(id) is undone before \(other.id)")
      }
      if destroyed.contains(id) { fail("\(id) is undone after the point of no return") }
      if things[id] == .applied { things[id] = .half }
    case .plan, .verify, .backOff, .complete, .concludeRollback: break
    }
  }

  package mutating func end(_ effect: Effect) {
    guard let id = effect.step else { return }
    switch effect {
    case .apply:
      things[id] = .applied
      applyCount += 1
      applied[id] = applyCount
    case .undo: things[id] = .clean
    case .plan, .verify, .backOff, .complete, .concludeRollback: break
    }
  }

  /// The irreversible change of a destroying step.
  package mutating func destroy(_ id: String) {
    if live != .green { fail("\(id) destroyed while \(live.rawValue) was live") }
    if !facts.contains(.crossed(step: id)) { fail("\(id) destroyed before it was recorded") }
    destroyed.insert(id)
  }

  /// Whether a person went on without the step.
  private func isPassedOver(_ id: String) -> Bool {
    facts.contains { fact in
      if case .skipped(let step, _) = fact { step == id } else { false }
    }
  }

  /// Whether a closing step was last done before something that it closes.
  private func isStale(_ id: String) -> Bool {
    guard let closing = definitions.first(where: { $0.id == id }), !isPassedOver(id) else {
      return false
    }
    // What a person decided may have been under way still, and end at any time.
    return closing.closes.contains {
      !isPassedOver($0) && !isGate($0) && applied[$0, default: 0] > applied[id, default: 0]
    }
  }

  /// What must hold after every transaction.
  package mutating func check(against machine: RolloutMachine) {
    if machine.live != live { fail("the journal says \(live), the machine \(machine.live)") }
    let promotion = machine.steps.first { $0.definition.promotes }
    if let promotion {
      let word = facts.last { fact in
        switch fact {
        case .verified(promotion.id, let verification): verification.verdict.isPassed
        case .undone(promotion.id): true
        default: false
        }
      }
      if (live == .green) != (word?.kind == "verified") {
        fail("\(live) is live while the promotion is \(promotion.state.word)")
      }
    }
    guard let outcome = machine.outcome else { return }
    switch outcome {
    case .completed:
      for (id, thing) in things where thing != .applied && !isPassedOver(id) && !isGate(id) {
        fail("completed, but \(id) is \(thing)")
      }
      for id in things.keys where isStale(id) { fail("completed, but \(id) has not closed all") }
    case .rolledBack:
      if live != .blue { fail("rolled back, but \(live) is live") }
      for (id, thing) in things where thing != .clean && !isPassedOver(id) && !isClosing(id) {
        fail("rolled back, but \(id) is \(thing)")
      }
      if !destroyed.isEmpty { fail("rolled back after destroying \(destroyed)") }
    }
  }

  private func isClosing(_ id: String) -> Bool {
    definitions.first { $0.id == id }?.closes.isEmpty == false
  }

  private func isGate(_ id: String) -> Bool {
    definitions.first { $0.id == id }?.isGate == true
  }
}
