internal import JournalStore
internal import Resources
internal import Rollouts

/// Takes back what an applied migration did, by the plans that were recorded when it was run.
///
/// The rollout that does so is that of ``CompletedRollout``; the record goes when all is undone.
struct MigrationUndo {
  let place: MigrationPlace
  let reason: String
  let isSure: Bool
  let drive: DriveOptions
  let person: PersonOption

  private var context: Context { place.context }

  func run(_ record: MigrationRecord) async throws -> ExitCode {
    let unmark = place.options.next("mark", record.title, "--pending", "--reason", "TEXT")
    guard let journal = place.journal, let id = record.rollout,
      let rollout = try await journal.rollout(id)
    else {
      throw Refusal(
        .usage,
        record.rollout.map {
          "rollout \($0), which applied \(record.title), is not in this journal"
        }
          ?? "\(record.title) was \(record.outcome.rawValue) without a rollout of ours",
        hint: record.rollout == nil
          ? "Take only the record out with '\(unmark)'."
          : "Name the journal that it was run with, with --journal.")
    }
    let helm = try await Helm.take(
      place.environment, of: journal, as: person.login(in: context), clock: context.wiring.clock,
      isForced: drive.takeOver)
    let code: ExitCode
    do {
      code = try await take(back: rollout, record, journal, helm)
    } catch {
      try? await journal.release(helm.lease)
      throw error
    }
    guard code == .done else {
      context.console.complain([
        Line("\(record.title) is not taken back yet; its record stays.", .warning)
      ])
      return code
    }
    try await forget(record, rollout, journal)
    return .done
  }

  /// Drives back, or goes on with a way back that was begun; the lease is let go in the end.
  private func take(
    back rollout: RolloutRecord, _ record: MigrationRecord, _ journal: SQLiteJournal, _ helm: Helm
  ) async throws -> ExitCode {
    var steering = Steering(
      context: context, journal: journal, option: place.options.journal, drive: drive)
    steering.wantsRollback = true
    let person = person.login(in: context)
    if let open = try await journal.openRollout(in: place.environment) {
      guard try await isUndo(open, of: rollout, journal) else {
        throw Refusal(
          .held, "rollout \(open.id) of \(open.environment) is open",
          hint: "Bring it to an end first: 'cutover status'.")
      }
      return try await steering.drive(
        open, helm: helm, as: person, note: "Going on with the way back in rollout \(open.id).")
    }
    if try await undone(rollout) != nil {
      try await journal.release(helm.lease)
      return .done
    }
    let undo = try await begin(rollout, record, journal, helm)
    return try await steering.drive(undo, helm: helm, as: person)
  }

  private func begin(
    _ rollout: RolloutRecord, _ record: MigrationRecord, _ journal: SQLiteJournal, _ helm: Helm
  ) async throws -> RolloutRecord {
    let completed = try await CompletedRollout(rollout, from: journal, wiring: context.wiring)
    if let why = completed.refusal {
      throw Refusal(
        .usage,
        "rollout \(rollout.id), which applied \(record.title), cannot be taken back: \(why)",
        hint: "Nothing was changed. Restore from a backup, or write a migration that mends it.")
    }
    let steps = completed.touched.joined(separator: ", ")
    if !isSure, !drive.isJSON, context.console.isInteractive {
      guard context.console.confirm("Take back \(record.title, .strong) (\(steps))? [y/N]") else {
        throw Refusal(.usage, "not begun; nothing was changed", hint: "Answer y to begin.")
      }
    }
    return try await completed.beginUndo(
      asked: person.person("undo of rollout \(rollout.id): \(reason)", in: context), in: journal,
      at: place.options.journal.path, lease: helm.lease, wiring: context.wiring)
  }

  private func isUndo(
    _ open: RolloutRecord, of rollout: RolloutRecord, _ journal: SQLiteJournal
  ) async throws -> Bool {
    guard open.playbook.utf8.elementsEqual(rollout.playbook.utf8) else { return false }
    return try await CompletedRollout.takenBack(by: open, in: journal) == rollout.id
  }

  /// The rollout that took this one back already; its record was not removed for a crash.
  private func undone(_ rollout: RolloutRecord) async throws -> RolloutRecord? {
    try await MigrationHistory(place: place).takenBack()[rollout.id]
  }

  private func forget(
    _ record: MigrationRecord, _ rollout: RolloutRecord, _ journal: SQLiteJournal
  ) async throws {
    let undo = try await undone(rollout)
    try await place.remove(
      record,
      because: MigrationRemoval(
        kind: .undone, at: context.wiring.clock.now(), by: person.login(in: context),
        reason: reason, rollout: undo?.id))
    MigrationHistory(place: place).tellUndone(record, by: undo, isJSON: drive.isJSON)
    guard !drive.isJSON else { return }
    context.console.show(NextCommand.line([place.options.next("list")]))
  }
}
