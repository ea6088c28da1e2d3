internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// Runs the pending migrations of a backend in order, each as a rollout, and records them.
struct AmplifyMigrateRun {
  let place: AmplifyPlace
  let allowed: [MigrationSurvey.Oddity]
  var isDry = false
  var limit: Int?

  private var migrations: MigrationPlace { place.migrations }

  func run() async throws -> ExitCode {
    isDry ? try await tryAll() : try await place.locked { try await runAll() }
  }

  private func runAll() async throws -> ExitCode {
    try await adopt()
    var count = 0
    while true {
      // Looked at anew each time: somebody else may have marked or written some meanwhile.
      let survey = try await migrations.survey()
      try survey.check(allowing: allowed, migrations.folder)
      // A mistake in a later one stops before the first.
      if count == 0 { _ = try read(survey) }
      guard let file = survey.pending.first?.file else {
        try await migrations.checkIdle()
        break
      }
      let code = try await run(try AmplifyMigrationReader.read(file))
      guard code == .done else {
        stop(file)
        return code
      }
      count += 1
    }
    if !place.drive.isJSON {
      let done = count == 0 ? "Nothing is pending" : "\(Words.count(count, "migration")) applied"
      place.context.console.show("\("✓", .good) \(done) in \(place.site.backend.title, .strong)")
    }
    return .done
  }

  private func run(_ migration: AmplifyMigration) async throws -> ExitCode {
    let file = migration.file
    guard !migration.steps.isEmpty else {
      // It only exports, which 'migrate' has nothing to do with.
      try await keep(file, by: nil)
      return .done
    }
    place.tell("Migration \(file.title, .strong)", "running", file)
    let code = try await place.run(.migrate, file) { try await playbook(migration) }
    guard code == .done else { return code }
    guard let rollout = try await unrecorded(file) else {
      throw Refusal(
        .stuck, "\(file.title) was not completed, and is not recorded",
        hint: "See how it ended with 'cutover history'.")
    }
    try await keep(file, by: rollout)
    return .done
  }

  /// The playbook that carries a migration out on the tables of today.
  func playbook(_ migration: AmplifyMigration) async throws -> JSONValue {
    try AmplifyPlaybook(
      migration: migration, backend: place.site.backend, models: try await place.site.models(),
      bucket: place.bucket, place: place.site.place
    ).migrating(
      try await place.log.exports(for: migration.file.order), isDry: isDry, limit: limit)
  }

  /// Reads and transforms for all that is pending, each on the data as it is now.
  private func tryAll() async throws -> ExitCode {
    // What is half done would be judged as if it were not begun.
    try await migrations.checkIdle()
    let survey = try await migrations.survey()
    try survey.check(allowing: allowed, migrations.folder)
    for migration in try read(survey) {
      let file = migration.file
      guard migration.steps.contains(where: { $0.kind != .action }) else { continue }
      place.tell("Trying \(file.title, .strong)", "trying", file)
      let code = try await place.run(.migrate, file, isDry: true) {
        try await playbook(migration)
      }
      guard code == .done else { return code }
      let verdict = try await judge(migration)
      guard verdict == .done else { return verdict }
    }
    return .done
  }

  /// How the real run would end that stops at too many rejects.
  private func judge(_ migration: AmplifyMigration) async throws -> ExitCode {
    guard let journal = migrations.journal else { return .done }
    return try await TrialVerdict.of(
      place.site.backend.names.environment + AmplifyPlaybook.dryEnding,
      allowed: AmplifyPlaybook.allowances(of: migration), in: journal,
      wiring: place.context.wiring
    ).tell(in: place.context, isJSON: place.drive.isJSON)
  }

  private func read(_ survey: MigrationSurvey) throws -> [AmplifyMigration] {
    try survey.pending.compactMap(\.file).map { try AmplifyMigrationReader.read($0) }
  }

  // MARK: Recording

  /// Records what a killed run completed, and takes out what a killed undo took back.
  private func adopt() async throws {
    try await MigrationHistory(place: migrations).forgetTakenBack(isJSON: place.drive.isJSON)
    for file in try await migrations.survey().pending.compactMap(\.file) {
      if let rollout = try await unrecorded(file) { try await keep(file, by: rollout) }
    }
  }

  /// The completed rollout of a migration that was not taken out of the records since.
  private func unrecorded(_ file: MigrationFile) async throws -> RolloutRecord? {
    guard let rollout = try await place.newest(AmplifyMark(.migrate, file)),
      let ended = rollout.ended, rollout.outcome == RolloutMachine.Outcome.completed.rawValue
    else { return nil }
    let removal = try await migrations.log?.lastRemoval(
      of: file.order, file.name, in: migrations.environment)
    return removal.map { ended > $0 } ?? true ? rollout : nil
  }

  private func keep(_ file: MigrationFile, by rollout: RolloutRecord?) async throws {
    let record: MigrationRecord
    if let rollout {
      record = try await MigrationHistory(place: migrations).record(of: file, by: rollout)
    } else {
      record = MigrationRecord(
        environment: migrations.environment, order: file.order, name: file.name,
        digest: file.digest, at: place.context.wiring.clock.now(),
        by: place.person.login(in: place.context), outcome: .applied)
    }
    try await migrations.add(record)
    place.tell(
      "\("✓", .good) \(file.title, .strong) is recorded as applied", "applied", file,
      ["rollout": FactJSON.text(rollout?.id)])
  }

  private func stop(_ file: MigrationFile) {
    guard !place.drive.isJSON else { return }
    place.context.console.show(
      Line("\(file.title) is not applied; those behind it were not begun.", .warning))
  }
}
