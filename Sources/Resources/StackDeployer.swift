/// One stack: a deployed unit that can be brought up, looked at and taken down.
///
/// Laws, run against every provider by `StackDeployerLaws`:
/// - `deploy` of what is already there and healthy changes nothing and gives the same outputs.
/// - `deploy` returns only when the stack is healthy; interrupted, it may be called again.
/// - `destroy` touches only what the stack owns; none there is success.
package protocol StackDeployer: Sendable {
  var url: ResourceURL { get }
  /// Nil only when the stack surely does not exist.
  func description() async throws(Failure) -> StackDescription?
  /// What `deploy` would do, a line each; empty when nothing would change.
  func changes(_ template: StackTemplate) async throws(Failure) -> [String]
  /// Brings the stack up and returns its outputs.
  func deploy(_ template: StackTemplate, note: @Sendable (String) async throws(Failure) -> Void)
    async throws(Failure) -> [String: String]
  /// Takes the stack down and everything that it owns.
  func destroy(note: @Sendable (String) async throws(Failure) -> Void) async throws(Failure)
}

package struct StackTemplate: Sendable, Hashable, Codable {
  /// A path or URL that the provider understands.
  package var location: String
  package var parameters: [String: String]
  /// What only some providers can do; nil where nothing of it is asked for.
  package var settings: StackSettings?

  package init(
    location: String, parameters: [String: String], settings: StackSettings? = nil
  ) {
    self.location = location
    self.parameters = parameters
    self.settings = settings
  }
}

/// What a deployment may do and how, beyond template and parameters.
package struct StackSettings: Sendable, Hashable, Codable {
  /// What the template may make besides plain resources, such as `CAPABILITY_IAM`.
  package var capabilities: [String]
  package var tags: [String: String]
  /// Where a template goes that is too long to be sent with a request.
  package var templateBucket: ResourceURL?
  /// Losses that are agreed to: `replace:LogicalId` and `remove:LogicalId`.
  package var allow: [String]
  /// Whether a rollback that failed may be carried on before the deployment.
  package var continuesRollback: Bool

  package init(
    capabilities: [String] = [], tags: [String: String] = [:], templateBucket: ResourceURL? = nil,
    allow: [String] = [], continuesRollback: Bool = false
  ) {
    self.capabilities = capabilities
    self.tags = tags
    self.templateBucket = templateBucket
    self.allow = allow
    self.continuesRollback = continuesRollback
  }
}

package struct StackDescription: Sendable, Hashable, Codable {
  package enum State: String, Sendable, Hashable, Codable {
    case changing
    case healthy
    case unhealthy
    case stopped
  }

  package var state: State
  package var outputs: [String: String]
  /// What the stack owns, a line each, for the list shown before it is destroyed.
  package var resources: [String]
  /// A name that no other stack ever had or will have; nil where the provider has none.
  package var id: String?

  package init(
    state: State, outputs: [String: String], resources: [String], id: String? = nil
  ) {
    self.state = state
    self.outputs = outputs
    self.resources = resources
    self.id = id
  }
}
