internal import Digests
package import Resources

extension CloudFormationStack: StackChangePlanner {
  /// How long CloudFormation may take to work out a change set.
  private static let changeSetWaitMax = Duration.seconds(30 * 60)

  package func prepare(
    _ template: StackTemplate, isKept: Bool
  ) async throws(Failure) -> StackChangePlan {
    let source = try await source(of: template)
    guard let facts = try await api.stack(name), facts.phase != .gone else {
      return try await prepareCreation(source, template, isKept: isKept, shell: nil)
    }
    switch facts.phase {
    case .gone, .empty:
      return try await prepareCreation(source, template, isKept: isKept, shell: facts)
    case .dead:
      guard Self.neverCameUp(facts) else { throw isHalfDeleted(facts) }
      return StackChangePlan(
        id: nil, changes: [],
        remarks: [
          "delete \(name) first: it is \(facts.status) and takes no changes",
          "create \(name) anew",
        ], clears: facts.id, isEmpty: false)
    case .changing where isKept:
      throw .transient(
        "\(url) is \(facts.status), so what a deployment would do cannot be told",
        hint: "Let that come to its end; this step is tried again.")
    case .changing:
      return StackChangePlan(
        id: nil, changes: [], remarks: ["wait until \(name), now \(facts.status), is at rest"],
        clears: nil, isEmpty: false)
    case .stuck:
      guard template.settings?.continuesRollback == true else { throw isStuck(facts) }
      return StackChangePlan(
        id: nil, changes: [],
        remarks: ["carry on the rollback of \(name), which is \(facts.status), and look again"],
        clears: nil, isEmpty: false)
    case .unknown: throw isUnknown(facts)
    case .steady:
      guard let tree = try await makeChangeSet(source, template, of: facts) else {
        return StackChangePlan(id: nil, changes: [], remarks: [], clears: nil, isEmpty: true)
      }
      if !isKept { try await discard(tree.root.id) }
      return plan(of: tree, isKept: isKept)
    }
  }

  package func discard(_ plan: StackChangePlan) async throws(Failure) {
    guard let id = plan.id else { return }
    let stack = try await ChangeSet.read(id, of: nil, path: [], api)?.stackID
    try await discard(id)
    if let stack, let facts = try await api.stack(stack) { _ = try await clearShell(facts) }
  }

  /// Whether a dead stack is what a failed creation left: nobody ever used what is in it.
  static func neverCameUp(_ facts: StackFacts) -> Bool { facts.status != "DELETE_FAILED" }

  func isHalfDeleted(_ facts: StackFacts) -> Failure {
    .refused(
      "\(url) is \(facts.status): somebody began to delete it, and some of it is left",
      hint: "Look what is left and delete the stack, or name another one; then retry.")
  }

  func isStuck(_ facts: StackFacts) -> Failure {
    .refused(
      "\(url) is \(facts.status): an update failed, and so did going back from it"
        + (facts.reason.map { ": \($0)" } ?? ""),
      hint: "Mend what the events name and write 'continueRollback: true', or run 'aws "
        + "cloudformation continue-update-rollback --stack-name \(name)', then retry.")
  }

  func isUnknown(_ facts: StackFacts) -> Failure {
    .permanent(
      "\(url) is \(facts.status), which this program does not know",
      hint: "Look at the stack in AWS.")
  }

  private func prepareCreation(
    _ source: StackTemplateSource, _ template: StackTemplate, isKept: Bool, shell: StackFacts?
  ) async throws(Failure) -> StackChangePlan {
    let isForeign = try await clearShell(shell, mayStay: !isKept)
    if isForeign, let shell { try await discardFormer(of: shell) }
    guard let tree = try await makeChangeSet(source, template, of: nil) else {
      throw .permanent(
        "\(url) cannot be made: its template makes nothing", hint: "Look at the template.")
    }
    if !isKept {
      try await discard(tree.root.id)
      // A shell that others made change sets for, maybe just now, is theirs.
      _ = try await clearShell(try await api.stack(tree.root.stackID), mayStay: true)
    }
    return plan(of: tree, isKept: isKept)
  }

