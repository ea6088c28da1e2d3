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

  package init(location: String, parameters: [String: String]) {
    self.location = location
    self.parameters = parameters
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

  package init(state: State, outputs: [String: String], resources: [String]) {
    self.state = state
    self.outputs = outputs
    self.resources = resources
  }
}
