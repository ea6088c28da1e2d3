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

  /// The machine as it stood before its rollout was declared complete, and the facts that say so.
  func beforeCompletion(
    _ rollout: RolloutRecord
  ) async throws -> (loaded: LoadedRollout, facts: [Fact]) {
    guard let journal = place.journal else {
      throw Refusal(.noFile, "there is no journal", hint: "Name it with --journal.")
    }
    var loaded = try LoadedRollout(rollout, wiring: place.context.wiring)
    var facts: [Fact] = []
    var last = 0
    while true {
      let page = try await journal.facts(of: rollout.id, after: last, limit: Self.pageSize)
      guard let newest = page.last else { break }
      last = newest.sequence
      for record in page {
        if case .completed = record.fact { continue }
        try loaded.take(record)
        if Self.isOfSteps(record.fact) { facts.append(record.fact) }
      }
    }
    return (loaded, facts)
  }

  private static let pageSize = 2000

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
}