  func plan(of tree: ChangeSetTree, isKept: Bool) -> StackChangePlan {
    StackChangePlan(
      id: isKept ? tree.root.id : nil, changes: tree.changes,
      remarks: tree.changes.isEmpty ? ["outputs, tags or rules of \(name), no resource"] : [],
      clears: nil, isEmpty: false)
  }

  func source(of template: StackTemplate) async throws(Failure) -> StackTemplateSource {
    try await StackTemplateSource.read(
      template.location, bucket: template.settings?.templateBucket, api.client, context)
  }

  // MARK: Change sets

  /// A change set that is ready; nil when there is nothing to do.
  func makeChangeSet(
    _ source: StackTemplateSource, _ template: StackTemplate, of facts: StackFacts?
  ) async throws(Failure) -> ChangeSetTree? {
    if let facts { try await discardFormer(of: facts) }
    let name = CloudFormationAPI.changeSetName(mark)
    var parameters: [(String, String)] = [
      ("StackName", self.name), ("ChangeSetName", name),
      ("ChangeSetType", facts == nil ? "CREATE" : "UPDATE"), ("ClientToken", name),
      ("IncludeNestedStacks", "true"), ("Description", "made by cutover for \(mark.dropLast())"),
    ]
    parameters += source.parameters + serviceRole
    parameters += try await inputs(source, template.parameters, facts)
    parameters += CloudFormationAPI.list("Capabilities", template.settings?.capabilities ?? [])
    let tags = (template.settings?.tags ?? [:]).sorted { $0.key < $1.key }
    for (index, tag) in tags.enumerated() {
      parameters.append(("Tags.member.\(index + 1).Key", tag.key))
      parameters.append(("Tags.member.\(index + 1).Value", tag.value))
    }
    let id: String
    do throws(AWSFailure) {
      let answer = try await api.call("CreateChangeSet", parameters)
      id = answer.text("Id") ?? name
    } catch {
      if Self.saysNothingToDo(error) { return nil }
      throw explained(error)
    }
    let set = try await ready(id)
    if set.isEmpty {
      try await discard(set.id)
      return nil
    }
    guard set.isReady else {
      try await discard(set.id)
      throw .permanent(
        "\(url): the change set is \(set.status): \(set.reason)",
        hint: "Mend what it names, then retry; nothing was changed.")
    }
    return try await ChangeSetTree.read(from: set, api)
  }

  /// Values as given; those that are not given stay as they are.
  private func inputs(
    _ source: StackTemplateSource, _ given: [String: String], _ facts: StackFacts?
  ) async throws(Failure) -> [(String, String)] {
    let summary = try await api.ask("GetTemplateSummary", source.parameters)
    let members = summary.members("Parameters")
    let declared = members.compactMap { $0.text("ParameterKey") }
    let shown = members.filter { $0.text("NoEcho")?.lowercased() != "true" }
      .compactMap { $0.text("ParameterKey") }
    // Whoever may look at the stack would read it there.
    if let key = shown.first(where: { given[$0].map { context.secrets.redact($0) != $0 } ?? false })
    {
      throw .refused(
        "the parameter '\(key)' of \(url) is given a secret, but the template shows its value",
        hint: "Declare it with NoEcho: true.")
    }
    let unknown = given.keys.filter { !declared.contains($0) }.sorted()
    guard unknown.isEmpty else {
      throw .permanent(
        "\(url): the template has no parameter \(unknown.joined(separator: ", "))",
        hint: "It has \(declared.isEmpty ? "none" : declared.joined(separator: ", ")).")
    }
    var lines: [(String, String)] = []
    var index = 0
    for key in declared {
      let isKnown = facts?.parameters.contains { $0.key == key } ?? false
      guard given[key] != nil || isKnown else { continue }
      index += 1
      lines.append(("Parameters.member.\(index).ParameterKey", key))
      if let value = given[key] {
        lines.append(("Parameters.member.\(index).ParameterValue", value))
      } else {
        lines.append(("Parameters.member.\(index).UsePreviousValue", "true"))
      }
    }
    return lines
  }

  private static func saysNothingToDo(_ failure: AWSFailure) -> Bool {
    guard case .service("ValidationError", let message, _) = failure.kind else { return false }
    return message.contains("No updates are to be performed")
  }

