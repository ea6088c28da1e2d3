internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// What the journal knows of rollouts of one migration: those with exactly its bytes as playbook.
struct MigrationHistory {
  let place: MigrationPlace

  /// More rollouts of one environment than are worth looking back at.
  private static let rolloutsMax = 10_000

  /// The newest rollout of this content, whether it has ended or not.
  func newest(of file: MigrationFile) async throws -> RolloutRecord? {
    guard let journal = place.journal else { return nil }
    return try await journal.rollouts(in: place.environment, limit: Self.rolloutsMax).first {
      $0.playbook.utf8.elementsEqual(file.text.utf8)
    }
  }

  /// The rollout that completed the migration and was never recorded: the program was killed
  /// between the two.
  ///
  /// One that was recorded and taken out of the registry since does not count.
  func unrecorded(_ file: MigrationFile) async throws -> RolloutRecord? {
    guard let rollout = try await newest(of: file), let ended = rollout.ended,
      rollout.outcome == RolloutMachine.Outcome.completed.rawValue
    else { return nil }
    let removal = try await place.log?.lastRemoval(
      of: file.order, file.name, in: place.environment)
    return removal.map { ended > $0 } ?? true ? rollout : nil
  }

  // MARK: What was taken back

  /// Takes out the records whose rollouts were taken back by somebody who did not come to do it.
  func forgetTakenBack(isJSON: Bool) async throws {
    let undone = try await takenBack()
    guard !undone.isEmpty else { return }
    for record in try await place.survey().entries.compactMap(\.record) {
      guard let id = record.rollout, let undo = undone[id], let ended = undo.ended,
        record.at <= ended
      else { continue }
      let asked = try await asked(undo)
      try await place.remove(
        record,
        because: MigrationRemoval(
          kind: .undone, at: ended, by: asked?.name ?? "",
          reason: asked?.reason ?? "", rollout: undo.id))
      tellUndone(record, by: undo, isJSON: isJSON)
    }
  }

  func tellUndone(_ record: MigrationRecord, by undo: RolloutRecord?, isJSON: Bool) {
    guard isJSON else {
      return place.context.console.show(
        "\("✓", .good) \(record.title, .strong) is taken back, and pending again")
    }
    let value: JSONValue = [
      "type": "migration", "order": .string(record.order.text), "name": .string(record.name),
      "outcome": "undone", "rollout": FactJSON.text(undo?.id),
    ]
    place.context.console.write(value.text + "\n")
  }

  /// The rollouts that took others back, by the others' ids.
  func takenBack() async throws -> [String: RolloutRecord] {
    guard let journal = place.journal else { return [:] }
    var found: [String: RolloutRecord] = [:]
    for rollout in try await journal.rollouts(in: place.environment, limit: Self.rolloutsMax)
    where rollout.outcome == RolloutMachine.Outcome.rolledBack.rawValue {
      guard let former = try await CompletedRollout.takenBack(by: rollout, in: journal) else {
        continue
      }
      found[former] = found[former] ?? rollout
    }
    return found
  }

  /// Who began a rollout, and why.
  private func asked(_ rollout: RolloutRecord) async throws -> Person? {
    guard let first = try await place.journal?.facts(of: rollout.id, after: 0, limit: 1).first,
      case .started(let person) = first.fact
    else { return nil }
    return person
  }

  // MARK: Recording

  /// The record that a completed rollout makes.
  func record(of file: MigrationFile, by rollout: RolloutRecord) async throws -> MigrationRecord {
    var by = ""
    var skipped: [String] = []
    if let journal = place.journal {
      let loaded = try await LoadedRollout.load(
        rollout, from: journal, wiring: place.context.wiring)
      skipped = loaded.machine.steps.filter { $0.state == .skipped }.map(\.id)
      by = try await asked(rollout)?.name ?? ""
    }
    return MigrationRecord(
      environment: place.environment, order: file.order, name: file.name, digest: file.digest,
      at: rollout.ended ?? rollout.started, by: by, rollout: rollout.id, outcome: .applied,
      reason: skipped.isEmpty ? "" : "left out by a person: \(skipped.joined(separator: ", "))")
  }
}
