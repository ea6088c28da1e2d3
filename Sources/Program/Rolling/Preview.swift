internal import JSON
internal import Resources
internal import Rollouts

/// What a rollout would do, found out by asking every step to plan; nothing is changed.
struct Preview: Sendable {
  struct Step: Sendable {
    let id: String
    let title: String?
    let action: String
    let after: [String]
    /// Steps of one wave run side by side.
    let wave: Int
    let definition: StepDefinition
    let reversal: Reversal
    let outcome: Outcome

    /// False for the step that cannot be taken back, and for none before it.
    var isReversible: Bool {
      if case .planned(let plan) = outcome { plan.isReversible } else { reversal.isReversible }
    }

    var estimate: Estimate? {
      if case .planned(let plan) = outcome { plan.estimate } else { nil }
    }
  }

  enum Outcome: Sendable {
    case planned(RecordedPlan)
    /// It needs what an earlier step gives, and so is planned when it is reached.
    case later(String)
    case failed(Failure)

    /// Without any secret that was given out; the preview is shown and goes into the journal.
    func redacted(by secrets: Secrets) -> Outcome {
      switch self {
      case .planned(var plan):
        plan.plan = secrets.redact(plan.plan)
        plan.changes = plan.changes.map(secrets.redact)
        return .planned(plan)
      case .later(let reason): return .later(secrets.redact(reason))
      case .failed(let failure):
        return .failed(
          Failure(
            failure.kind, secrets.redact(failure.summary), hint: secrets.redact(failure.hint)))
      }
    }
  }

  let environment: String
  let from: Colour
  let to: Colour
  /// In the order of waves, and within a wave in that of the playbook.
  let steps: [Step]

  /// Why the rollout would not come through as it stands.
  var problems: [(step: String, failure: Failure)] {
    steps.compactMap { step in
      if case .failed(let failure) = step.outcome { (step.id, failure) } else { nil }
    }
  }

  /// Where going back ends, if it does: the first step that cannot be undone.
  var pointOfNoReturn: Int? { steps.firstIndex { !$0.isReversible } }

  /// Plans every step of a playbook, side by side, each against the world as it is now.
  static func make(
    _ playbook: Playbook, from: Colour, wiring: Wiring, workFolder: String,
    writeRateMax: Int? = nil
  ) async throws -> Preview {
    let definitions = try playbook.definitions(in: wiring.actions, from: from)
    let machine = RolloutMachine(definitions, from: from)
    let source = PlaybookSteps(
      playbook, rollout: ProviderContext.previewPurpose, catalog: wiring.actions,
      outside: wiring.outside, workFolder: workFolder, isPreview: true, writeRateMax: writeRateMax)
    let outcomes = await withTaskGroup(of: (String, Outcome).self) { group in
      for step in playbook.steps {
        group.addTask {
          (step.id, await plan(step, source, machine).redacted(by: wiring.secrets))
        }
      }
      var outcomes: [String: Outcome] = [:]
      for await (id, outcome) in group { outcomes[id] = outcome }
      return outcomes
    }
    let waves = waves(of: definitions)
    let steps = zip(playbook.steps, definitions).map { step, definition in
      Step(
        id: step.id, title: playbook.title(of: step, from: from), action: step.uses,
        after: definition.after,
        wave: waves[step.id] ?? 0, definition: definition,
        reversal: wiring.actions.action(named: step.uses)?.reversal ?? .exact,
        outcome: outcomes[step.id] ?? .later("it was not planned"))
    }
    return Preview(
      environment: playbook.environment, from: from, to: from.other,
      steps: steps.enumerated()
        .sorted { ($0.element.wave, $0.offset) < ($1.element.wave, $1.offset) }.map(\.element))
  }

  private static func plan(
    _ step: Playbook.Step, _ source: PlaybookSteps, _ machine: RolloutMachine
  ) async -> Outcome {
    do throws(Failure) {
      return .planned(try await source.verbs(of: step.id, in: machine) { machine.view }.plan())
    } catch {
      // What refers to an output that does not exist yet can only be told later.
      return step.needsOutputs ? .later(error.summary) : .failed(error)
    }
  }

  /// The first wave a step can be in: one after the last of those that it waits for.
  static func waves(of definitions: [StepDefinition]) -> [String: Int] {
    var waves: [String: Int] = [:]
    // Steps may stand in any order; each round settles at least one, or there is a cycle.
    for _ in definitions {
      for step in definitions where waves[step.id] == nil {
        let needed = step.after.map { waves[$0] }
        guard needed.allSatisfy({ $0 != nil }) else { continue }
        waves[step.id] = (needed.compactMap { $0 }.max() ?? 0) + 1
      }
    }
    return waves
  }
}
