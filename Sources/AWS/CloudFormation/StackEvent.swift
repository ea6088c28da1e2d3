/// One event of a stack.
struct StackEvent: Sendable, Hashable {
  let id: String
  let stackID: String
  let stackName: String
  let logicalID: String
  let physicalID: String
  let type: String
  /// As CloudFormation writes it; all of one length and zone, so it is compared as text.
  let time: String
  let status: String
  let reason: String
  let token: String

  init?(_ node: XMLNode) {
    guard let id = node.text("EventId") else { return nil }
    self.id = id
    stackID = node.text("StackId") ?? ""
    stackName = node.text("StackName") ?? ""
    logicalID = node.text("LogicalResourceId") ?? ""
    physicalID = node.text("PhysicalResourceId") ?? ""
    type = node.text("ResourceType") ?? ""
    time = node.text("Timestamp") ?? ""
    status = node.text("ResourceStatus") ?? ""
    reason = node.text("ResourceStatusReason") ?? ""
    token = node.text("ClientRequestToken") ?? ""
  }

  /// Whether it is about the stack itself, not about something in it.
  var isOfStack: Bool { !stackID.isEmpty && physicalID == stackID }
  var isNestedStack: Bool { type == StackWalk.nestedType && !isOfStack }
  var isFailure: Bool { status.hasSuffix("_FAILED") }
  var isInProgress: Bool { status.hasSuffix("_IN_PROGRESS") }

  /// Whether it failed only because something else did.
  var isConsequence: Bool {
    isOfStack || isNestedStack
      || [
        "Resource creation cancelled", "Resource update cancelled", "Resource creation Initiated",
      ]
      .contains { reason.hasPrefix($0) }
  }

  var line: String {
    let why = reason.isEmpty ? "" : ": \(reason)"
    return isOfStack
      ? "\(stackName) \(status)\(why)" : "\(stackName)/\(logicalID) (\(type)) \(status)\(why)"
  }
}
