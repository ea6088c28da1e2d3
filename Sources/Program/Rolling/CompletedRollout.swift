internal import Foundation
internal import JournalStore
internal import Resources
internal import Rollouts

/// A rollout up to its end, as whoever takes it back needs it.
///
/// A completed rollout is never changed again. So a new one begins with all that the old one did,
/// and turns back at once: durable, resumable, and told in the history like any other.
struct CompletedRollout {
  let record: RolloutRecord
  /// The rollout as it stood before it was declared complete.
  let loaded: LoadedRollout
  /// What steps did, in order.
  private let facts: [Fact]

  private static let pageSize = 2000
  private static let markPrefix = "takes back rollout "

  init(_ record: RolloutRecord, from journal: any Journal, wiring: Wiring) async throws {
    var loaded = try LoadedRollout(record, wiring: wiring)
    var facts: [Fact] = []
    try await Self.each(of: record, in: journal) { fact in
      if case .completed = fact.fact { return }
      try loaded.take(fact)
      if Self.isOfSteps(fact.fact) { facts.append(fact.fact) }
    }
    self.record = record
    self.loaded = loaded
    self.facts = facts
  }

  /// The steps that are undone when it is taken back.
  var touched: [String] { loaded.machine.steps.filter(\.isTouched).map(\.id) }

  /// Why it cannot be taken back; nil when it can.
  var refusal: String? {
    let machine = loaded.machine
    guard record.outcome == RolloutMachine.Outcome.completed.rawValue else {
      return "it has not completed"
    }
    if let why = machine.rollbackRefusal { return why }
    return machine.live == machine.from
      ? nil
      : "it made \(machine.live.rawValue) live, and others may live on it"
  }

  /// Begins the rollout that takes this one back; it is driven like any other.
  ///
  /// `path` is the journal's, beside which the files lie that steps keep for their undo.
  func beginUndo(
    asked: Person, in journal: SQLiteJournal, at path: String, lease: Lease, wiring: Wiring
  ) async throws -> RolloutRecord {
    var undo = Beginning(wiring: wiring).record(
      loaded.playbook, text: record.playbook, name: record.playbookName, overrides: [],
      from: record.from,
      preview: Preview(
        environment: record.environment, from: record.from, to: record.to, steps: []))
    undo.parameters = record.parameters
    undo.preview = record.preview
    try link(into: undo.id, at: path)
    try await journal.begin(
      undo,
      facts: [.started(by: asked)] + facts + [
        .noted(step: nil, text: Self.markPrefix + record.id), .rollbackRequested(by: asked),
      ], lease: lease)
    return undo
  }

  /// The rollout that this one takes back; nil for one that does work of its own.
  static func takenBack(
    by rollout: RolloutRecord, in journal: any Journal
  ) async throws -> String? {
    var found: String?
    try await each(of: rollout, in: journal) { record in
      guard found == nil, case .noted(nil, let text) = record.fact, text.hasPrefix(markPrefix)
      else { return }
      found = String(text.dropFirst(markPrefix.count))
    }
    return found
  }

  private static func each(
    of rollout: RolloutRecord, in journal: any Journal, _ take: (FactRecord) throws -> Void
  ) async throws {
    var last = 0
    while true {
      let page = try await journal.facts(of: rollout.id, after: last, limit: pageSize)
      guard let newest = page.last else { return }
      last = newest.sequence
      for record in page { try take(record) }
    }
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

  /// Gives the new rollout the files that the steps of this one keep for their undo.
  private func link(into new: String, at path: String) throws {
    let work = WorkFolder.of(path)
    let files = FileManager.default
    do {
      try files.createDirectory(atPath: "\(work)/\(new)", withIntermediateDirectories: true)
      for step in touched where files.fileExists(atPath: "\(work)/\(record.id)/\(step)") {
        try files.createSymbolicLink(
          atPath: "\(work)/\(new)/\(step)", withDestinationPath: "../\(record.id)/\(step)")
      }
    } catch {
      throw Refusal(
        .journal, "the files of rollout \(record.id) cannot be reached from \(work)/\(new)",
        hint: "Nothing was changed. Check the rights of \(work).")
    }
  }
}
