internal import JournalStore
internal import Resources
internal import Rollouts

/// Takes back what a completed rollout did, by the plans that were recorded when it ran.
///
/// Killed, the same command goes on. Refused where a point of no return was passed, or a colour was
/// made live; see ``CompletedRollout``.
struct CompletedRollback {
  let context: Context
  let option: JournalOption
  let drive: DriveOptions
  let person: PersonOption
  let reason: String

  /// Takes back the newest completed rollout of the environment that was not taken back already.
  func run(in environment: String?) async throws -> ExitCode {
    guard let journal = try await option.open(.write, in: context) as? SQLiteJournal else {
      throw Refusal(.journal, "this journal cannot be written to", hint: "Name a journal file.")
    }
    let environment = try await name(environment, in: journal)
    let helm = try await Helm.take(
      environment, of: journal, as: person.login(in: context), clock: context.wiring.clock,
      isForced: drive.takeOver)
    let undo: RolloutRecord
    do {
      undo = try await begun(in: environment, journal, helm)
    } catch {
      try? await journal.release(helm.lease)
      throw error
    }
    var steering = Steering(context: context, journal: journal, option: option, drive: drive)
    steering.wantsRollback = true
    return try await steering.drive(undo, helm: helm, as: person.login(in: context))
  }

  private func name(_ environment: String?, in journal: SQLiteJournal) async throws -> String {
    if let environment { return environment }
    let names = try await journal.environments().map(\.name)
    guard let only = names.first, names.count == 1 else {
      throw Refusal(
        .usage, "the journal knows of \(names.isEmpty ? "none" : names.joined(separator: ", "))",
        hint: "Say which one with --environment.")
    }
    return only
  }

  /// The way back that was begun already, or a new one.
  private func begun(
    in environment: String, _ journal: SQLiteJournal, _ helm: Helm
  ) async throws -> RolloutRecord {
    if let open = try await journal.openRollout(in: environment) {
      guard try await CompletedRollout.takenBack(by: open, in: journal) != nil else {
        throw Refusal(
          .held, "rollout \(open.id) of \(environment) is open",
          hint: "Take that one back: leave --completed out.")
      }
      return open
    }
    let rollout = try await newest(in: environment, journal)
    if let title = try await journal.migration(appliedBy: rollout.id) {
      throw Refusal(
        .usage, "rollout \(rollout.id) applied the migration \(title)",
        hint: "Take it back with its record: 'cutover migrations undo \(title) --reason TEXT'.")
    }
    let completed = try await CompletedRollout(rollout, from: journal, wiring: context.wiring)
    if let why = completed.refusal {
      throw Refusal(
        .usage, "rollout \(rollout.id) cannot be taken back: \(why)",
        hint: "Nothing was changed. Restore from a backup, or run a playbook that mends it.")
    }
    return try await completed.beginUndo(
      asked: person.person(reason, in: context), in: journal, at: option.path, lease: helm.lease,
      wiring: context.wiring)
  }

  private func newest(
    in environment: String, _ journal: SQLiteJournal
  ) async throws -> RolloutRecord {
    var gone: Set<String> = []
    for rollout in try await journal.rollouts(in: environment, limit: Selection.listMax) {
      switch rollout.outcome {
      case RolloutMachine.Outcome.completed.rawValue where !gone.contains(rollout.id):
        return rollout
      case RolloutMachine.Outcome.rolledBack.rawValue:
        if let id = try await CompletedRollout.takenBack(by: rollout, in: journal) {
          gone.insert(id)
        }
      case _: break
      }
    }
    throw Refusal(
      .usage, "\(environment) has no completed rollout that is not taken back already",
      hint: "See 'cutover history'.")
  }
}
