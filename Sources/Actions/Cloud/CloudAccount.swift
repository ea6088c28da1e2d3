import Resources
import Rollouts

/// Where and with whose credentials a step calls AWS.
package struct CloudAccount: Decodable, Sendable {
  var region: String?
  var profile: String?
  var role: String?

  static let fields: [InputField] = [
    .optional("region", .string, "The region; by default that of the profile or AWS_REGION."),
    .optional("profile", .string, "The profile of the AWS configuration to use."),
    .optional("role", .string, "The ARN of a role to take on."),
  ]

  var place: CloudPlace { CloudPlace(region: region, profile: profile, role: role) }

  /// A full name with what is not known beforehand left open.
  func name(_ service: String, _ resource: String) -> String { place.name(service, resource) }
}
