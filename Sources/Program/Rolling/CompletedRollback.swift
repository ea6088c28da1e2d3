internal import Foundation
internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// Takes back what a completed rollout did, by the plans that were recorded when it ran.
///
/// A completed rollout is never changed again. So a new one begins with all that the old one did,
/// and turns back at once: durable, resumable, and told in the history like any other. Killed, the
/// same command goes on. Refused where a point of no return was passed, or a colour was made live.
struct CompletedRollback {
  let context: Context
  let option: JournalOption
  let drive: DriveOptions
  let person: PersonOption
  let reason: String

  private static let pageSize = 2000

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
      guard try await MigrationUndo.takenBack(by: open, journal) != nil else {
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
    let (loaded, facts) = try await history(of: rollout, journal)
    try check(loaded)
    var undo = Beginning(wiring: context.wiring).record(
      loaded.playbook, text: rollout.playbook, name: rollout.playbookName, overrides: [],
      from: rollout.from,
      preview: Preview(
        environment: environment, from: rollout.from, to: rollout.to, steps: []))
    undo.parameters = rollout.parameters
    undo.preview = rollout.preview
    try link(loaded.machine.steps.filter(\.isTouched).map(\.id), of: rollout.id, into: undo.id)
    let asked = person.person(reason, in: context)
    try await journal.begin(
      undo,
      facts: [.started(by: asked)] + facts + [
        .noted(step: nil, text: MigrationUndo.mark(of: rollout)), .rollbackRequested(by: asked),
      ], lease: helm.lease)
    return undo
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
        if let id = try await MigrationUndo.takenBack(by: rollout, journal) { gone.insert(id) }
      case _: break
      }
    }
    throw Refusal(
      .usage, "\(environment) has no completed rollout that is not taken back already",
      hint: "See 'cutover history'.")
  }

  private func each(
    of rollout: RolloutRecord, _ journal: SQLiteJournal, _ take: (FactRecord) throws -> Void
  ) async throws {
    var last = 0
    while true {
      let page = try await journal.facts(of: rollout.id, after: last, limit: Self.pageSize)
      guard let newest = page.last else { return }
      last = newest.sequence
      for record in page { try take(record) }
    }
  }

  /// The machine as it stood before the rollout was declared complete, and the facts that say so.
  private func history(
    of rollout: RolloutRecord, _ journal: SQLiteJournal
  ) async throws -> (loaded: LoadedRollout, facts: [Fact]) {
    var loaded = try LoadedRollout(rollout, wiring: context.wiring)
    var facts: [Fact] = []
    try await each(of: rollout, journal) { record in
      if case .completed = record.fact { return }
      try loaded.take(record)
      if Self.isOfSteps(record.fact) { facts.append(record.fact) }
    }
    return (loaded, facts)
  }

  /// Whether a fact is about what steps did and how fast, not about who drove or what was remarked.
  private static func isOfSteps(_ fact: Fact) -> Bool {
    switch fact {
    case .planned, .crossed, .applied, .verified, .failed, .retryDue, .approved, .rejected,
      .retried, .skipped, .undone, .writesLimited:
      true
    case .started, .attached, .paused, .resumed, .rollbackRequested, .completed, .rolledBack,
      .noted:
      false
    }
  }

  private func check(_ loaded: LoadedRollout) throws {
    let machine = loaded.machine
    func refusal(_ why: String) -> Refusal {
      Refusal(
        .usage, "rollout \(loaded.record.id) cannot be taken back: \(why)",
        hint: "Nothing was changed. Restore from a backup, or run a playbook that mends it.")
    }
    if let why = machine.rollbackRefusal { throw refusal(why) }
    guard machine.live == machine.from else {
      throw refusal("it made \(machine.live.rawValue) live, and others may live on it")
    }
  }

  /// Gives the new rollout the files that the steps of the old one keep for their undo.
  private func link(_ steps: [String], of old: String, into new: String) throws {
    let work = WorkFolder.of(option.path)
    let files = FileManager.default
    do {
      try files.createDirectory(atPath: "\(work)/\(new)", withIntermediateDirectories: true)
      for step in steps where files.fileExists(atPath: "\(work)/\(old)/\(step)") {
        try files.createSymbolicLink(
          atPath: "\(work)/\(new)/\(step)", withDestinationPath: "../\(old)/\(step)")
      }
    } catch {
      throw Refusal(
        .journal, "the files of rollout \(old) cannot be reached from \(work)/\(new)",
        hint: "Nothing was changed. Check the rights of \(work).")
    }
  }
}
