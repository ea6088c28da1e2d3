import JSON
package import Resources

/// Finds the verbs of a step in the catalog, with its references resolved from what is recorded.
package struct PlaybookSteps: StepSource {
  private let playbook: Playbook
  private let rollout: String
  private let catalog: ActionCatalog
  private let outside: Site.Outside
  private let workFolder: String
  private let isPreview: Bool
  private let writeRateMax: Int?

  /// `workFolder` is the rollout's own; each step gets a folder inside.
  ///
  /// `writeRateMax` is for a preview; a rollout has it in its journal.
  package init(
    _ playbook: Playbook, rollout: String, catalog: ActionCatalog, outside: Site.Outside,
    workFolder: String, isPreview: Bool = false, writeRateMax: Int? = nil
  ) {
    self.playbook = playbook
    self.rollout = rollout
    self.catalog = catalog
    self.outside = outside
    self.workFolder = workFolder
    self.isPreview = isPreview
    self.writeRateMax = writeRateMax
  }

  package func verbs(
    of id: String, in machine: RolloutMachine,
    record: @escaping @Sendable () async -> RolloutRecordView
  ) throws(Failure) -> any StepVerbs {
    guard let step = playbook.step(id), let action = catalog.action(named: step.uses) else {
      throw .permanent(
        "step \(id) uses an action that this program does not have",
        hint: "Carry on with the version that began the rollout.")
    }
    let outputs = { (step: String, name: String) in machine.step(step)?.report?.outputs[name] }
    if step.condition != nil {
      if let plan = machine.step(id)?.boundPlan {
        if let omission = StepOmission(plan: plan) { return OmittedStep(omission: omission) }
      } else if let reason = try playbook.omission(of: id, from: machine.from, outputs: outputs) {
        return OmittedStep(omission: StepOmission(reason))
      }
    }
    let input = try playbook.input(of: id, from: machine.from, outputs: outputs)
    var site = Site(
      rollout: rollout, environment: playbook.environment, step: id, from: machine.from,
      to: machine.to, isPreview: isPreview, workFolder: "\(workFolder)/\(id)",
      live: try playbook.liveIndicator(), outside: outside, record: record)
    site.playbookFolder = playbook.folder
    site.writeRateMax = machine.writeRateMax ?? writeRateMax
    var verbs = try action.verbs(for: input, in: site)
    if !step.closes.isEmpty { verbs = ClosingStep(inner: verbs) }
    if isPreview || step.before.isEmpty && step.afterwards.isEmpty { return verbs }
    return GuardedStep(
      inner: verbs, step: id, clock: outside.context.clock,
      before: try guards(step.before, site, machine.from, outputs),
      afterwards: try guards(step.afterwards, site, machine.from, outputs))
  }

  /// Invariants ready to be looked at, each in a folder of its own.
  private func guards(
    _ names: [String], _ site: Site, _ from: Colour,
    _ outputs: @escaping (_ step: String, _ name: String) -> String?
  ) throws(Failure) -> [GuardedStep.Guard] {
    var guards: [GuardedStep.Guard] = []
    for name in names {
      guard let invariant = playbook.invariant(name),
        let action = catalog.action(named: invariant.uses)
      else {
        throw .permanent(
          "the invariant \(name) uses an action that this program does not have",
          hint: "Carry on with the version that began the rollout.")
      }
      var site = site
      site.workFolder += "/invariants/\(name)"
      let input = try playbook.input(of: invariant, from: from, outputs: outputs)
      guards.append(.init(name: name, verbs: try action.verbs(for: input, in: site)))
    }
    return guards
  }
}

extension RolloutMachine.Step {
  /// The plan that holds; nil while the step is to be planned, for the first time or anew.
  var boundPlan: String? {
    switch state {
    case .waiting, .active(.plan, _), .backingOff(.plan, _, _), .stopped(.plan, _): nil
    case .active, .backingOff, .stopped, .done, .skipped, .undone, .left: plan
    }
  }
}
