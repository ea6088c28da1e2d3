internal import Resources

/// A stack with all the stacks nested in it.
struct StackWalk: Sendable {
  struct Member: Sendable {
    /// The logical ids that lead to it; empty for the outermost.
    let path: [String]
    let facts: StackFacts
    let resources: [StackResource]
  }

  static let nestedType = "AWS::CloudFormation::Stack"
  /// CloudFormation has a limit on operations of nested stacks; this one only ends loops.
  private static let stacksMax = 1000

  let members: [Member]

  /// Outermost first; nil when the outermost surely does not exist.
  static func take(
    _ name: String, _ api: CloudFormationAPI
  ) async throws(Failure) -> StackWalk? {
    guard let root = try await api.stack(name) else { return nil }
    return try await take(from: root, api)
  }

  static func take(
    from root: StackFacts, _ api: CloudFormationAPI
  ) async throws(Failure) -> StackWalk {
    var members: [Member] = []
    var open: [(path: [String], facts: StackFacts)] = [([], root)]
    while let next = open.popLast() {
      let resources = try await api.resources(of: next.facts.id, path: next.path)
      members.append(Member(path: next.path, facts: next.facts, resources: resources))
      guard members.count <= stacksMax else {
        throw .permanent(
          "\(api.url) has more than \(stacksMax) nested stacks", hint: "Look what nests there.")
      }
      for resource in resources.reversed() where resource.type == nestedType {
        guard let id = resource.physicalID, let facts = try await api.stack(id) else { continue }
        open.append((next.path + [resource.logicalID], facts))
      }
    }
    return StackWalk(members: members)
  }

  var contents: StackContents {
    StackContents(
      resources: members.flatMap(\.resources),
      outputs: members.flatMap { member in
        member.facts.outputs.map { StackOutput(path: member.path, key: $0.key, value: $0.value) }
      })
  }
}
