import Resources

/// The ends of the host names in one partition of AWS.
///
/// Source: botocore's `partitions.json`.
struct AWSPartition: Sendable, Hashable {
  let kind: CloudPartition
  let suffix: String
  let dualStackSuffix: String
  /// Where services that have one endpoint for all regions are signed for.
  let homeRegion: String

  var name: String { kind.rawValue }

  private init(
    _ kind: CloudPartition, _ suffix: String, _ dualStackSuffix: String, _ homeRegion: String
  ) {
    self.kind = kind
    self.suffix = suffix
    self.dualStackSuffix = dualStackSuffix
    self.homeRegion = homeRegion
  }

  /// The partition of a region; the public one for a region that nobody knows yet.
  static func of(_ region: String) -> AWSPartition {
    let kind = CloudPartition.of(region)
    return switch kind {
    case .standard: Self(kind, "amazonaws.com", "api.aws", "us-east-1")
    case .china:
      Self(kind, "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1")
    case .government: Self(kind, "amazonaws.com", "api.aws", "us-gov-west-1")
    case .secretEast: Self(kind, "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1")
    case .secretNorth: Self(kind, "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1")
    case .secretEurope:
      Self(kind, "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1")
    case .secretSouth: Self(kind, "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1")
    case .sovereign:
      Self(kind, "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1")
    }
  }
}
