import Resources

extension Driver {
  /// Runs one verb to its outcome; called in the verb's own task.
  static func perform(
    _ effect: Effect, step: String, machine: RolloutMachine, steps: any StepSource,
    journal: any Journal, rollout: String, hooks: VerbHooks,
    record: @escaping @Sendable () async -> RolloutRecordView
  ) async -> Pilot.Outcome {
    do throws(Failure) {
      let verbs = try steps.verbs(of: step, in: machine, record: record)
      let recorded = machine.step(step)
      switch effect {
      case .plan:
        let planned = try await verbs.plan()
        return .planned(plan: planned.plan, changes: planned.changes)
      case .apply:
        let checkpoint = try await checkpoint(of: step, rollout, journal)
        return .applied(
          try await verbs.apply(try plan(of: recorded), from: checkpoint, hooks: hooks))
      case .verify:
        return .verified(
          try await verbs.verify(
            try plan(of: recorded), report: recorded?.report ?? StepReport(), pace: hooks.pace))
      case .undo:
        let checkpoint = try await checkpoint(of: step, rollout, journal)
        try await verbs.undo(try plan(of: recorded), from: checkpoint, pace: hooks.pace)
        return .undone
      case .backOff, .complete, .concludeRollback:
        return .failed(.permanent("\(step) has nothing to perform", hint: "Report this bug."))
      }
    } catch {
      return .failed(error)
    }
  }

  private static func plan(of step: RolloutMachine.Step?) throws(Failure) -> String {
    guard let plan = step?.plan else {
      throw .permanent("the step has no recorded plan", hint: "Report this bug.")
    }
    return plan
  }

  private static func checkpoint(
    of step: String, _ rollout: String, _ journal: any Journal
  ) async throws(Failure) -> String? {
    do throws(JournalError) {
      return try await journal.checkpoint(of: step, in: rollout)
    } catch {
      throw error.failure
    }
  }

  func hooks(for effect: Effect, step: String, pace: Pace) -> VerbHooks {
    VerbHooks(
      pace: pace,
      save: { (text, isUrgent) async throws(Failure) in
        try await self.save(text, of: step, isUrgent: isUrgent)
      },
      cross: { [post] () async throws(Failure) in
        let isAllowed = await withCheckedContinuation { continuation in
          post.yieldOrResume(.cross(effect, continuation))
        }
        if !isAllowed { throw .cancelled }
      })
  }

  /// Writes a checkpoint, unless one was written a moment ago and this one can wait.
  private func save(_ text: String, of step: String, isUrgent: Bool) async throws(Failure) {
    let now = clock.now()
    if !isUrgent, let last = lastSaves[step], now < last + options.checkpointInterval { return }
    lastSaves[step] = now
    do throws(JournalError) {
      try await journal.save(
        checkpoint: secrets.redact(text), of: step, in: rollout.id, at: now, lease: lease)
    } catch {
      post.yield(.broken(error))
      throw error.failure
    }
  }
}

extension Driver.Signal {
  /// Answers whoever waits for an answer, when nobody will look at the signal any more.
  func decline() {
    switch self {
    case .cross(_, let answer): answer.resume(returning: false)
    case .note(_, _, let answer): answer.resume()
    case .tick, .ended, .interrupt, .broken: break
    }
  }
}

extension AsyncStream<Driver.Signal>.Continuation {
  /// Posts a signal that somebody waits on; a closed inbox declines at once.
  func yieldOrResume(_ signal: Driver.Signal) {
    switch yield(signal) {
    case .enqueued: break
    case .dropped(let signal): signal.decline()
    case .terminated: signal.decline()
    @unknown default: signal.decline()
    }
  }
}