  private func explained(_ error: AWSFailure) -> Failure {
    var failure = error.failure(url)
    if error.code == "InsufficientCapabilitiesException"
      || failure.summary.contains("Requires capabilities")
    {
      failure.hint = "Write what it names into 'capabilities', such as CAPABILITY_NAMED_IAM."
    }
    return failure
  }

  private func ready(_ id: String) async throws(Failure) -> ChangeSet {
    let deadline = context.clock.now() + Self.changeSetWaitMax
    var pause = PollPause()
    while true {
      guard let set = try await ChangeSet.read(id, of: nil, path: [], api) else {
        throw .transient(
          "\(url): the change set \(id) vanished", hint: "It is made anew with the next try.")
      }
      if !set.isPending { return set }
      guard context.clock.now() < deadline else {
        throw .transient(
          "\(url): the change set \(id) is \(set.status) for too long", hint: "Look at it in AWS.")
      }
      try await pause.wait(on: context.clock)
    }
  }

  /// Takes away what former tries of this step and killed previews left.
  ///
  /// AWS keeps a limited number of change sets. One that a preview is only just having made may be
  /// somebody's who waits for it.
  private func discardFormer(of facts: StackFacts) async throws(Failure) {
    var former: [String] = []
    try await api.pages("ListChangeSets", of: "Summaries", [("StackName", facts.id)]) {
      (page) throws(Failure) in
      for member in page.members("Summaries") where member.text("StackId") == facts.id {
        let isOpen = !(member.text("ExecutionStatus") ?? "").hasPrefix("EXECUTE_")
        let isMade = !["CREATE_PENDING", "CREATE_IN_PROGRESS"].contains(member.text("Status") ?? "")
        guard isOpen, let name = member.text("ChangeSetName"), isOurs(name),
          isMade || name.hasPrefix(mark), let id = member.text("ChangeSetId")
        else { continue }
        former.append(id)
      }
      return true
    }
    for id in former { try await discard(id) }
  }

  func discard(_ changeSet: String) async throws(Failure) {
    do throws(AWSFailure) {
      _ = try await api.call("DeleteChangeSet", [("ChangeSetName", changeSet)])
    } catch {
      // One that is being carried out stays, and so does one that is gone.
      if error.code == "InvalidChangeSetStatus" || CloudFormationAPI.saysAbsent(error) { return }
      throw error.failure(url)
    }
  }

  // MARK: Shells

  /// Takes an empty shell away unless others have change sets on it; says whether they have.
  func clearShell(
    _ shell: StackFacts?, mayStay: Bool = false
  ) async throws(Failure) -> Bool {
    guard let shell, shell.phase == .empty else { return false }
    var isForeign = false
    try await api.pages("ListChangeSets", of: "Summaries", [("StackName", shell.id)]) {
      (page) throws(Failure) in
      for member in page.members("Summaries") where member.text("StackId") == shell.id {
        // That of another rollout is what it means to carry out.
        if !isOurs(member.text("ChangeSetName") ?? "") { isForeign = true }
      }
      return !isForeign
    }
    if !isForeign { try await removeShell(shell.id, mayStay: mayStay) }
    return isForeign
  }

  /// Deletes a stack that owns nothing, after looking that this is still so.
  ///
  /// Where it may stay, it does for want of the right: whoever only plans need not be able to
  /// delete stacks, and the next one takes it as it is.
  func removeShell(_ id: String, mayStay: Bool = false) async throws(Failure) {
    guard let facts = try await api.stack(id), facts.phase == .empty else { return }
    do throws(AWSFailure) {
      _ = try await api.call("DeleteStack", [("StackName", id)])
    } catch {
      if mayStay, error.isDenied { return }
      throw error.failure(url)
    }
    var pause = PollPause()
    for _ in 0..<Self.shellLooksMax {
      guard let now = try await api.stack(id), now.phase != .gone else { return }
      try await pause.wait(on: context.clock)
    }
    throw .transient(
      "\(url) is an empty shell that does not go away", hint: "Look at it in AWS, then retry.")
  }

  private static let shellLooksMax = 30
}
