internal import JSON
internal import Resources
internal import Rollouts

/// A rollout as the journal tells it: the stored playbook and the fold of its facts.
struct LoadedRollout: Sendable {
  let record: RolloutRecord
  let playbook: Playbook
  private(set) var machine: RolloutMachine
  private(set) var timeline = Timeline()

  /// Facts are read in pieces of this many, so that a long history passes through the same memory.
  private static let pageSize = 2000

  /// Reads the stored playbook, never the file that it came from.
  init(_ record: RolloutRecord, wiring: Wiring) throws {
    self.record = record
    do {
      playbook = try StoredPlaybook.read(record, wiring)
    } catch let error as PlaybookProblems {
      throw Refusal(
        .journal, "the playbook of rollout \(record.id) cannot be read any more: \(error)",
        hint: "Carry on with the version of cutover that began it.")
    }
    machine = RolloutMachine(
      try playbook.definitions(in: wiring.actions, from: record.from), from: record.from)
  }

  /// The rollout with everything that happened so far.
  static func load(
    _ record: RolloutRecord, from journal: any Journal, wiring: Wiring
  ) async throws -> LoadedRollout {
    var loaded = try LoadedRollout(record, wiring: wiring)
    try await loaded.catchUp(from: journal)
    return loaded
  }

  /// Reads the facts that were written since, and gives each with the state after it.
  mutating func catchUp(
    from journal: any Journal, _ show: (FactRecord, RolloutMachine) -> Void = { _, _ in }
  ) async throws {
    while true {
      let page = try await journal.facts(
        of: record.id, after: timeline.lastSequence, limit: Self.pageSize)
      for fact in page {
        try take(fact)
        show(fact, machine)
      }
      if page.count < Self.pageSize { return }
    }
  }

  mutating func take(_ fact: FactRecord) throws {
    do throws(RolloutMachine.InvalidFact) {
      try machine.replay(fact.fact, at: fact.at)
    } catch {
      throw Refusal(
        .journal,
        "fact \(fact.sequence) of rollout \(record.id) ('\(fact.fact.kind)') does not fit: "
          + error.because,
        hint: "Look for damage with 'cutover journal verify'; a journal of a later version needs "
          + "that version.")
    }
    timeline.take(fact)
  }
}

/// When things happened to steps.
struct Timeline: Sendable {
  struct Times: Sendable {
    var began: Timestamp?
    var ended: Timestamp?
    var note: String?
  }

  private(set) var steps: [String: Times] = [:]
  private(set) var lastSequence = 0
  private(set) var lastMoment: Timestamp?
  /// Who has driven, in order; the last one may drive still.
  private(set) var lastDriver: String?

  mutating func take(_ record: FactRecord) {
    lastSequence = record.sequence
    lastMoment = record.at
    if case .attached(let driver, _) = record.fact { lastDriver = driver }
    guard let step = record.fact.step else { return }
    switch record.fact {
    case .planned:
      steps[step, default: Times()].began = record.at
      steps[step, default: Times()].ended = nil
    case .verified, .approved, .skipped, .undone: steps[step, default: Times()].ended = record.at
    case .failed(_, _, _, _, let retryAt):
      if retryAt == nil { steps[step, default: Times()].ended = record.at }
    case .retried, .rejected: steps[step, default: Times()].ended = nil
    case .noted(_, let text): steps[step, default: Times()].note = text
    case .applied, .crossed, .retryDue: break
    case .started, .attached, .paused, .resumed, .rollbackRequested, .writesLimited, .completed,
      .rolledBack:
      break
    }
  }
}
