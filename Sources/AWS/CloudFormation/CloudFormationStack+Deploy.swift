internal import Digests
package import Resources

extension CloudFormationStack {
  /// How often a state that stands in the way is put aside in one call.
  private static let attemptsMax = 8
  /// How long one operation may take; the next call carries on waiting.
  static let operationWaitMax = Duration.seconds(6 * 3600)

  package func deploy(
    _ template: StackTemplate, as plan: StackChangePlan, watch: StackWatch
  ) async throws(Failure) -> [String: String] {
    try await bringUp(template, planned: plan, watch)
  }

  func bringUp(
    _ template: StackTemplate, planned: StackChangePlan?, _ watch: StackWatch
  ) async throws(Failure) -> [String: String] {
    for _ in 0..<Self.attemptsMax {
      try watch.checkStop()
      let facts = try await api.stack(name)
      switch facts?.phase ?? .gone {
      case .gone, .empty:
        return try await change(template, nil, shell: facts, planned, watch)
      case .steady:
        return try await change(template, facts, shell: nil, planned, watch)
      case .changing: if let facts { try await sitOut(facts, watch) }
      case .dead: if let facts { try await clear(facts, planned, watch) }
      case .stuck:
        guard let facts else { continue }
        guard template.settings?.continuesRollback == true else { throw isStuck(facts) }
        try await continueRollback(facts, watch)
      case .unknown: if let facts { throw isUnknown(facts) }
      }
    }
    throw .transient("\(url) does not come to rest", hint: "Look who changes it, then retry.")
  }

  /// Makes the change that was planned, or the same one anew.
  private func change(
    _ template: StackTemplate, _ facts: StackFacts?, shell: StackFacts?,
    _ planned: StackChangePlan?, _ watch: StackWatch
  ) async throws(Failure) -> [String: String] {
    guard let tree = try await changeSet(template, facts, shell: shell, planned) else {
      return facts?.outputValues ?? [:]
    }
    let found = plan(of: tree, isKept: true)
    let refused = found.refused(allowing: template.settings?.allow ?? [])
    guard refused.isEmpty else {
      try await discard(tree.root.id)
      throw Self.refusal(refused, url)
    }
    let mark = try await eventMark(tree.root.stackID)
    let token = self.mark + (tree.root.id.split(separator: "/").last.map(String.init) ?? "")
    // The journal's word comes first: what is begun below may outlive this process.
    try await watch.note(
      "\(facts == nil ? "creating" : "changing") \(name): \(tree.changes.count) resources, "
        + "change set \(tree.root.id)")
    try watch.checkStop()
    do throws(AWSFailure) {
      _ = try await api.call(
        "ExecuteChangeSet",
        [("ChangeSetName", tree.root.id), ("ClientRequestToken", token)])
    } catch {
      // An answer that was lost: the first try is being carried out.
      let now = try await ChangeSet.read(tree.root.id, of: nil, path: [], api)
      guard let now, now.execution.hasPrefix("EXECUTE_") else { throw error.failure(url) }
    }
    var events = StackEvents(api, stack: tree.root.stackID, after: mark, token: nil)
    return try await follow(&events, tree.root.stackID, watch).outputValues
  }

  static func refusal(_ changes: [StackChange], _ url: ResourceURL) -> Failure {
    let list = changes.map(\.line).joined(separator: "; ")
    let allow = changes.compactMap(\.allowance).map { "\"\($0)\"" }.joined(separator: ", ")
    return .refused(
      "\(url) is not changed, because data would be lost: \(list)",
      hint: "If that is meant, save the data and write allow: [\(allow)] into the step.")
  }

  private func eventMark(_ stack: String) async throws(Failure) -> String? {
    try await StackEvents.mark(api, stack: stack)
  }

  /// The planned change set while it holds; otherwise a new one that does nothing more.
  private func changeSet(
    _ template: StackTemplate, _ facts: StackFacts?, shell: StackFacts?,
    _ planned: StackChangePlan?
  ) async throws(Failure) -> ChangeSetTree? {
    if let id = planned?.id, let set = try await ChangeSet.read(id, of: nil, path: [], api),
      set.isReady, set.stackID == (facts ?? shell)?.id
    {
      let tree = try await ChangeSetTree.read(from: set, api)
      if tree.changes == planned?.changes { return tree }
    }
    if let shell { _ = try await clearShell(shell) }
    guard let tree = try await makeChangeSet(try await source(of: template), template, of: facts)
    else { return nil }
    // A plan that could not be worked out beforehand has nothing to be compared with.
    guard let planned, !planned.changes.isEmpty else { return tree }
    let known = Set(planned.changes.map(Self.essence))
    let new = tree.changes.filter { !known.contains(Self.essence($0)) }
    guard new.isEmpty else {
      try await discard(tree.root.id)
      throw .refused(
        "\(url) would now be changed in a way that was not planned: "
          + new.map(\.line).joined(separator: "; "),
        hint: "Find out who changed the stack or the template; roll back or begin anew.")
    }
    return tree
  }

