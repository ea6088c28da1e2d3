import Resources

extension Pilot {
  /// What becomes of a request: the fact that it leads to, or why it cannot be.
  package func answer(_ request: RequestRecord) -> Entry {
    switch judged(request.verb) {
    case .success(let fact): .record(fact, answering: request.id)
    case .failure(let refusal): .refuse(request: request.id, because: refusal.reason)
    }
  }

  /// Somebody pressed Ctrl-C: pause, unless it is paused.
  package func interrupted(by person: Person) -> [Entry] {
    machine.pause == nil && machine.outcome == nil
      ? [.record(.paused(by: person), answering: nil)] : []
  }

  /// Whether a verb may pass the point of no return now.
  package func mayCross(_ effect: Effect) -> Bool {
    guard let id = effect.step, let run = running[id], run.effect == effect else { return false }
    return !run.isStopping && machine.pause == nil && machine.outstanding.contains(effect)
  }

  private struct Refusal: Error {
    let reason: String
  }

  private func judged(_ verb: RequestVerb) -> Result<Fact, Refusal> {
    if machine.outcome != nil { return .failure(Refusal(reason: "the rollout has ended")) }
    switch verb {
    case .pause(let person):
      return machine.pause == nil
        ? .success(.paused(by: person)) : .failure(Refusal(reason: "it is paused already"))
    case .resume(let person):
      return machine.pause == nil
        ? .failure(Refusal(reason: "it is not paused")) : .success(.resumed(by: person))
    case .rollback(let person):
      if let reason = machine.rollbackRefusal { return .failure(Refusal(reason: reason)) }
      return .success(.rollbackRequested(by: person))
    case .approve(let id, let person):
      return gate(id, person) { .approved(step: $0, by: person) }
    case .reject(let id, let person):
      return gate(id, person) { .rejected(step: $0, by: person) }
    case .retry(let id, let person):
      guard let step = machine.step(id) else { return .failure(unknown(id)) }
      guard case .stopped(let phase, _) = step.state, (phase == .undo) == machine.isBackward
      else { return .failure(Refusal(reason: "\(id) is \(step.state.word), not stopped")) }
      return .success(.retried(step: id, by: person))
    case .skip(let id, let person):
      guard let step = machine.step(id) else { return .failure(unknown(id)) }
      if person.reason.isEmpty { return .failure(Refusal(reason: "skipping needs a reason")) }
      if let run = running[id], run.isStopping, !machine.isBackward {
        return .failure(Refusal(reason: "\(id) is still stopping; ask again in a moment"))
      }
      if let reason = machine.skipRefusal(step) { return .failure(Refusal(reason: reason)) }
      return .success(.skipped(step: id, by: person))
    }
  }

  private func gate(
    _ id: String, _ person: Person, _ fact: (String) -> Fact
  ) -> Result<Fact, Refusal> {
    guard let step = machine.step(id) else { return .failure(unknown(id)) }
    guard let rule = step.definition.gateRule else {
      return .failure(Refusal(reason: "\(id) is not a gate"))
    }
    guard !machine.isBackward, case .active(.apply, _) = step.state else {
      return .failure(Refusal(reason: "\(id) is \(step.state.word), it does not ask now"))
    }
    if let role = rule.role, person.role != role {
      return .failure(Refusal(reason: "\(id) needs the word of the role '\(role)'"))
    }
    if !rule.people.isEmpty, !rule.people.contains(person.name) {
      return .failure(
        Refusal(reason: "\(id) needs the word of \(rule.people.joined(separator: " or "))"))
    }
    if rule.isCommentRequired, person.reason.isEmpty {
      return .failure(Refusal(reason: "\(id) needs a comment"))
    }
    return .success(fact(id))
  }

  private func unknown(_ id: String) -> Refusal {
    let ids = machine.steps.map(\.id).joined(separator: ", ")
    return Refusal(reason: "there is no step '\(id)'; the steps are \(ids)")
  }
}
