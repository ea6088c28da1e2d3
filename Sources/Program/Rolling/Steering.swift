internal import Resources
internal import Rollouts

/// From a lease in hand to a rollout that is driven and shown.
struct Steering {
  let context: Context
  let journal: any Journal
  let option: JournalOption
  let drive: DriveOptions
  var environment: String?
  var wantsRollback = false

  /// Loads the rollout and drives it; the lease is let go whatever happens.
  func drive(
    _ record: RolloutRecord, helm: Helm, as person: String, note: Line? = nil
  ) async throws -> ExitCode {
    var loaded: LoadedRollout
    let next: NextCommand
    do {
      next =
        if let environment {
          NextCommand(journal: option, environment: environment)
        } else {
          try await NextCommand.about(record, in: journal, option)
        }
      loaded = try await LoadedRollout.load(record, from: journal, wiring: context.wiring)
      try await limitWrites(&loaded, helm, person)
    } catch {
      try? await journal.release(helm.lease)
      throw error
    }
    let display = Displays.make(
      DisplayKind(isJSON: drive.isJSON, screen: context.console.screen), in: context)
    if let note { display.say(note) }
    if let former = helm.takenFrom {
      display.say("\("Taking over", .warning) from \(former), which is gone.")
    }
    return try await Drive(
      context: context, journal: journal, helm: helm, person: person,
      next: next, display: display,
      leavesAtGates: drive.noWait, wantsRollback: wantsRollback
    ).run(loaded, workFolder: "\(WorkFolder.of(option.path))/\(record.id)")
  }

  /// Records the limit on writes that was given, so that every later driver keeps it.
  private func limitWrites(
    _ loaded: inout LoadedRollout, _ helm: Helm, _ person: String
  ) async throws {
    let limit = try drive.writeRate.limit
    guard drive.writeRate.unitsPerSecond != nil, limit != loaded.machine.writeRateMax,
      loaded.machine.outcome == nil
    else { return }
    let fact = Fact.writesLimited(
      unitsPerSecond: limit, by: Person(name: person, reason: ""))
    try loaded.take(
      try await journal.append(
        fact, to: loaded.record.id, at: context.wiring.clock.now(), live: nil, answering: nil,
        lease: helm.lease))
  }
}
