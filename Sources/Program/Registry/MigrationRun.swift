internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// Runs pending migrations one after the other, each as a rollout, and records those that passed.
struct MigrationRun {
  let place: MigrationPlace
  let allowed: [MigrationSurvey.Oddity]
  /// The last one to run; nil for all.
  let last: String?
  let live: Colour?
  let isSure: Bool
  let drive: DriveOptions
  let person: PersonOption

  private var context: Context { place.context }
  private var history: MigrationHistory { MigrationHistory(place: place) }

  func run() async throws -> ExitCode {
    var count = 0
    try await adopt()
    while true {
      // Looked at anew each time: somebody else may have run, marked or written some meanwhile.
      let survey = try await place.survey()
      try survey.check(allowing: allowed, place.folder)
      if count == 0 { try read(survey) }
      guard let next = try await next(in: survey), let file = next.file else {
        try await place.checkIdle()
        close(count, survey)
        return .done
      }
      let code = try await run(file)
      guard code == .done else {
        stop(file, code)
        return code
      }
      try await record(file)
      count += 1
    }
  }

  /// Reads all that is to be run, so that a mistake in a later one stops before the first.
  private func read(_ survey: MigrationSurvey) throws {
    var problems: [PlaybookProblems.Problem] = []
    var unlisted = 0
    for file in try bounded(survey).compactMap(\.file) {
      do {
        _ = try ReadPlaybook.read(file.path, ParameterOptions(), context)
      } catch let error as PlaybookProblems {
        problems += error.problems
        unlisted += error.unlisted
      }
    }
    guard problems.isEmpty else { throw PlaybookProblems(problems, unlisted: unlisted) }
  }

  /// Records what a killed run completed, and takes out what a killed undo took back.
  private func adopt() async throws {
    try await history.forgetTakenBack(isJSON: drive.isJSON)
    for entry in try await place.survey().pending {
      guard let file = entry.file, let rollout = try await history.unrecorded(file) else {
        continue
      }
      try await keep(file, rollout)
    }
  }

  /// What is pending, up to the last one to run.
  private func bounded(_ survey: MigrationSurvey) throws -> [MigrationSurvey.Entry] {
    guard let last else { return survey.pending }
    let bound = try survey.entry(named: last)
    return survey.pending.filter { ($0.order, $0.name) <= (bound.order, bound.name) }
  }

  /// The open one, if a killed run left one, or else the first in order.
  private func next(in survey: MigrationSurvey) async throws -> MigrationSurvey.Entry? {
    let pending = try bounded(survey)
    if let open = try await place.journal?.openRollout(in: place.environment) {
      let begun = pending.first { entry in
        entry.file?.text.utf8.elementsEqual(open.playbook.utf8) ?? false
      }
      if let begun { return begun }
    }
    return pending.first
  }

  private func run(_ file: MigrationFile) async throws -> ExitCode {
    let read = try ReadPlaybook.read(file.path, ParameterOptions(), context)
    guard read.playbook.environment.hasSameBytes(as: place.environment),
      read.text.utf8.elementsEqual(file.text.utf8)
    else {
      throw Refusal(
        .badInput, "\(file.path) was changed while it was read, or is for another environment",
        hint: "Run the same command again.")
    }
    show("Migration \(file.title, .strong)", ["outcome": "running"], file)
    var launch = Launch(
      context: context, read: read, name: PlaybookPlace.path(of: file.path),
      planWords: ["migrations", "plan"] + place.options.words, live: live, isSure: isSure,
      anyway: false, drive: drive, person: person, journal: place.options.journal)
    let (place, history) = (place, history)
    launch.mayBegin = {
      // Under the lease: another process may have run this one since it was found pending.
      let isRecorded = try await place.registry.records(of: place.environment).contains {
        $0.isOf(file.order, file.name)
      }
      guard !isRecorded, try await history.unrecorded(file) == nil else {
        throw Refusal(
          .held, "another process has just run \(file.title)",
          hint: "Nothing was begun. Go on with '\(place.options.next("run"))'.")
      }
    }
    return try await launch.run()
  }

  private func record(_ file: MigrationFile) async throws {
    guard let rollout = try await history.newest(of: file),
      rollout.outcome == RolloutMachine.Outcome.completed.rawValue
    else {
      throw Refusal(
        .stuck, "\(file.title) was not completed, and is not recorded",
        hint: "See how it ended with '\(NextCommand(journal: place.options.journal)("history"))'.")
    }
    try await keep(file, rollout)
  }

  private func keep(_ file: MigrationFile, _ rollout: RolloutRecord) async throws {
    try await place.add(try await history.record(of: file, by: rollout))
    show(
      "\("✓", .good) \(file.title, .strong) is recorded as applied by rollout \(rollout.id)",
      ["outcome": "applied", "rollout": .string(rollout.id)], file)
  }

  private func show(_ line: Line, _ more: JSONValue, _ file: MigrationFile) {
    guard drive.isJSON else { return context.console.show(line) }
    var value: JSONValue = [
      "type": "migration", "order": .string(file.order.text), "name": .string(file.name),
      "digest": .string(file.digest),
    ]
    for member in more.members ?? [] { value[member.name] = member.value }
    context.console.write(value.text + "\n")
  }

  private func close(_ count: Int, _ survey: MigrationSurvey) {
    guard !drive.isJSON else { return }
    let done = count == 0 ? "Nothing is pending" : "\(Words.count(count, "migration")) applied"
    let left = survey.pending.count
    let rest = left == 0 || count == 0 && last == nil ? "" : "; \(Words.count(left)) still pending"
    context.console.show(
      ["\("✓", .good) \(done) in \(place.environment, .strong)\(rest)"].next(
        place.options.next("list")))
  }

  private func stop(_ file: MigrationFile, _ code: ExitCode) {
    guard !drive.isJSON else { return }
    context.console.show(
      Line("\(file.title) is not applied; those behind it were not begun.", .warning))
    guard code != .rolledBack else { return }
    context.console.show(
      "Once it is mended, go on with \(place.options.next("run"), .accent)")
  }
}
