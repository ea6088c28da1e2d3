internal import Digests
package import Resources

extension CloudFormationStack: StackDemolisher {
  /// How often a state that stands in the way is put aside in one call.
  private static let attemptsMax = 8

  package func survey(_ wishes: StackDemolition) async throws(Failure) -> StackSurvey? {
    guard let facts = try await api.stack(name), facts.phase != .gone else { return nil }
    var surveyor = try StackSurveyor(api, wishes, context: context)
    return try await surveyor.survey(facts)
  }

  package func destroy(
    _ survey: StackSurvey, _ wishes: StackDemolition, watch: StackWatch
  ) async throws(Failure) {
    try await takeDown(survey.id, wishes, watch)
  }

  /// Destroys the stack of that id, or whatever has the name where no id is known.
  func takeDown(
    _ id: String?, _ wishes: StackDemolition, _ watch: StackWatch
  ) async throws(Failure) {
    for _ in 0..<Self.attemptsMax {
      try watch.checkStop()
      guard let facts = try await api.stack(name), facts.phase != .gone else { return }
      guard id == nil || facts.id == id else {
        throw .refused(
          "\(url) is another stack than the one looked at before: \(facts.id)",
          hint: "Find out who made it; 'cutover skip' leaves it alone.")
      }
      if let parent = facts.parent {
        throw .refused("\(url) is nested in \(parent)", hint: "Destroy that one.")
      }
      switch facts.phase {
      case .gone: return
      case .empty: return try await removeShell(facts.id)
      case .changing where facts.status != "CREATE_IN_PROGRESS":
        try await waitToDelete(facts, watch)
      case .changing, .steady, .dead, .stuck, .unknown:
        try await unprotect(facts, wishes, watch)
        try await empty(facts, wishes, watch)
        return try await delete(facts, wishes, watch)
      }
    }
    throw .transient("\(url) does not come to rest", hint: "Look who changes it, then retry.")
  }

  /// Waits for a deletion, whoever began it, and for what this step began.
  private func waitToDelete(_ facts: StackFacts, _ watch: StackWatch) async throws(Failure) {
    let event = try await StackEvents.present(api, stack: facts.id)
    let token = event?.token ?? ""
    guard
      facts.status.hasPrefix("DELETE") || facts.status.contains("CLEANUP")
        || token.hasPrefix(mark)
    else {
      throw .transient(
        "\(url) is \(facts.status), begun by somebody else",
        hint: "Let that come to its end; this step is tried again.")
    }
    try await watch.note("waiting for \(name), which is \(facts.status)")
    var events = StackEvents(api, stack: facts.id, after: nil, token: token)
    _ = try await rest(&events, facts.id, watch)
  }

  private func unprotect(
    _ facts: StackFacts, _ wishes: StackDemolition, _ watch: StackWatch
  ) async throws(Failure) {
    guard facts.isProtected else { return }
    guard wishes.disablesProtection else {
      throw .refused(
        "\(url) is protected against termination",
        hint: "If it is really to go, write 'disableProtection: true' into the step.")
    }
    try await watch.note("taking the protection against termination off \(name)")
    _ = try await api.ask(
      "UpdateTerminationProtection",
      [("StackName", facts.name), ("EnableTerminationProtection", "false")])
  }

  private func empty(
    _ facts: StackFacts, _ wishes: StackDemolition, _ watch: StackWatch
  ) async throws(Failure) {
    guard !wishes.emptyBuckets.isEmpty else { return }
    let resources = try await StackWalk.take(from: facts, api).contents.resources
    for resource in resources where resource.type == "AWS::S3::Bucket" {
      guard wishes.emptyBuckets.contains(where: { resource.isCalled($0) }),
        let bucket = resource.physicalID
      else { continue }
      try await watch.note("emptying bucket \(bucket) (\(resource.name)), all versions")
      let count = try await BucketEmptier(bucket, of: api, context: context).empty(watch)
      try await watch.note("bucket \(bucket) is empty; \(count) object versions were deleted")
    }
  }

  // MARK: Deleting

  /// Deletes a stack and waits; what cannot be deleted is tried once more, then left if asked.
  func delete(
    _ facts: StackFacts, _ wishes: StackDemolition, _ watch: StackWatch
  ) async throws(Failure) {
    for isLast in [false, true] {
      let failed = try await deleteOnce(facts.id, retaining: [], watch)
      if failed.isEmpty { return }
      if isLast { return try await deleteKeeping(facts, failed, wishes, watch) }
      try await watch.note(
        "\(name) could not be deleted and is tried once more: \(Self.text(failed))")
    }
  }

