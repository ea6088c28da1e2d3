/// One of the separate worlds of AWS, told by the name of a region.
///
/// Source: botocore's `partitions.json`.
package enum CloudPartition: String, Sendable, Hashable, CaseIterable {
  case standard = "aws"
  case china = "aws-cn"
  case government = "aws-us-gov"
  case secretEast = "aws-iso"
  case secretNorth = "aws-iso-b"
  case secretEurope = "aws-iso-e"
  case secretSouth = "aws-iso-f"
  case sovereign = "aws-eusc"

  /// What the names of its regions begin with; nil for the public one, which has all others.
  private var regionPrefix: String? {
    switch self {
    case .standard: nil
    case .china: "cn-"
    case .government: "us-gov-"
    case .secretEast: "us-iso-"
    case .secretNorth: "us-isob-"
    case .secretEurope: "eu-isoe-"
    case .secretSouth: "us-isof-"
    case .sovereign: "eusc-"
    }
  }

  /// The partition of a region; the public one for a region that nobody knows yet.
  package static func of(_ region: String?) -> CloudPartition {
    guard let region else { return .standard }
    return allCases.first { $0.regionPrefix.map(region.hasPrefix) ?? false } ?? .standard
  }
}

extension CloudPlace {
  /// A resource's full name in any account, with a region that is not known left open.
  package func name(_ service: String, _ resource: String) -> String {
    "arn:\(CloudPartition.of(region).rawValue):\(service):\(region ?? "*"):*:\(resource)"
  }
}