  /// What must be as planned: not the physical name, which a former try may have made.
  private static func essence(_ change: StackChange) -> String {
    "\(change.kind.rawValue) \(change.resource.name) \(change.resource.type)"
  }

  // MARK: Waiting

  /// Waits until the stack is at rest, telling its events; throws when it went wrong.
  func follow(
    _ events: inout StackEvents, _ id: String, _ watch: StackWatch
  ) async throws(Failure) -> StackFacts {
    guard let facts = try await rest(&events, id, watch) else { throw vanished }
    switch facts.status {
    case "CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE": return facts
    case _: throw failure(facts, events.causes())
    }
  }

  func failure(_ facts: StackFacts, _ causes: [String]) -> Failure {
    let why = causes.isEmpty ? facts.reason ?? "no event says why" : causes.joined(separator: "; ")
    return .permanent(
      "\(url) is \(facts.status): \(why)",
      hint: "Mend what the first of these names, then 'cutover retry'.")
  }

  private var vanished: Failure {
    .transient("\(url) vanished while it was changed", hint: "Look who deleted it.")
  }

  /// The state of the stack once nothing moves any more; nil when it is not known any more.
  func rest(
    _ events: inout StackEvents, _ id: String, _ watch: StackWatch
  ) async throws(Failure) -> StackFacts? {
    let deadline = context.clock.now() + Self.operationWaitMax
    var pause = PollPause()
    while true {
      for event in try await events.read() {
        watch.show(event.line)
        if event.isOfStack || event.isFailure { try await watch.note(event.line) }
      }
      try watch.checkStop()
      guard let facts = try await api.stack(id) else { return nil }
      // The status may be told from before the operation; its events are not.
      let isOver = events.latest.map { !$0.isInProgress } ?? false
      if isOver, facts.phase != .changing, facts.phase != .empty {
        // What came between the events and the status.
        for event in try await events.read() where event.isFailure || event.isOfStack {
          try await watch.note(event.line)
        }
        return facts
      }
      guard context.clock.now() < deadline else {
        throw .transient(
          "\(url) is still \(facts.status) after \(Self.operationWaitMax)",
          hint: "Look at its events; 'cutover resume' carries on waiting.")
      }
      try await pause.wait(on: context.clock)
    }
  }

  /// Waits for an operation that is under way, ours or the cleaning up after one.
  func sitOut(_ facts: StackFacts, _ watch: StackWatch) async throws(Failure) {
    let event = try await StackEvents.present(api, stack: facts.id)
    let token = event?.token ?? ""
    let isCleanup = facts.status.contains("CLEANUP")
    guard isCleanup || (!token.isEmpty && token.hasPrefix(mark)) else {
      let who = token.isEmpty ? "" : " (token \(token))"
      throw .transient(
        "\(url) is \(facts.status), begun by somebody else\(who)",
        hint: "Let that come to its end; this step is tried again.")
    }
    try await watch.note("waiting for \(name), which is \(facts.status)")
    var events = StackEvents(api, stack: facts.id, after: nil, token: token)
    guard let end = try await rest(&events, facts.id, watch), !isCleanup, end.phase != .gone
    else { return }
    guard ["CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"].contains(end.status) else {
      throw failure(end, events.causes())
    }
  }

  /// Deletes a stack that never came up, if the plan said so or this step made it.
  private func clear(
    _ facts: StackFacts, _ planned: StackChangePlan?, _ watch: StackWatch
  ) async throws(Failure) {
    let isPlanned = planned?.clears == facts.id
    let event = try await StackEvents.present(api, stack: facts.id)
    let isOurs = event.map { $0.token.hasPrefix(mark) } ?? false
    guard isOurs || Self.neverCameUp(facts) else { throw isHalfDeleted(facts) }
    guard isPlanned || isOurs else {
      throw .refused(
        "\(url) is \(facts.status) and takes no changes; it was not this step that made it",
        hint: "Delete it: aws cloudformation delete-stack --stack-name \(name); then retry.")
    }
    try await watch.note("deleting \(name), which is \(facts.status), to make it anew")
    try await delete(facts, StackDemolition(), watch)
  }

  /// Carries a failed rollback on; what it cannot put back is named.
  func continueRollback(_ facts: StackFacts, _ watch: StackWatch) async throws(Failure) {
    let mark = try await eventMark(facts.id)
    try await watch.note("carrying on the rollback of \(name), which is \(facts.status)")
    let operation =
      facts.status == "UPDATE_ROLLBACK_FAILED" ? "ContinueUpdateRollback" : "RollbackStack"
    _ = try await api.ask(
      operation,
      [
        ("StackName", facts.id),
        ("ClientRequestToken", self.mark + Hex.text(Randomness.bytes(6))),
      ] + serviceRole)
    var events = StackEvents(api, stack: facts.id, after: mark, token: nil)
    guard let end = try await rest(&events, facts.id, watch) else { throw vanished }
    guard end.phase == .steady else { throw failure(end, events.causes()) }
  }
}
