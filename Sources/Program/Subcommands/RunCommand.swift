internal import Commands
internal import JSON
internal import Resources
internal import Rollouts

struct RunCommand: Command {
  static let name = "run"
  static let summary = "Carry out a playbook, or carry on with its open rollout."
  static let discussion = """
    Plans first, and refuses to begin if a step finds that it would not come through. The \
    playbook's text is stored in the journal when a rollout begins: a file that changed since \
    never changes a running rollout. On a terminal it asks before it begins.

    Ctrl-C pauses at the next checkpoint; a second one stops at once. Both are safe, and so is \
    killing the process: carry on with 'cutover resume' or the same 'cutover run'.

    Exit codes of all commands:

    \(ExitCode.table)
    """
  static let fields: [Field<Self>] =
    [
      .positional("playbook", \.playbook, "The playbook file (JSON5).", completes: .files),
      .option("live", \.live, "colour", "Which colour is live now, if nothing is recorded yet."),
      .flag("yes", letter: "y", \.isSure, "Do not ask before beginning."),
      .flag("anyway", \.anyway, "Begin although planning found that a step would fail."),
    ] + Field.shared(\.parameters, ParameterOptions.fields)
    + Field.shared(\.drive, DriveOptions.fields)
    + Field.shared(\.person, PersonOption.fields)
    + Field.shared(\.journal, JournalOption.fields)
  static let examples = [
    Example(
      "cutover run playbooks/local.json5 --live blue",
      "Begins the first rollout of an environment."),
    Example("cutover run playbooks/local.json5 --yes --json", "Runs in a script."),
  ]
  static let seeAlso = ["plan", "status", "pause", "rollback"]

  var playbook = ""
  var live: Colour?
  var isSure = false
  var anyway = false
  var parameters = ParameterOptions()
  var drive = DriveOptions()
  var person = PersonOption()
  var journal = JournalOption()

  func run(in context: Context) async throws -> Int32 {
    let read = try ReadPlaybook.read(playbook, parameters, context)
    let book = try await journal.create(in: context)
    let environment = read.playbook.environment
    if let open = try await book.openRollout(in: environment) {
      return try await carryOn(open, read, book, context).rawValue
    }
    let known = try await book.environments().first { $0.name.utf8.elementsEqual(environment.utf8) }
    let beginning = Beginning(wiring: context.wiring)
    let (from, note) = try await beginning.colour(
      of: read.playbook, recorded: known?.live, said: live)
    let preview = try await Preview.make(
      read.playbook, from: from, wiring: context.wiring, workFolder: WorkFolder.of(journal.path))
    try agree(preview, note, context)
    let helm = try await Helm.take(
      environment, of: book, as: person.login(in: context), clock: context.wiring.clock,
      isForced: drive.takeOver)
    let record = beginning.record(
      read.playbook, text: read.text, name: playbook, overrides: read.overrides, from: from,
      preview: preview)
    do {
      try await book.begin(
        record, fact: .started(by: person.person("", in: context)), lease: helm.lease)
    } catch {
      try? await book.release(helm.lease)
      throw error
    }
    return try await Steering(context: context, journal: book, option: journal, drive: drive)
      .drive(record, helm: helm, as: person.login(in: context)).rawValue
  }

  /// Shows what is about to happen; throws unless it may.
  private func agree(_ preview: Preview, _ note: Line?, _ context: Context) throws {
    if let (step, failure) = preview.problems.first, !anyway {
      let plan = NextCommand(journal: journal)(["plan", playbook] + parameters.words)
      throw Refusal(
        .badInput, "\(step) would fail: \(failure.summary)",
        hint: failure.hint + "\nSee all of it with '\(plan)'; --anyway begins nevertheless.")
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
    _ open: RolloutRecord, _ helm: Helm, _ book: any Journal, _ context: Context
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
    _ open: RolloutRecord, _ read: ReadPlaybook, _ book: any Journal, _ context: Context
  ) async throws -> ExitCode {
    let given = Beginning.given(read.overrides, to: read.playbook)
    let isSameText = open.playbook.utf8.elementsEqual(read.text.utf8)
    let stored = try JSONValue(reading: Array(open.parameters.utf8)).compact(sortedKeys: true)
    let isSameInput = read.overrides.isEmpty || given.compact(sortedKeys: true) == stored
    guard isSameText, isSameInput else {
      throw Refusal(
        .badInput,
        "rollout \(open.id) of \(open.environment) is open, and was begun with "
          + (isSameText ? "other parameters" : "another text of the playbook"),
        hint: "Carry on with what it began with: 'cutover resume'. Or take it back with "
          + "'cutover rollback' and run this one then.")
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
    try await resume(open, helm, book, context)
    return try await steering.drive(
      open, helm: helm, as: person.login(in: context),
      note: "Carrying on with rollout \(open.id, .strong) of \(open.environment), begun at "
        + "\(Words.dateAndClock(open.started)).")
  }
}
