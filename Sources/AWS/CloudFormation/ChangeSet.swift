internal import Resources

/// What DescribeChangeSet says, all pages together.
struct ChangeSet: Sendable {
  let id: String
  let stackID: String
  let status: String
  let execution: String
  let reason: String
  /// With the id of the nested change set where the resource is a nested stack.
  let changes: [(change: StackChange, nested: String?)]

  /// Whether it failed only because there is nothing to do.
  ///
  /// CloudFormation tells that in words alone.
  var isEmpty: Bool {
    status == "FAILED"
      && (reason.contains("didn't contain changes")
        || reason.contains("No updates are to be performed"))
  }

  var isReady: Bool { status == "CREATE_COMPLETE" && execution == "AVAILABLE" }
  var isPending: Bool { status == "CREATE_PENDING" || status == "CREATE_IN_PROGRESS" }

  /// Nil when it surely does not exist.
  static func read(
    _ name: String, of stack: String?, path: [String], _ api: CloudFormationAPI
  ) async throws(Failure) -> ChangeSet? {
    var token: String?
    var changes: [(change: StackChange, nested: String?)] = []
    for _ in 0..<CloudFormationAPI.pagesMax {
      let page: XMLNode
      do throws(AWSFailure) {
        page = try await api.call(
          "DescribeChangeSet",
          [("ChangeSetName", name)] + (stack.map { [("StackName", $0)] } ?? [])
            + (token.map { [("NextToken", $0)] } ?? []))
      } catch {
        if CloudFormationAPI.saysAbsent(error) { return nil }
        throw error.failure(api.url)
      }
      guard let status = page.text("Status"), !status.isEmpty else {
        throw AWSFailure(
          .malformed("it has no 'Status'"), operation: api.client.name("DescribeChangeSet")
        ).failure(api.url)
      }
      changes += page.members("Changes").compactMap { Self.change($0, path) }
      if let next = page.text("NextToken"), !next.isEmpty {
        token = next
        continue
      }
      return ChangeSet(
        id: page.text("ChangeSetId") ?? name, stackID: page.text("StackId") ?? "",
        status: status, execution: page.text("ExecutionStatus") ?? "",
        reason: page.text("StatusReason") ?? "", changes: changes)
    }
    throw .permanent(
      "\(api.url): the change set \(name) does not come to an end", hint: "Look at it in AWS.")
  }

  private static func change(
    _ node: XMLNode, _ path: [String]
  ) -> (change: StackChange, nested: String?)? {
    guard let change = node.first("ResourceChange"), let id = change.text("LogicalResourceId")
    else { return nil }
    let type = change.text("ResourceType") ?? ""
    let physical = change.text("PhysicalResourceId") ?? ""
    let policy = change.text("PolicyAction") ?? ""
    let nested = change.text("ChangeSetId") ?? ""
    return (
      StackChange(
        kind: kind(change.text("Action") ?? "", change.text("Replacement") ?? ""),
        resource: StackResource(
          path: path, logicalID: id, physicalID: physical.isEmpty ? nil : physical, type: type),
        causes: causes(change), keepsOld: policy.contains("Retain"),
        holdsData: DataHolder.needsAllowance(type)),
      nested.isEmpty ? nil : nested
    )
  }

  private static func kind(_ action: String, _ replacement: String) -> StackChange.Kind {
    switch (action, replacement) {
    case ("Add", _): .add
    case ("Remove", _): .remove
    case ("Import", _): .adopt
    case (_, "True"): .replace
    case (_, "Conditional"): .mayReplace
    // What a change of a kind unknown to us does is known only when it is done.
    case ("Dynamic", _): .mayReplace
    case _: .modify
    }
  }

  private static let causesMax = 4

  private static func causes(_ change: XMLNode) -> [String] {
    var found: [String] = []
    for detail in change.members("Details") {
      let target = detail.first("Target")
      let attribute = target?.text("Attribute") ?? ""
      let name = target?.text("Name") ?? ""
      var text = name.isEmpty ? attribute : "\(attribute).\(name)"
      let source = detail.text("CausingEntity") ?? ""
      if !source.isEmpty { text += " from \(source)" }
      if detail.text("Evaluation") == "Dynamic" { text += " (known only then)" }
      if !text.isEmpty, !found.contains(text) { found.append(text) }
    }
    let more = found.count - causesMax
    return Array(found.prefix(causesMax)) + (more > 0 ? ["\(more) more"] : [])
  }
}
