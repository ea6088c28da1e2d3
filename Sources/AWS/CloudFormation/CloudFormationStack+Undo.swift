package import Resources

extension CloudFormationStack {
  /// How the provider shows a value that it hides.
  private static let hiddenValue = "****"

  package func snapshot() async throws(Failure) -> StackSnapshot? {
    guard let facts = try await api.stack(name), facts.phase == .steady || facts.phase == .stuck
    else { return nil }
    let hidden = facts.parameters.filter { $0.value == Self.hiddenValue }.map(\.key)
    return StackSnapshot(
      id: facts.id, template: try await api.template(of: facts.id, isProcessed: false),
      parameters: Dictionary(
        facts.parameters.filter { $0.value != Self.hiddenValue }.map { ($0.key, $0.value) },
        uniquingKeysWith: { $1 }),
      hidden: hidden, tags: facts.tags, capabilities: facts.capabilities,
      templateBucket: nil)
  }

  package func restore(
    _ snapshot: StackSnapshot, undoing changes: [StackChange], watch: StackWatch
  ) async throws(Failure) {
    let template = StackTemplate(
      location: "", parameters: snapshot.parameters,
      settings: StackSettings(
        capabilities: snapshot.capabilities, tags: snapshot.tags,
        templateBucket: snapshot.templateBucket))
    for _ in 0..<Self.restsMax {
      try watch.checkStop()
      guard let facts = try await api.stack(name), facts.id == snapshot.id else {
        throw .refused(
          "\(url) is not the stack that was changed; it was deleted or made anew since",
          hint: "Find out who did so; 'cutover skip' leaves it as it is.")
      }
      switch facts.phase {
      case .changing: try await waitForAnyEnd(facts, watch)
      case .stuck: try await continueRollback(facts, watch)
      case .steady: return try await goBack(to: snapshot, changes, template, facts, watch)
      case .dead, .empty, .gone, .unknown: throw isUnknown(facts)
      }
    }
    throw .transient("\(url) does not come to rest", hint: "Look who changes it, then retry.")
  }

  private static let restsMax = 8

  /// On the way back a failed change of ours is no reason to stop.
  private func waitForAnyEnd(_ facts: StackFacts, _ watch: StackWatch) async throws(Failure) {
    let event = try await StackEvents.present(api, stack: facts.id)
    guard facts.status.contains("CLEANUP") || event?.token.hasPrefix(mark) == true else {
      throw .transient(
        "\(url) is \(facts.status), begun by somebody else",
        hint: "Let that come to its end; this is tried again.")
    }
    var events = StackEvents(api, stack: facts.id, after: nil, token: event?.token)
    _ = try await rest(&events, facts.id, watch)
  }

  /// Deploys the former template; what this step added goes, and nothing else may.
  private func goBack(
    to snapshot: StackSnapshot, _ made: [StackChange], _ template: StackTemplate,
    _ facts: StackFacts, _ watch: StackWatch
  ) async throws(Failure) {
    let source = try await StackTemplateSource.make(
      snapshot.template, called: "of \(url) as it was", bucket: snapshot.templateBucket,
      api.client, context)
    guard let tree = try await makeChangeSet(source, template, of: facts) else { return }
    // What was made anew once is made anew again; what the step had nothing to do with stays.
    let own = Set(made.map(\.resource.name))
    let refused = tree.changes.filter { $0.allowance != nil && !own.contains($0.resource.name) }
    guard refused.isEmpty else {
      try await discard(tree.root.id)
      throw Self.refusal(refused, url)
    }
    let mark = try await StackEvents.mark(api, stack: facts.id)
    try await watch.note(
      "bringing the former template of \(name) back: \(tree.changes.count) resources, "
        + "change set \(tree.root.id)")
    _ = try await api.ask(
      "ExecuteChangeSet",
      [
        ("ChangeSetName", tree.root.id),
        (
          "ClientRequestToken",
          self.mark + (tree.root.id.split(separator: "/").last.map(String.init) ?? "")
        ),
      ])
    var events = StackEvents(api, stack: facts.id, after: mark, token: nil)
    _ = try await follow(&events, facts.id, watch)
  }
}
