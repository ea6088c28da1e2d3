internal import Foundation
internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// Takes back what an applied migration did, by the plans that were recorded when it was run.
///
/// A completed rollout is never changed again. So a new one begins with all that the old one did,
/// and turns back at once: durable, resumable, and told in the history like any other.
struct MigrationUndo {
  let place: MigrationPlace
  let reason: String
  let isSure: Bool
  let drive: DriveOptions
  let person: PersonOption

  private var context: Context { place.context }
  private var history: MigrationHistory { MigrationHistory(place: place) }

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
    if try await undone(rollout, journal) != nil {
      try await journal.release(helm.lease)
      return .done
    }
    let undo = try await begin(rollout, record, journal, helm)
    return try await steering.drive(undo, helm: helm, as: person)
  }

  private func begin(
    _ rollout: RolloutRecord, _ record: MigrationRecord, _ journal: SQLiteJournal, _ helm: Helm
  ) async throws -> RolloutRecord {
    let (loaded, facts) = try await history.beforeCompletion(rollout)
    try check(loaded, record)
    let steps = loaded.machine.steps.filter(\.isTouched).map(\.id)
    if !isSure, !drive.isJSON, context.console.isInteractive {
      guard
        context.console.confirm(
          "Take back \(record.title, .strong) (\(steps.joined(separator: ", ")))? [y/N]")
      else { throw Refusal(.usage, "not begun; nothing was changed", hint: "Answer y to begin.") }
    }
    let beginning = Beginning(wiring: context.wiring)
    var undo = beginning.record(
      loaded.playbook, text: rollout.playbook, name: rollout.playbookName, overrides: [],
      from: rollout.from,
      preview: Preview(
        environment: rollout.environment, from: rollout.from, to: rollout.to, steps: []))
    undo.parameters = rollout.parameters
    undo.preview = rollout.preview
    try link(steps, of: rollout.id, into: undo.id)
    let asked = person.person("undo of rollout \(rollout.id): \(reason)", in: context)
    try await journal.begin(
      undo,
      facts: [.started(by: asked)] + facts + [
        .noted(step: nil, text: Self.mark(of: rollout)), .rollbackRequested(by: asked),
      ], lease: helm.lease)
    return undo
  }

  /// What tells a rollout that takes another one back from any other of the same playbook.
  static func mark(of rollout: RolloutRecord) -> String { markPrefix + rollout.id }
  private static let markPrefix = "takes back rollout "

  private func isUndo(
    _ open: RolloutRecord, of rollout: RolloutRecord, _ journal: SQLiteJournal
  ) async throws -> Bool {
    guard open.playbook.utf8.elementsEqual(rollout.playbook.utf8) else { return false }
    return try await Self.takenBack(by: open, journal) == rollout.id
  }

  /// The rollout that this one takes back; nil for one that does work of its own.
  static func takenBack(
    by rollout: RolloutRecord, _ journal: SQLiteJournal
  ) async throws -> String? {
    var last = 0
    while true {
      let page = try await journal.facts(of: rollout.id, after: last, limit: pageSize)
      guard let newest = page.last else { return nil }
      last = newest.sequence
      for record in page {
        guard case .noted(nil, let text) = record.fact, text.hasPrefix(markPrefix) else { continue }
        return String(text.dropFirst(markPrefix.count))
      }
    }
  }

  private static let pageSize = 2000
  private static let rolloutsMax = 10_000

  /// The rollout that took this one back already; its record was not removed for a crash.
  private func undone(
    _ rollout: RolloutRecord, _ journal: SQLiteJournal
  ) async throws -> RolloutRecord? {
    for candidate in try await journal.rollouts(in: place.environment, limit: Self.rolloutsMax) {
      if candidate.id == rollout.id { return nil }
      guard candidate.outcome == RolloutMachine.Outcome.rolledBack.rawValue else { continue }
      if try await isUndo(candidate, of: rollout, journal) { return candidate }
    }
    return nil
  }

  private func check(_ loaded: LoadedRollout, _ record: MigrationRecord) throws {
    let machine = loaded.machine
    func refusal(_ why: String) -> Refusal {
      Refusal(
        .usage, "\(record.title) cannot be taken back: \(why)",
        hint: "Nothing was changed. Restore from a backup, or write a migration that mends it.")
    }
    guard loaded.record.outcome == RolloutMachine.Outcome.completed.rawValue else {
      throw refusal("its rollout \(loaded.record.id) has not completed")
    }
    if let why = machine.rollbackRefusal { throw refusal(why) }
    guard machine.live == machine.from else {
      throw refusal("its rollout made \(machine.live.rawValue) live, and others may live on it")
    }
  }

  /// Gives the new rollout the files that the steps of the old one keep for their undo.
  private func link(_ steps: [String], of old: String, into new: String) throws {
    let work = WorkFolder.of(place.options.journal.path)
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

  private func forget(
    _ record: MigrationRecord, _ rollout: RolloutRecord, _ journal: SQLiteJournal
  ) async throws {
    let undo = try await undone(rollout, journal)
    try await place.remove(
      record,
      because: MigrationRemoval(
        kind: .undone, at: context.wiring.clock.now(), by: person.login(in: context),
        reason: reason, rollout: undo?.id))
    if drive.isJSON {
      let value: JSONValue = [
        "type": "migration", "order": .string(record.order.text), "name": .string(record.name),
        "outcome": "undone", "rollout": FactJSON.text(undo?.id),
      ]
      context.console.write(value.text + "\n")
    } else {
      context.console.show(
        ["\("✓", .good) \(record.title, .strong) is taken back, and pending again"].next(
          place.options.next("list")))
    }
  }
}
