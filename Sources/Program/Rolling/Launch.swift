internal import JSON
internal import Resources
internal import Rollouts

/// Begins a rollout of a playbook that was read, or carries on with its open one, and drives it.
struct Launch {
  let context: Context
  let read: ReadPlaybook
  /// What the journal calls the playbook.
  let name: String
  /// The command that shows the whole plan.
  let planWords: [String]
  let live: Colour?
  let isSure: Bool
  let anyway: Bool
  let drive: DriveOptions
  let person: PersonOption
  let journal: JournalOption
  /// Asked while the lease is held and nothing is written yet; throws when it must not begin.
  var mayBegin: @Sendable () async throws -> Void = {}

  func run() async throws -> ExitCode {
    let book = try await journal.create(in: context)
    let environment = read.playbook.environment
    if let open = try await book.openRollout(in: environment) {
      return try await carryOn(open, book)
    }
    let known = try await book.environments().first { $0.name.utf8.elementsEqual(environment.utf8) }
    let beginning = Beginning(wiring: context.wiring)
    let (from, note) = try await beginning.colour(
      of: read.playbook, recorded: known?.live, said: live)
    let preview = try await Preview.make(
      read.playbook, from: from, wiring: context.wiring, workFolder: WorkFolder.of(journal.path),
      writeRateMax: try drive.writeRate.limit)
    try agree(preview, note)
    let helm = try await Helm.take(
      environment, of: book, as: person.login(in: context), clock: context.wiring.clock,
      isForced: drive.takeOver)
    let record = beginning.record(
      read.playbook, text: read.text, name: name, overrides: read.overrides, from: from,
      preview: preview)
    do {
      try await mayBegin()
      try await book.begin(
        record, fact: .started(by: person.person("", in: context)), lease: helm.lease)
    } catch {
      try? await book.release(helm.lease)
      throw error
    }
    return try await Steering(context: context, journal: book, option: journal, drive: drive)
      .drive(record, helm: helm, as: person.login(in: context))
  }

  /// Shows what is about to happen; throws unless it may.
  private func agree(_ preview: Preview, _ note: Line?) throws {
    if let (step, failure) = preview.problems.first, !anyway {
      let plan = NextCommand(journal: journal)(planWords)
      throw Refusal(
        .badInput, "\(step) would fail: \(failure.summary)",
        hint: failure.hintToRepeat + "\nSee all of it with '\(plan)'; --anyway begins nevertheless."
      )
    }
    guard !drive.isJSON else { return }
    if let note { context.console.show(note) }
    guard !isSure, context.console.isInteractive else { return }
    context.console.show(PlanReport(preview: preview).lines)
    guard context.console.confirm("\nBegin this rollout of \(preview.environment, .strong)? [y/N]")
    else {
      throw Refusal(.usage, "not begun; nothing was changed", hint: "Answer y to begin.")
    }
  }

  /// Ends a pause that came from Ctrl-C; one that somebody asked for is theirs to end.
  private func resume(
    _ open: RolloutRecord, _ helm: Helm, _ book: any Journal
  ) async throws {
    do {
      let loaded = try await LoadedRollout.load(open, from: book, wiring: context.wiring)
      guard loaded.machine.pause?.reason == Drive.interruption else { return }
      _ = try await book.append(
        .resumed(by: person.person("", in: context)), to: open.id,
        at: context.wiring.clock.now(), live: nil, answering: nil, lease: helm.lease)
    } catch {
      try? await book.release(helm.lease)
      throw error
    }
  }

  private func carryOn(
    _ open: RolloutRecord, _ book: any Journal
  ) async throws -> ExitCode {
    let given = Beginning.given(read.overrides, to: read.playbook)
    let isSameText = open.playbook.utf8.elementsEqual(read.text.utf8)
    let stored = try JSONValue(reading: Array(open.parameters.utf8)).compact(sortedKeys: true)
    let isSameInput = read.overrides.isEmpty || given.compact(sortedKeys: true) == stored
    guard isSameText, isSameInput else {
      let next = try await NextCommand.about(open, in: book, journal)
      throw Refusal(
        .badInput,
        "rollout \(open.id) of \(open.environment) is open, and was begun with "
          + (isSameText ? "other parameters" : "another text of the playbook"),
        hint: "Carry on with what it began with: '\(next("resume"))'. Or take it back with "
          + "'\(next("rollback"))' and run this one then.")
    }
    if live != nil, live != open.from {
      throw Refusal(
        .usage, "rollout \(open.id) began with \(open.from.rawValue) live",
        hint: "Leave --live out.")
    }
    let steering = Steering(context: context, journal: book, option: journal, drive: drive)
    let helm = try await Helm.take(
      open.environment, of: book, as: person.login(in: context), clock: context.wiring.clock,
      isForced: drive.takeOver)
    try await resume(open, helm, book)
    return try await steering.drive(
      open, helm: helm, as: person.login(in: context),
      note: "Carrying on with rollout \(open.id, .strong) of \(open.environment), begun at "
        + "\(Words.dateAndClock(open.started)).")
  }
}
