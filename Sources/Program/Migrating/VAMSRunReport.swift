internal import Actions
internal import Foundation
internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// What a migration's rollout did, as one JSON object.
///
/// For each step it has the accounts with reasons and digests, what verification said, and every item
/// that was rejected with its key.
struct VAMSRunReport {
  let migration: String
  let loaded: LoadedRollout
  /// What verification said last, by step.
  private let verdicts: [String: Verdict]
  /// The folder of the rollout's files.
  private let folder: String

  /// The newest rollout of an environment that was open at a moment or later; nil without one.
  static func newest(
    of migration: String, in environment: String, since moment: Timestamp?,
    journal: JournalOption, _ context: Context
  ) async throws -> VAMSRunReport? {
    guard FileManager.default.fileExists(atPath: journal.path) else { return nil }
    let book = try await journal.open(.read, in: context)
    guard let record = try await Selection.latest(in: environment, of: book)?.record else {
      return nil
    }
    if let moment, let ended = record.ended, ended < moment { return nil }
    var loaded = try LoadedRollout(record, wiring: context.wiring)
    var verdicts: [String: Verdict] = [:]
    try await loaded.catchUp(from: book) { fact, _ in
      switch fact.fact {
      case .verified(let step, let verification): verdicts[step] = verification.verdict
      case .applied(let step, _): verdicts[step] = nil
      case _: break
      }
    }
    return VAMSRunReport(
      migration: migration, loaded: loaded, verdicts: verdicts,
      folder: "\(WorkFolder.of(journal.path))/\(record.id)")
  }

  /// Whether every step has done what it should, and every account balances.
  var isGood: Bool {
    loaded.machine.outcome == .completed && loaded.machine.ledgerProblems.isEmpty
  }

  /// Where it stands for the file of `--report`: beside the report of an old script, if there is one.
  static func path(for report: String, isBeside: Bool) -> String {
    guard isBeside else { return report }
    let stem = report.hasSuffix(".csv") ? String(report.dropLast(4)) : report
    return "\(stem)_steps.json"
  }

  func write(to path: String, at now: Timestamp) async throws {
    let text = try await json(at: now).pretty() + "\n"
    do {
      let folder = (path as NSString).deletingLastPathComponent
      if !folder.isEmpty {
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: true)
      }
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw Refusal(
        .badInput, "the report cannot be written to \(path): \(error.localizedDescription)",
        hint: "Make room, or name another file with --report. The data are not affected.")
    }
  }

  private func json(at now: Timestamp) async throws -> JSONValue {
    let (record, machine) = (loaded.record, loaded.machine)
    var steps: [JSONValue] = []
    for step in machine.steps { steps.append(try await json(step)) }
    return [
      "migration": .string(migration), "environment": .string(record.environment),
      "rollout": .string(record.id), "outcome": FactJSON.text(machine.outcome?.rawValue),
      "started": FactJSON.moment(record.started),
      "ended": record.ended.map { FactJSON.moment($0) } ?? .null, "written": FactJSON.moment(now),
      "unbalanced": .array(machine.ledgerProblems.map { .string($0) }), "steps": .array(steps),
    ]
  }

  private func json(_ step: RolloutMachine.Step) async throws -> JSONValue {
    var value: JSONValue = [
      "id": .string(step.id), "action": .string(step.definition.action),
      "state": .string(step.state.word),
    ]
    if let reason = step.omission { value["leftOut"] = .string(reason) }
    if case .stopped(let phase, let failure) = step.state {
      value["failure"] = [
        "phase": .string(phase.rawValue), "summary": .string(failure.summary),
        "hint": .string(failure.hint),
      ]
    }
    if let verdict = verdicts[step.id] {
      value["verification"] = [
        "verdict": .string(Self.word(verdict)), "detail": .string(verdict.detail),
      ]
    }
    for (name, text) in (step.report?.outputs ?? [:]).sorted(by: { $0.key < $1.key }) {
      var outputs = value["outputs"] ?? .object([])
      outputs[name] = .string(text)
      value["outputs"] = outputs
    }
    let ledgers = step.report?.ledgers ?? []
    if !ledgers.isEmpty {
      value["ledgers"] = .array(try ledgers.map { try JSONValue(encoding: $0) })
    }
    if step.definition.action == TablesMigrate.name {
      let rejects = try await MigrationReject.all(inWorkFolder: "\(folder)/\(step.id)")
      value["rejects"] = .array(
        rejects.map { ["key": .string($0.key), "reason": .string($0.reason)] })
    }
    return value
  }

  private static func word(_ verdict: Verdict) -> String {
    switch verdict {
    case .passed: "passed"
    case .failed: "failed"
    case .inconclusive: "inconclusive"
    }
  }
}
