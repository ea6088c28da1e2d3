package import Resources
import Synchronization

/// Carries a rollout out: starts the verbs that should run, and writes down what came of them.
///
/// One loop writes every fact, in the order: journal, then machine, then the world. Verbs run beside
/// it as tasks and reach it only through its inbox. It may die at any moment; another driver with a
/// newer lease carries on from the journal.
package actor Driver {
  package struct Options: Sendable {
    /// How often requests are looked for, and the lease renewed when it is due.
    package var poll: Duration = .milliseconds(200)
    package var heartbeat: Duration = .seconds(2)
    /// At most one checkpoint of a step is written in this time, but for the last.
    package var checkpointInterval: Duration = .milliseconds(500)
    /// Ends the run instead of waiting when only people can move it on.
    package var leavesAtGates = false

    package init() {}
  }

  /// What the console and the tests hear about.
  package enum Event: Sendable {
    case fact(FactRecord, RolloutMachine)
    case reading(step: String, Pace.Reading)
    case refused(RequestRecord, because: String)
  }

  package enum Ending: Sendable, Equatable {
    case rest(Pilot.Rest)
    /// Only these gates are left to wait for.
    case waiting([String])
  }

  enum Signal: Sendable {
    case tick
    case ended(Effect, Pilot.Outcome)
    case cross(Effect, CheckedContinuation<Bool, Never>)
    case note(step: String, String, CheckedContinuation<Void, Never>)
    case interrupt(Person)
    case broken(JournalError)
  }

  private struct Verb: VerbHandle {
    let task: Task<Void, Never>
    let flag: StopFlag

    func stop() { flag.raise() }

    func cancel() {
      flag.raise()
      task.cancel()
    }

    func end() async { await task.value }
  }

  let rollout: RolloutRecord
  let journal: any Journal
  let lease: Lease
  let clock: any WallClock
  let options: Options
  let secrets: Secrets
  private let steps: any StepSource
  private let observer: @Sendable (Event) -> Void
  private let inbox: AsyncStream<Signal>
  let post: AsyncStream<Signal>.Continuation
  var pilot: Pilot
  var lastSaves: [String: Timestamp] = [:]
  private let isTickPending = AtomicFlag()
  private var renewed: Timestamp
  private var broken: JournalError?

  package init(
    _ rollout: RolloutRecord, pilot: Pilot, steps: any StepSource, journal: any Journal,
    lease: Lease, clock: any WallClock, secrets: Secrets, options: Options,
    observer: @escaping @Sendable (Event) -> Void
  ) {
    self.rollout = rollout
    self.pilot = pilot
    self.steps = steps
    self.journal = journal
    self.lease = lease
    self.clock = clock
    self.secrets = secrets
    self.options = options
    self.observer = observer
    renewed = clock.now()
    (inbox, post) = AsyncStream.makeStream()
  }

  /// Drives until the rollout ends, rests or, if asked to, waits for people only.
  ///
  /// Throws when the journal cannot be written or the lease is lost; every verb has been stopped
  /// then, and nothing more was recorded. Called once.
  package func run() async throws(JournalError) -> Ending {
    let ticker = Task { [clock, poll = options.poll, post, isTickPending] in
      while !Task.isCancelled {
        do { try await clock.sleep(for: poll) } catch { return }
        // One tick in the inbox is enough, however slow the journal is.
        if !isTickPending.exchange(true) { post.yield(.tick) }
      }
    }
    let result: Result<Ending, JournalError>
    do {
      result = .success(try await loop())
    } catch {
      result = .failure(error)
    }
    ticker.cancel()
    await stopEverything()
    return try result.get()
  }

  /// The first Ctrl-C: pause at the next checkpoints.
  package nonisolated func interrupt(by person: Person) { post.yield(.interrupt(person)) }

  /// The second Ctrl-C: cancel every verb now; the journal already says where to carry on.
  package nonisolated func abandon() {
    post.yield(.broken(.storage(.cancelled)))
  }

  private func loop() async throws(JournalError) -> Ending {
    try await housekeep()
    var signals = inbox.makeAsyncIterator()
    while true {
      try await settle()
      await carryOutOrders()
      if let rest = pilot.rest { return .rest(rest) }
      if options.leavesAtGates, pilot.waitsForPeopleOnly {
        return .waiting(pilot.running.keys.sorted())
      }
      guard let signal = await signals.next(isolation: self) else {
        return .rest(.stopped([]))
      }
      try await take(signal)
      if let broken { throw broken }
    }
  }

  private func take(_ signal: Signal) async throws(JournalError) {
    switch signal {
    case .tick:
      _ = isTickPending.exchange(false)
      try await housekeep()
    case .ended(let effect, let outcome):
      for entry in pilot.ended(effect, with: outcome, at: clock.now()) { try await write(entry) }
    case .cross(let effect, let answer):
      guard let step = effect.step, pilot.mayCross(effect) else {
        answer.resume(returning: false)
        return
      }
      do {
        if pilot.machine.step(step)?.hasCrossed != true {
          try await write(.record(.crossed(step: step), answering: nil))
        }
        answer.resume(returning: true)
      } catch {
        answer.resume(returning: false)
        throw error
      }
    case .note(let step, let text, let answer):
      defer { answer.resume() }
      guard pilot.machine.outcome == nil else { return }
      try await write(.record(.noted(step: step, text: text), answering: nil))
    case .interrupt(let person):
      for entry in pilot.interrupted(by: person) { try await write(entry) }
    case .broken(let error): broken = error
    }
  }

  /// Renews the lease when it is due and looks for requests.
  private func housekeep() async throws(JournalError) {
    let now = clock.now()
    if now >= renewed + options.heartbeat {
      try await journal.renew(lease, at: now)
      renewed = now
    }
    for request in try await journal.pendingRequests(for: rollout.id) {
      let entry = pilot.answer(request)
      if case .refuse(_, let reason) = entry { observer(.refused(request, because: reason)) }
      try await write(entry)
    }
  }

  private func settle() async throws(JournalError) {
    while true {
      let now = clock.now()
      let due = pilot.due(at: now) + pilot.warnings(at: now)
      if due.isEmpty { return }
      for entry in due { try await write(entry) }
    }
  }

  /// Journal first, then the machine; what follows from it is started afterwards.
  private func write(_ entry: Pilot.Entry) async throws(JournalError) {
    let now = clock.now()
    switch entry {
    case .refuse(let request, let reason):
      try await journal.refuse(request: request, because: reason, at: now, lease: lease)
    case .record(let unsafe, let request):
      let fact = unsafe.redacted(by: secrets)
      var next = pilot.machine
      do {
        try next.replay(fact)
      } catch {
        throw .storage(.permanent("\(error.because): \(fact.kind)", hint: "Report this bug."))
      }
      for step in next.begunAnew(since: pilot.machine) {
        try await journal.save(checkpoint: nil, of: step, in: rollout.id, at: now, lease: lease)
      }
      let flip = next.live == pilot.machine.live ? nil : next.live
      let record = try await journal.append(
        fact, to: rollout.id, at: now, live: flip, answering: request, lease: lease)
      do { try pilot.recorded(fact, at: record.at) } catch {
        throw .storage(.permanent("\(error.because): \(fact.kind)", hint: "Report this bug."))
      }
      observer(.fact(record, pilot.machine))
    }
  }

  private func carryOutOrders() async {
    for order in pilot.orders(at: clock.now()) {
      switch order {
      case .start(let effect): start(effect)
      case .stop(let step): pilot.handle(of: step)?.stop()
      case .cancel(let step): pilot.handle(of: step)?.cancel()
      }
    }
  }

  private func start(_ effect: Effect) {
    guard let step = effect.step else { return }
    let flag = StopFlag()
    let machine = pilot.machine
    let pace = pace(for: step, flag: flag)
    let hooks = hooks(for: effect, step: step, pace: pace)
    let task = Task { [steps, journal, rollout, post] in
      let outcome = await Self.perform(
        effect, step: step, machine: machine, steps: steps, journal: journal,
        rollout: rollout.id, hooks: hooks, record: { await self.pilot.machine.view })
      post.yield(.ended(effect, outcome))
    }
    pilot.started(effect, as: Verb(task: task, flag: flag))
  }

  private func pace(for step: String, flag: StopFlag) -> Pace {
    Pace(
      clock: clock, isAskedToStop: { flag.isRaised },
      show: { [observer, secrets] reading in
        observer(.reading(step: step, reading.redacted(by: secrets)))
      },
      record: { [post] (text) async throws(Failure) in
        await withCheckedContinuation { post.yieldOrResume(.note(step: step, text, $0)) }
      }, retriedAt: pilot.machine.step(step)?.retriedAt)
  }

  /// Cancels what runs and waits for it, so that nothing of ours acts after `run` returned.
  private func stopEverything() async {
    let left = pilot.running.values.compactMap(\.handle)
    for verb in left { verb.cancel() }
    post.finish()
    // Whoever asked something in the meantime gets a no.
    for await signal in inbox { signal.decline() }
    for verb in left { await verb.end() }
  }
}

/// A boolean that two tasks may touch.
final class AtomicFlag: Sendable {
  private let value = Atomic(false)
  func exchange(_ new: Bool) -> Bool { value.exchange(new, ordering: .acquiringAndReleasing) }
}

/// Tells a verb to stop; raised once, never lowered.
final class StopFlag: Sendable {
  private let raised = Atomic(false)
  var isRaised: Bool { raised.load(ordering: .acquiring) }
  func raise() { raised.store(true, ordering: .releasing) }
}