  private static func text(_ failed: [StackEvent]) -> String {
    failed.map(\.line).joined(separator: "; ")
  }

  /// The events of what could not be deleted; empty once the stack is gone.
  private func deleteOnce(
    _ id: String, retaining: [String], _ watch: StackWatch
  ) async throws(Failure) -> [StackEvent] {
    let mark = try await StackEvents.mark(api, stack: id)
    try watch.checkStop()
    _ = try await api.ask(
      "DeleteStack",
      [
        ("StackName", id), ("ClientRequestToken", self.mark + Hex.text(Randomness.bytes(6))),
      ] + CloudFormationAPI.list("RetainResources", retaining) + serviceRole)
    var events = StackEvents(api, stack: id, after: mark, token: nil)
    guard let end = try await rest(&events, id, watch), end.phase != .gone else { return [] }
    let leaves = events.failures.filter { !$0.isConsequence }
    let failed = leaves.isEmpty ? events.failures : leaves
    guard failed.isEmpty else { return failed }
    throw failure(end, events.causes())
  }

  /// The last attempt: leaves what may stay, nested stacks before the outer ones.
  private func deleteKeeping(
    _ facts: StackFacts, _ failed: [StackEvent], _ wishes: StackDemolition, _ watch: StackWatch
  ) async throws(Failure) {
    let walk = try await StackWalk.take(from: facts, api)
    var open: [String] = []
    var retained: [String: [String]] = [:]
    for event in failed {
      let member = walk.members.first { $0.facts.id == event.stackID }
      let resource = StackResource(
        path: member?.path ?? [], logicalID: event.logicalID, physicalID: event.physicalID,
        type: event.type)
      if wishes.retain.contains(where: { resource.isCalled($0) }) {
        retained[event.stackID, default: []].append(event.logicalID)
      } else {
        open.append(event.line)
      }
    }
    guard open.isEmpty else {
      throw .permanent(
        "\(url) is only partly deleted: \(open.joined(separator: "; "))",
        hint: "Empty or free what it names and retry, or name it in 'retain' to leave it.")
    }
    for member in walk.members.reversed() {
      guard let names = retained[member.facts.id] else { continue }
      try await leave(names, in: member, wishes, watch)
    }
    guard retained[facts.id] == nil else { return }
    let rest = try await deleteOnce(facts.id, retaining: [], watch)
    guard rest.isEmpty else {
      throw .permanent(
        "\(url) is only partly deleted: \(Self.text(rest))", hint: "Mend that, then retry.")
    }
  }

  /// Deletes a stack but for what may stay; the deletion of the rest may bring up more of that.
  private func leave(
    _ first: [String], in member: StackWalk.Member, _ wishes: StackDemolition, _ watch: StackWatch
  ) async throws(Failure) {
    var names = first
    for _ in 0..<Self.attemptsMax {
      try await watch.note("leaving \(names.joined(separator: ", ")) of \(member.facts.name)")
      let rest = try await deleteOnce(member.facts.id, retaining: names, watch)
      if rest.isEmpty { return }
      let open = rest.filter { event in
        let resource = StackResource(
          path: member.path, logicalID: event.logicalID, physicalID: event.physicalID,
          type: event.type)
        return !wishes.retain.contains { resource.isCalled($0) }
      }
      guard open.isEmpty else {
        throw .permanent(
          "\(url) is only partly deleted: \(Self.text(open))", hint: "Mend that, then retry.")
      }
      // Those that were left before are no longer the stack's.
      names = rest.map(\.logicalID)
    }
    throw .transient("\(url) does not come to rest", hint: "Look who changes it, then retry.")
  }

  // MARK: Looking afterwards

  package func leftovers(of survey: StackSurvey) async throws(Failure) -> [String] {
    let look = try HolderLook(api, context: context)
    var lines: [String] = []
    for resource in survey.deleted {
      guard let id = resource.physicalID else { continue }
      let finding: HolderLook.Finding
      switch resource.type {
      case "AWS::DynamoDB::Table": finding = try await look.table(id)
      case "AWS::S3::Bucket": finding = try await look.bucket(id)
      case "AWS::Cognito::UserPool": finding = try await look.pool(id)
      case _: continue
      }
      switch finding {
      case .gone: continue
      case .found: lines.append("\(id) (\(resource.type), \(resource.name)) is still there")
      case .cannotTell(let why): lines.append("whether \(id) is gone cannot be told: \(why)")
      }
    }
    return lines
  }
}
