internal import Digests
internal import Resources

/// The calls to CloudFormation that a stack takes, with their answers read.
struct CloudFormationAPI: Sendable {
  /// More pages than any stack can have.
  static let pagesMax = 500

  let client: AWSClient
  let url: ResourceURL

  func call(
    _ operation: String, _ parameters: [(String, String)]
  ) async throws(AWSFailure) -> XMLNode {
    let root = try await client.query(operation, parameters)
    if let result = root.first("\(operation)Result") { return result }
    guard !AWSClient.isQuestion(operation) else {
      throw AWSFailure(.malformed("it has no result"), operation: client.name(operation))
    }
    return root
  }

  /// For callers that tell no errors apart.
  func ask(
    _ operation: String, _ parameters: [(String, String)]
  ) async throws(Failure) -> XMLNode {
    do throws(AWSFailure) {
      return try await call(operation, parameters)
    } catch {
      throw error.failure(url)
    }
  }

  /// All pages of an operation, one after the other, until `visit` says that it has enough.
  ///
  /// A page without `list` is not believed: CloudFormation says of an empty one that it is empty.
  func pages(
    _ operation: String, of list: String, _ parameters: [(String, String)],
    _ visit: (XMLNode) throws(Failure) -> Bool
  ) async throws(Failure) {
    var token: String?
    for _ in 0..<Self.pagesMax {
      let page = try await ask(operation, parameters + (token.map { [("NextToken", $0)] } ?? []))
      guard page.first(list) != nil else {
        throw AWSFailure(.malformed("it has no '\(list)'"), operation: client.name(operation))
          .failure(url)
      }
      guard try visit(page), let next = page.text("NextToken"), !next.isEmpty else { return }
      token = next
    }
    throw .permanent(
      "\(url): \(operation) does not come to an end after \(Self.pagesMax) pages",
      hint: "Look at the stack in the console; this is not to be expected.")
  }

  /// Nil only when there surely is no stack of this name or id; a deleted one is found by its id.
  func stack(_ name: String) async throws(Failure) -> StackFacts? {
    do throws(AWSFailure) {
      let answer = try await call("DescribeStacks", [("StackName", name)])
      guard let node = answer.members("Stacks").first, let facts = StackFacts(node) else {
        throw AWSFailure(
          .malformed("it describes no stack"), operation: client.name("DescribeStacks"))
      }
      return facts
    } catch {
      if Self.saysAbsent(error) { return nil }
      throw error.failure(url)
    }
  }

  /// The one answer that means "there is no such stack or change set"; access denied does not.
  static func saysAbsent(_ failure: AWSFailure) -> Bool {
    guard case .service(let code, let message, _) = failure.kind else { return false }
    return (code == "ValidationError" && message.contains("does not exist"))
      || code == "ChangeSetNotFound" || code == "ChangeSetNotFoundException"
  }

  /// What one stack owns itself.
  func resources(of stack: String, path: [String]) async throws(Failure) -> [StackResource] {
    var found: [StackResource] = []
    try await pages("ListStackResources", of: "StackResourceSummaries", [("StackName", stack)]) {
      (page) throws(Failure) in
      for member in page.members("StackResourceSummaries") {
        guard let id = member.text("LogicalResourceId"), !id.isEmpty,
          member.text("ResourceStatus") != "DELETE_COMPLETE"
        else { continue }
        let physical = member.text("PhysicalResourceId") ?? ""
        found.append(
          StackResource(
            path: path, logicalID: id, physicalID: physical.isEmpty ? nil : physical,
            type: member.text("ResourceType") ?? ""))
      }
      return true
    }
    return found
  }

  /// The template of a stack, as it was given or with its macros worked out.
  func template(of stack: String, isProcessed: Bool) async throws(Failure) -> String {
    let answer = try await ask(
      "GetTemplate",
      [("StackName", stack), ("TemplateStage", isProcessed ? "Processed" : "Original")])
    guard let body = answer.text("TemplateBody") else {
      throw AWSFailure(.malformed("it has no template"), operation: client.name("GetTemplate"))
        .failure(url)
    }
    return body
  }

  /// A name that no other change set has.
  static func changeSetName(_ prefix: String) -> String {
    prefix + Hex.text(Randomness.bytes(6))
  }

  static func list(_ name: String, _ values: [String]) -> [(String, String)] {
    values.enumerated().map { ("\(name).member.\($0.offset + 1)", $0.element) }
  }
}
