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

  /// The record that a completed rollout makes.
  func record(of file: MigrationFile, by rollout: RolloutRecord) async throws -> MigrationRecord {
    var by = ""
    var skipped: [String] = []
    if let journal = place.journal {
      let loaded = try await LoadedRollout.load(
        rollout, from: journal, wiring: place.context.wiring)
      skipped = loaded.machine.steps.filter { $0.state == .skipped }.map(\.id)
      if case .started(let person) = try await journal.facts(of: rollout.id, after: 0, limit: 1)
        .first?.fact
      {
        by = person.name
      }
    }
    return MigrationRecord(
      environment: place.environment, order: file.order, name: file.name, digest: file.digest,
      at: rollout.ended ?? rollout.started, by: by, rollout: rollout.id, outcome: .applied,
      reason: skipped.isEmpty ? "" : "left out by a person: \(skipped.joined(separator: ", "))")
  }
}
