/// A stack whose provider prepares changes first and then makes exactly those.
package protocol StackChangePlanner: StackDeployer {
  /// Works out what `deploy` would do; with `isKept` the same preparation can be carried out later.
  func prepare(
    _ template: StackTemplate, isKept: Bool
  ) async throws(Failure) -> StackChangePlan
  /// Takes away what a kept preparation left, if it was never carried out.
  func discard(_ plan: StackChangePlan) async throws(Failure)
  /// What `restore` needs to bring back the present template; nil when there is no stack.
  func snapshot() async throws(Failure) -> StackSnapshot?
  /// Makes what was prepared; refuses when by now it would be something else.
  func deploy(
    _ template: StackTemplate, as plan: StackChangePlan, watch: StackWatch
  ) async throws(Failure) -> [String: String]
  /// Brings a former template with its parameters back; there already is success.
  ///
  /// Takes away no data but of resources that `changes` names: those of the step that is undone.
  func restore(
    _ snapshot: StackSnapshot, undoing changes: [StackChange], watch: StackWatch
  ) async throws(Failure)
}

/// One thing that a deployment would do to one resource.
package struct StackChange: Sendable, Hashable, Codable {
  package enum Kind: String, Sendable, Hashable, Codable {
    case add
    case modify
    /// Whether it is made anew is known only when it is done.
    case mayReplace
    case replace
    case remove
    case adopt
    /// Stays in the cloud and is no longer the stack's.
    case release
  }

  package var kind: Kind
  package var resource: StackResource
  /// What brings it about, such as `Properties.KeySchema`.
  package var causes: [String]
  /// Whether the present one stays in the cloud, with what it holds.
  package var keepsOld: Bool
  /// Whether the resource holds data that nothing else could bring back.
  package var holdsData: Bool

  package init(
    kind: Kind, resource: StackResource, causes: [String], keepsOld: Bool, holdsData: Bool
  ) {
    self.kind = kind
    self.resource = resource
    self.causes = causes
    self.keepsOld = keepsOld
    self.holdsData = holdsData
  }

  /// What `allow` must hold for this change; nil when it takes no data away.
  package var allowance: String? {
    guard holdsData else { return nil }
    switch kind {
    case .replace, .mayReplace: return "replace:\(resource.logicalID)"
    case .remove: return "remove:\(resource.logicalID)"
    case .add, .modify, .adopt, .release: return nil
    }
  }

  /// Whether somebody agreed to it, by the logical id alone or with the nested stacks before it.
  package func isAllowed(by allow: [String]) -> Bool {
    guard let allowance else { return true }
    let verb = allowance.prefix { $0 != ":" }
    return allow.contains {
      $0.hasPrefix("\(verb):") && resource.isCalled(String($0.dropFirst(verb.count + 1)))
    }
  }

  /// A line for the plan.
  package var line: String {
    let verb =
      switch kind {
      case .add: "add"
      case .modify: "modify"
      case .mayReplace: "modify or replace"
      case .replace: "replace"
      case .remove: "remove"
      case .adopt: "import"
      case .release: "release"
      }
    let name = resource.physicalID.map { ", \($0)" } ?? ""
    let why = causes.isEmpty ? "" : " because of \(causes.joined(separator: ", "))"
    let kept = keepsOld && (kind == .replace || kind == .remove) ? "; the old one is kept" : ""
    return "\(verb) \(resource.name) (\(resource.type)\(name))\(why)\(kept)"
  }
}

package struct StackChangePlan: Sendable, Hashable, Codable {
  /// What the provider calls the preparation; nil when nothing was kept.
  package var id: String?
  package var changes: [StackChange]
  /// What is done besides, such as a failed stack that is deleted first.
  package var remarks: [String]
  /// The id of a stack that never came up, to be deleted first.
  package var clears: String?
  package var isEmpty: Bool

  package init(
    id: String?, changes: [StackChange], remarks: [String], clears: String?, isEmpty: Bool
  ) {
    self.id = id
    self.changes = changes
    self.remarks = remarks
    self.clears = clears
    self.isEmpty = isEmpty
  }

  /// The lines of the plan; empty when nothing would change.
  package var lines: [String] { isEmpty ? [] : remarks + changes.map(\.line) }

  /// What takes data away without anybody having agreed.
  package func refused(allowing allow: [String]) -> [StackChange] {
    changes.filter { !$0.isAllowed(by: allow) }
  }
}

/// A template as it was before a change, with all that it takes to deploy it again.
package struct StackSnapshot: Sendable, Hashable, Codable {
  package var id: String
  package var template: String
  package var parameters: [String: String]
  /// Parameters whose values the provider hides; they keep the values that they have.
  package var hidden: [String]
  package var tags: [String: String]
  package var capabilities: [String]
  package var templateBucket: ResourceURL?

  package init(
    id: String, template: String, parameters: [String: String], hidden: [String],
    tags: [String: String], capabilities: [String], templateBucket: ResourceURL?
  ) {
    self.id = id
    self.template = template
    self.parameters = parameters
    self.hidden = hidden
    self.tags = tags
    self.capabilities = capabilities
    self.templateBucket = templateBucket
  }
}
