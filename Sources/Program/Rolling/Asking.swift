internal import Resources
internal import Rollouts

/// Carries a person's word to whoever drives the rollout, or acts on it here if nobody does.
struct Asking {
  let context: Context
  let option: JournalOption
  let environment: String?
  let drive: DriveOptions
  let login: String
  /// Whether the command goes on to drive when nobody else does.
  let becomesDriver: Bool
  var wantsRollback = false

  func ask(_ make: (RolloutRecord) throws -> RequestVerb) async throws -> Int32 {
    let journal = try await option.open(.write, in: context)
    let selection = try await Selection.open(in: environment, of: journal)
    let record = selection.record
    try await checkWriteRate(record, journal)
    let verb = try make(record)
    let request = try await journal.submit(
      verb, to: record.id, at: context.wiring.clock.now())
    let next = NextCommand(
      journal: option, environment: selection.needsEnvironment ? record.environment : nil)
    let inquiry = Inquiry(journal: journal, wiring: context.wiring)
    if let answer = try await inquiry.answer(to: request, in: record.environment) {
      return try await report(answer, verb, record, journal, next).rawValue
    }
    return try await act(on: request, verb, record, journal, next).rawValue
  }

  /// Whoever drives keeps the limit that it began with; another is for the next one.
  private func checkWriteRate(_ record: RolloutRecord, _ journal: any Journal) async throws {
    guard drive.writeRate.unitsPerSecond != nil else { return }
    _ = try drive.writeRate.limit
    guard becomesDriver, try await !Helm.isDriven(record.environment, in: journal) else {
      throw Refusal(
        .usage, "--max-write-rate is for the command that goes on to drive",
        hint: "Let the driver stop with 'cutover pause', then 'cutover resume --max-write-rate N'.")
    }
  }

  /// A living driver has answered, or has not looked in time.
  private func report(
    _ answer: Inquiry.Answer, _ verb: RequestVerb, _ record: RolloutRecord,
    _ journal: any Journal, _ next: NextCommand
  ) async throws -> ExitCode {
    switch answer {
    case .done:
      let driver = try await journal.lease(on: record.environment).map { "\($0.holder)" }
      try await show(verb, record, journal, next, driver: driver)
      return .done
    case .refused(let reason):
      throw Refusal(
        .usage, "\(verb.kind) is not possible: \(reason)",
        hint: "See where it stands with '\(next("status"))'.")
    case .none:
      throw Refusal(
        .held, "the driver of \(record.environment) has not answered yet",
        hint: "The request stays recorded and is answered as soon as it looks; see "
          + "'\(next("status"))'.")
    }
  }

  /// Nobody drives: take the lease, answer, and perhaps go on.
  private func act(
    on request: Int, _ verb: RequestVerb, _ record: RolloutRecord, _ journal: any Journal,
    _ next: NextCommand
  ) async throws -> ExitCode {
    let helm = try await Helm.take(
      record.environment, of: journal, as: login, clock: context.wiring.clock,
      isForced: drive.takeOver)
    let inquiry = Inquiry(journal: journal, wiring: context.wiring)
    do {
      // Judged after all answers: the same may have been asked by somebody who was killed then.
      let loaded = try await inquiry.answerAll(
        try await LoadedRollout.load(record, from: journal, wiring: context.wiring),
        lease: helm.lease)
      if case .refused(let reason) = try await inquiry.read(request), !isIdle(verb, loaded) {
        throw Refusal(
          .usage, "\(verb.kind) is not possible: \(reason)",
          hint: "See where it stands with '\(next("status"))'.")
      }
    } catch {
      try? await journal.release(helm.lease)
      throw error
    }
    guard becomesDriver else {
      try await note(helm, record, journal)
      try await journal.release(helm.lease)
      try await show(verb, record, journal, next, driver: nil)
      return .done
    }
    var steering = Steering(context: context, journal: journal, option: option, drive: drive)
    steering.environment = next.environment
    steering.wantsRollback = wantsRollback
    return try await steering.drive(record, helm: helm, as: login)
  }

  /// Keeps in the history that a dead driver's lease was ended.
  private func note(_ helm: Helm, _ record: RolloutRecord, _ journal: any Journal) async throws {
    guard let former = helm.takenFrom, try await journal.rollout(record.id)?.ended == nil else {
      return
    }
    _ = try await journal.append(
      .attached(driver: helm.lease.holder.description, takenFrom: former.description),
      to: record.id, at: context.wiring.clock.now(), live: nil, answering: nil, lease: helm.lease)
  }

  /// Resuming what is not paused but lies still (its driver was killed) is what was meant.
  private func isIdle(_ verb: RequestVerb, _ loaded: LoadedRollout) -> Bool {
    switch verb {
    case .resume: becomesDriver && loaded.machine.pause == nil
    // Going back was begun already: go on with it.
    case .rollback: becomesDriver && loaded.machine.isBackward
    case .pause, .approve, .reject, .retry, .skip: false
    }
  }

  private func show(
    _ verb: RequestVerb, _ record: RolloutRecord, _ journal: any Journal, _ next: NextCommand,
    driver: String?
  ) async throws {
    let loaded = try await LoadedRollout.load(record, from: journal, wiring: context.wiring)
    let outlook = Outlook(
      loaded.machine, record: record, driving: driver == nil ? .idle : .driven, next: next)
    var lines: [Line] = [done(verb, driver)]
    if driver == nil { lines.append("The rollout is " + outlook.sentence + ".") }
    context.console.show(lines + NextCommand.line(outlook.commands))
  }

  private func done(_ verb: RequestVerb, _ driver: String?) -> Line {
    let by: Line = driver.map { "; \($0) has taken note" } ?? "; recorded"
    let what: Line =
      switch verb {
      case .pause: "Pause at the next checkpoint"
      case .resume: "Resumed"
      case .approve(let step, _): "\(step, .strong) approved"
      case .reject(let step, _): "\(step, .strong) rejected"
      case .retry(let step, _): "\(step, .strong) is tried again"
      case .skip(let step, _): "\(step, .strong) skipped"
      case .rollback: "Rolling back"
      }
    return what + by + "."
  }
}
