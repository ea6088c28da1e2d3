package import Resources
package import Rollouts

/// One driver process of the simulation: a pilot, a lease, and the verbs that it has under way.
package struct SimulatedDriver: Sendable {
  struct Verb: Sendable {
    let effect: Effect
    var endsAt: Timestamp
    var isStopping = false
    var hasCrossed = false
  }

  /// No step of the simulation has a clock.
  static let epochBegin = Timestamp(milliseconds: 0)

  package let epoch: Int
  package private(set) var pilot: Pilot
  private var verbs: [String: Verb] = [:]
  package private(set) var isAlive = true

  /// Takes the lease and replays the journal, as a process does that carries a rollout on.
  package init(world: inout SimulatedWorld, seed: UInt64) {
    epoch = world.takeLease()
    var machine = RolloutMachine(world.definitions, from: .blue)
    for fact in world.facts {
      do {
        try machine.replay(fact, at: Self.epochBegin)
      } catch {
        world.fail("the journal cannot be replayed: \(error)")
      }
    }
    pilot = Pilot(machine, seed: seed)
    if world.facts.isEmpty {
      write(.record(.started(by: .playbook("simulation")), answering: nil), &world)
    }
  }

  /// One turn of the driver's loop; faults come from `chaos`.
  package mutating func turn(
    at now: Timestamp, world: inout SimulatedWorld, chaos: inout Chaos
  ) {
    if let request = world.requests.first { write(pilot.answer(request), &world) }
    finishVerbs(at: now, &world, &chaos)
    var due = pilot.due(at: now)
    while isAlive, !due.isEmpty {
      for entry in due { write(entry, &world) }
      due = isAlive ? pilot.due(at: now) : []
    }
    guard isAlive else { return }
    for order in pilot.orders(at: now) {
      switch order {
      case .start(let effect):
        guard let step = effect.step else { continue }
        if verbs[step] != nil { world.fail("two verbs of \(step) at once") }
        if epoch == world.epoch { world.begin(effect) }
        verbs[step] = Verb(effect: effect, endsAt: now + .milliseconds(chaos.below(40)))
      case .stop(let step), .cancel(let step):
        verbs[step]?.isStopping = true
        verbs[step]?.endsAt = now + .milliseconds(chaos.below(3))
      }
    }
  }

  package mutating func interrupt(_ world: inout SimulatedWorld) {
    for entry in pilot.interrupted(by: Person(name: "op", reason: "ctrl-c")) {
      write(entry, &world)
    }
  }

  private mutating func finishVerbs(
    at now: Timestamp, _ world: inout SimulatedWorld, _ chaos: inout Chaos
  ) {
    for (step, verb) in verbs.sorted(by: { $0.key < $1.key })
    where isAlive && now >= verb.endsAt {
      if world.destroying.contains(step), case .apply = verb.effect, !verb.hasCrossed,
        !verb.isStopping
      {
        cross(step, verb, at: now, &world, &chaos)
        continue
      }
      verbs[step] = nil
      let outcome = result(of: verb, &world, &chaos)
      for entry in pilot.ended(verb.effect, with: outcome, at: now) { write(entry, &world) }
    }
  }

  private mutating func cross(
    _ step: String, _ verb: Verb, at now: Timestamp, _ world: inout SimulatedWorld,
    _ chaos: inout Chaos
  ) {
    guard pilot.mayCross(verb.effect) else {
      verbs[step]?.isStopping = true
      return
    }
    write(.record(.crossed(step: step), answering: nil), &world)
    guard isAlive else { return }
    world.destroy(step)
    verbs[step]?.hasCrossed = true
    verbs[step]?.endsAt = now + .milliseconds(chaos.below(10))
  }

  private func result(
    of verb: Verb, _ world: inout SimulatedWorld, _ chaos: inout Chaos
  ) -> Pilot.Outcome {
    if verb.isStopping, chaos.happens(80) { return .failed(.cancelled) }
    if chaos.fails() {
      return .failed(
        chaos.happens(70)
          ? .transient("slow", hint: "") : .permanent("broken", hint: ""))
    }
    // A driver whose lease is gone has cancelled its verbs before anybody could take over.
    if epoch == world.epoch { world.end(verb.effect) }
    switch verb.effect.phase {
    case .plan: return .planned(plan: "{}", changes: [])
    case .apply: return .applied(StepReport())
    case .verify:
      if chaos.fails() { return .verified(Verification(.failed("bad"))) }
      if chaos.fails() { return .verified(Verification(.inconclusive("who knows"))) }
      return .verified(Verification(.passed("")))
    case .undo: return .undone
    case nil: return .failed(.cancelled)
    }
  }

  private mutating func write(_ entry: Pilot.Entry, _ world: inout SimulatedWorld) {
    guard isAlive else { return }
    switch entry {
    case .refuse(let request, _):
      isAlive = world.refuse(request, epoch: epoch)
    case .record(let fact, let request):
      var next = pilot.machine
      do {
        try next.replay(fact)
      } catch {
        world.fail("the pilot recorded what its machine refuses: \(error)")
      }
      guard world.append(fact, epoch: epoch, live: next.live, answering: request) else {
        isAlive = false
        return
      }
      do { try pilot.recorded(fact, at: Self.epochBegin) } catch { world.fail("\(error)") }
      world.check(against: pilot.machine)
    }
  }
}
