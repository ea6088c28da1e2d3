internal import JSON
internal import JournalStore
internal import Resources
internal import Rollouts

/// What a second look at an applied migration found.
struct MigrationProof: Sendable {
  struct Step: Sendable {
    let id: String
    let verdict: Verdict
    /// What has changed the same tables since, where the step does not pass any more.
    var later: [LaterChanges.Change] = []

    /// Whether what it did can still be told from what others did after it.
    var isSuperseded: Bool { !later.isEmpty }
  }

  let record: MigrationRecord
  /// What was held against the file, the journal and the ledgers.
  var checks: [Verdict] = []
  /// What the verify verb of each step says now.
  var steps: [Step] = []

  /// A superseded step counts for nothing: its proof belongs to the time of its run.
  var verdict: Verdict { .all(checks + steps.filter { !$0.isSuperseded }.map(\.verdict)) }

  /// Looks at the file, the rollout, its ledgers, and asks every step to verify once more.
  ///
  /// A step that does not pass any more has not failed if a later migration or rollout is known to
  /// have changed the same table: that one is named, and answers for the table now.
  static func of(
    _ record: MigrationRecord, _ file: MigrationFile?, _ later: LaterChanges,
    in place: MigrationPlace
  ) async throws -> MigrationProof {
    var proof = MigrationProof(record: record)
    proof.checks.append(digestVerdict(record, file))
    guard let id = record.rollout else {
      proof.checks.append(.inconclusive("it was recorded without a rollout; nothing to repeat"))
      return proof
    }
    guard let journal = place.journal, let rollout = try await journal.rollout(id) else {
      proof.checks.append(.inconclusive("rollout \(id) is not in this journal"))
      return proof
    }
    guard rollout.outcome == RolloutMachine.Outcome.completed.rawValue else {
      proof.checks.append(.failed("rollout \(id) is \(rollout.outcome ?? "open")"))
      return proof
    }
    let loaded = try await CompletedRollout(
      rollout, from: journal, wiring: place.context.wiring
    ).loaded
    let imbalances = loaded.machine.ledgerProblems
    let ledgers = loaded.machine.steps.flatMap { $0.report?.ledgers ?? [] }
    proof.checks.append(
      imbalances.isEmpty
        ? .passed("\(Words.count(ledgers.count, "ledger")) balanced")
        : .failed(imbalances.joined(separator: "; ")))
    for step in loaded.machine.steps where step.state == .done && !step.definition.isGate {
      guard let plan = step.plan else { continue }
      let verdict = await verify(step, plan, loaded, place)
      let tables = (step.report?.ledgers ?? []).map(\.to)
      proof.steps.append(
        Step(
          id: step.id, verdict: verdict,
          later: verdict.isPassed ? [] : later.changes(of: tables, after: rollout)))
    }
    return proof
  }

  private static func digestVerdict(_ record: MigrationRecord, _ file: MigrationFile?) -> Verdict {
    guard let file else { return .inconclusive("its file is gone") }
    guard let digest = record.digest else { return .inconclusive("no digest was recorded") }
    return digest.utf8.elementsEqual(file.digest.utf8)
      ? .passed("the file is the one that was applied")
      : .failed("the file was edited since it was applied")
  }

  private static func verify(
    _ step: RolloutMachine.Step, _ plan: String, _ loaded: LoadedRollout, _ place: MigrationPlace
  ) async -> Verdict {
    let wiring = place.context.wiring
    let source = PlaybookSteps(
      loaded.playbook, rollout: loaded.record.id, catalog: wiring.actions, outside: wiring.outside,
      workFolder: "\(WorkFolder.of(place.options.journal.path))/\(loaded.record.id)")
    let machine = loaded.machine
    do throws(Failure) {
      let verbs = try source.verbs(of: step.id, in: machine) { machine.view }
      let pace = Pace(
        clock: wiring.clock, isAskedToStop: { false }, show: { _ in },
        record: { (_: String) async throws(Failure) in })
      return try await verbs.verify(plan, report: step.report ?? StepReport(), pace: pace).verdict
    } catch {
      return .inconclusive(error.summary)
    }
  }

  var json: JSONValue {
    [
      "type": "proof", "order": .string(record.order.text), "name": .string(record.name),
      "verdict": .string(Self.word(verdict)),
      "checks": .array(checks.map(Self.json)),
      "steps": .array(
        steps.map { step in
          var value = Self.json(step.verdict)
          value["step"] = .string(step.id)
          if step.isSuperseded {
            value["verdict"] = "superseded"
            value["by"] = .array(step.later.map { .string($0.title) })
          }
          return value
        }),
    ]
  }

  private static func json(_ verdict: Verdict) -> JSONValue {
    ["verdict": .string(word(verdict)), "detail": .string(verdict.detail)]
  }

  private static func word(_ verdict: Verdict) -> String {
    switch verdict {
    case .passed: "passed"
    case .failed: "failed"
    case .inconclusive: "inconclusive"
    }
  }

  var lines: [Line] {
    ["\(Self.sign(verdict)) \(record.title, .strong)"]
      + checks.map { "    \(Self.sign($0)) \($0.detail)" }
      + steps.map(Self.line)
  }

  private static func line(_ step: Step) -> Line {
    guard step.isSuperseded else {
      return "    \(sign(step.verdict)) \(step.id, .accent): \(step.verdict.detail)"
    }
    let others = step.later.map(\.description).joined(separator: ", ")
    return "    \("·", .faint) \(step.id, .accent): verified when it was run; since then "
      + "\(others, .strong)"
  }

  private static func sign(_ verdict: Verdict) -> Line {
    switch verdict {
    case .passed: Line("✓", .good)
    case .failed: Line("✗", .bad)
    case .inconclusive: Line("?", .warning)
    }
  }
}
