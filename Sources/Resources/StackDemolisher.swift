/// A stack that can say, before it is destroyed, what goes, what stays and what still holds data.
package protocol StackDemolisher: StackDeployer {
  /// Looks only; nil when the stack surely does not exist.
  func survey(_ wishes: StackDemolition) async throws(Failure) -> StackSurvey?
  /// Destroys the stack that was surveyed, and no other; gone already is success.
  func destroy(
    _ survey: StackSurvey, _ wishes: StackDemolition, watch: StackWatch
  ) async throws(Failure)
  /// What was to go and is there still, a line each.
  func leftovers(of survey: StackSurvey) async throws(Failure) -> [String]
}

/// What a person asks for beyond the plain destruction.
package struct StackDemolition: Sendable, Hashable, Codable {
  /// Logical ids of buckets that are emptied first, all versions included.
  package var emptyBuckets: [String]
  /// Logical ids of resources that may stay when they cannot be deleted.
  package var retain: [String]
  package var disablesProtection: Bool

  package init(
    emptyBuckets: [String] = [], retain: [String] = [], disablesProtection: Bool = false
  ) {
    self.emptyBuckets = emptyBuckets
    self.retain = retain
    self.disablesProtection = disablesProtection
  }
}

package struct StackSurvey: Sendable, Hashable, Codable {
  package var id: String
  package var deleted: [StackResource]
  package var retained: [StackResource]
  /// What still holds data and how much, a line each.
  package var data: [String]
  /// What a person should know before.
  package var warnings: [String]
  /// Why it would be refused as it stands.
  package var obstacles: [String]

  package init(
    id: String, deleted: [StackResource], retained: [StackResource], data: [String],
    warnings: [String], obstacles: [String]
  ) {
    self.id = id
    self.deleted = deleted
    self.retained = retained
    self.data = data
    self.warnings = warnings
    self.obstacles = obstacles
  }

  /// The lines of the plan.
  package var lines: [String] {
    obstacles.map { "refused as it stands: \($0)" }
      + warnings.map { "mind: \($0)" } + data
      + deleted.map { "delete \(Self.text($0))" } + retained.map { "keep \(Self.text($0))" }
  }

  private static func text(_ resource: StackResource) -> String {
    "\(resource.name) (\(resource.type)\(resource.physicalID.map { ", \($0)" } ?? ""))"
  }
}
