internal import Resources

/// What DescribeStacks says about one stack.
struct StackFacts: Sendable {
  /// Where a stack stands, as far as it matters for what may be done next.
  enum Phase: Sendable, Hashable {
    /// Works, and takes changes.
    case steady
    /// A shell that change sets were made for; it owns nothing yet.
    case empty
    case changing
    /// Never came up, or was half deleted; it takes nothing but its deletion.
    case dead
    /// An update failed and so did going back from it.
    case stuck
    case gone
    case unknown
  }

  struct Parameter: Sendable, Hashable {
    var key: String
    var value: String
  }

  let id: String
  let name: String
  let status: String
  let reason: String?
  let parameters: [Parameter]
  let outputs: [(key: String, value: String, export: String?)]
  let tags: [String: String]
  let capabilities: [String]
  let isProtected: Bool
  let role: String?
  let parent: String?

  init?(_ node: XMLNode) {
    guard let id = node.text("StackId"), let name = node.text("StackName"),
      let status = node.text("StackStatus")
    else { return nil }
    self.id = id
    self.name = name
    self.status = status
    reason = node.text("StackStatusReason")
    parameters = node.members("Parameters").compactMap { member in
      guard let key = member.text("ParameterKey") else { return nil }
      return Parameter(key: key, value: member.text("ParameterValue") ?? "")
    }
    outputs = node.members("Outputs").compactMap { member in
      guard let key = member.text("OutputKey") else { return nil }
      return (key, member.text("OutputValue") ?? "", member.text("ExportName"))
    }
    tags = Dictionary(
      node.members("Tags").compactMap { member in
        member.text("Key").map { ($0, member.text("Value") ?? "") }
      }, uniquingKeysWith: { $1 })
    capabilities = node.members("Capabilities").map(\.text)
    isProtected = node.text("EnableTerminationProtection") == "true"
    role = node.text("RoleARN")
    parent = node.text("ParentId")
  }

  /// Source: "Stack status codes" of the CloudFormation user guide.
  var phase: Phase { Self.phase(of: status) }

  static func phase(of status: String) -> Phase {
    switch status {
    case "REVIEW_IN_PROGRESS": .empty
    case "DELETE_COMPLETE": .gone
    case "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE",
      "IMPORT_ROLLBACK_COMPLETE":
      .steady
    case "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED": .dead
    case "UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "IMPORT_ROLLBACK_FAILED": .stuck
    case _: status.hasSuffix("_IN_PROGRESS") ? .changing : .unknown
    }
  }

  var state: StackDescription.State {
    switch phase {
    case .steady: .healthy
    case .changing, .empty: .changing
    case .dead, .stuck, .unknown: .unhealthy
    case .gone: .stopped
    }
  }

  var outputValues: [String: String] {
    Dictionary(outputs.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
  }
}
