import Resources
package import Rollouts

/// One seeded rollout with failures, delays, requests, crashes and rival drivers.
///
/// A storm of `stormTurns` turns is followed by calm weather and a patient operator, in which every
/// rollout must reach its end.
package struct Simulation {
  package private(set) var world: SimulatedWorld
  package private(set) var outcome: RolloutMachine.Outcome?
  package private(set) var machine: RolloutMachine
  private var chaos: Chaos
  private var now = Timestamp(milliseconds: 1_000_000)
  private var drivers: [SimulatedDriver] = []
  private var requestCount = 0

  private static let stormTurns = 120
  private static let calmTurns = 3000

  package init(seed: UInt64) {
    chaos = Chaos(seed: seed, failuresPercent: 0)
    chaos.failuresPercent = chaos.below(30)
    let (definitions, destroying) = Self.playbook(&chaos)
    world = SimulatedWorld(definitions: definitions, destroying: destroying)
    machine = RolloutMachine(definitions, from: .blue)
  }

  /// Runs to the end; what went wrong, if anything did.
  package mutating func run() -> String? {
    for _ in 0..<Self.stormTurns where world.violation == nil && outcome == nil { stormTurn() }
    chaos.failuresPercent = 0
    for _ in 0..<Self.calmTurns where world.violation == nil && outcome == nil { calmTurn() }
    if let violation = world.violation { return violation }
    guard outcome != nil else { return "no end was reached; at \(machine.steps.map(\.state))" }
    return afterTheEnd()
  }

  private mutating func stormTurn() {
    now = now + .milliseconds(chaos.below(30))
    if drivers.isEmpty || chaos.happens(3) {
      // A second driver while the first still believes in its lease.
      drivers.append(SimulatedDriver(world: &world, seed: chaos.seed()))
    }
    if chaos.happens(4) { drivers.remove(at: chaos.below(drivers.count)) }
    if chaos.happens(10) { ask() }
    turn()
    if chaos.happens(2), !drivers.isEmpty {
      drivers[chaos.below(drivers.count)].interrupt(&world)
    }
  }

  private mutating func calmTurn() {
    now = now + .milliseconds(400)
    if drivers.isEmpty {
      drivers.append(SimulatedDriver(world: &world, seed: chaos.seed()))
    }
    turn()
    guard let machine = drivers.last?.pilot.machine, machine.outcome == nil else { return }
    if machine.pause != nil, world.requests.isEmpty { submit(.resume(operatorWord)) }
    for step in machine.steps where world.requests.isEmpty {
      switch step.state {
      case .stopped(let phase, _):
        if (phase == .undo) == machine.isBackward {
          submit(.retry(step: step.id, operatorWord))
        }
      case .active(.apply, _) where step.definition.isGate:
        submit(.approve(step: step.id, operatorWord))
      case .active, .waiting, .backingOff, .done, .skipped, .undone, .left: break
      }
    }
  }

  private mutating func turn() {
    for index in drivers.indices where chaos.happens(85) {
      drivers[index].turn(at: now, world: &world, chaos: &chaos)
    }
    drivers.removeAll { !$0.isAlive }
    // The one with the newest lease knows everything that is in the journal.
    if let newest = drivers.max(by: { $0.epoch < $1.epoch }), newest.epoch == world.epoch {
      machine = newest.pilot.machine
      outcome = machine.outcome
    }
  }

  private var operatorWord: Person { Person(name: "op", role: "release", reason: "because") }

  private mutating func ask() {
    guard let step = world.definitions.randomElement(using: &chaos) else { return }
    switch chaos.below(9) {
    case 0: submit(.pause(operatorWord))
    case 1, 2: submit(.resume(operatorWord))
    case 3: submit(.retry(step: step.id, operatorWord))
    case 4: submit(.skip(step: step.id, operatorWord))
    case 5 where chaos.happens(30): submit(.rollback(operatorWord))
    case 6: submit(.reject(step: step.id, operatorWord))
    case let other where other > 4: submit(.approve(step: step.id, operatorWord))
    case _: break
    }
  }

  private mutating func submit(_ verb: RequestVerb) {
    requestCount += 1
    world.requests.append(
      RequestRecord(id: requestCount, rollout: "r", verb: verb, asked: now))
  }

  /// Replays the journal, and shows that nothing leaves a terminal state.
  private func afterTheEnd() -> String? {
    var replayed = RolloutMachine(world.definitions, from: .blue)
    do {
      for fact in world.facts { try replayed.replay(fact, at: SimulatedDriver.epochBegin) }
    } catch {
      return "the finished journal cannot be replayed: \(error)"
    }
    if replayed != machine { return "a replay gives another machine" }
    if !replayed.outstanding.isEmpty { return "an ended rollout has work to do" }
    let more: [Fact] = [
      .resumed(by: operatorWord), .rollbackRequested(by: operatorWord), .completed, .rolledBack,
      .paused(by: operatorWord), .undone(step: "s0"), .retried(step: "s0", by: operatorWord),
    ]
    for fact in more where (try? replayed.handle(fact)) != nil {
      return "an ended rollout took \(fact.kind)"
    }
    return nil
  }

  /// A random acyclic playbook: something to deploy, a promotion, perhaps a gate and a destruction.
  private static func playbook(_ chaos: inout Chaos) -> ([StepDefinition], Set<String>) {
    let count = 2 + chaos.below(6)
    let promoting = chaos.below(count)
    var destroying: Set<String> = []
    // Closing steps, and what they close.
    var closing: Set<String> = []
    var definitions: [StepDefinition] = []
    for index in 0..<count {
      var after = (0..<index).filter { _ in chaos.happens(40) }.map { "s\($0)" }
      let destroys = index > promoting && chaos.happens(40)
      if destroys {
        destroying.insert("s\(index)")
        if !after.contains("s\(promoting)") { after.append("s\(promoting)") }
      }
      let isClosing = index != promoting && !destroys && chaos.happens(20)
      let closes =
        isClosing
        ? (0..<index).filter { $0 != promoting && chaos.happens(60) }.map { "s\($0)" }
          .filter { !destroying.contains($0) && !closing.contains($0) } : []
      if !closes.isEmpty { closing.formUnion(closes + ["s\(index)"]) }
      after += closes.filter { !after.contains($0) }
      let isGate =
        index != promoting && !destroys && closes.isEmpty && chaos.happens(20)
      definitions.append(
        StepDefinition(
          id: "s\(index)", action: "simulated", after: after, attemptsMax: 1 + chaos.below(4),
          gateRule: isGate
            ? GateRule(role: "release", people: [], isCommentRequired: true) : nil,
          promotes: index == promoting, rollsBackOnFailure: chaos.happens(10),
          backOff: .milliseconds(20),
          timeLimit: chaos.happens(20) ? .milliseconds(25) : nil, closes: closes))
    }
    return (definitions, destroying)
  }
}

extension Chaos: RandomNumberGenerator {
  package mutating func next() -> UInt64 { seed() }
}
