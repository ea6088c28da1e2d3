/// One of the separate worlds of AWS, with the ends of its host names.
///
/// Source: botocore's `partitions.json`.
struct AWSPartition: Sendable, Hashable {
  let name: String
  let suffix: String
  let dualStackSuffix: String
  /// Where services that have one endpoint for all regions are signed for.
  let homeRegion: String

  private static let all: [(prefix: String, partition: AWSPartition)] = [
    ("cn-", Self("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "cn-northwest-1")),
    ("us-gov-", Self("aws-us-gov", "amazonaws.com", "api.aws", "us-gov-west-1")),
    ("us-iso-", Self("aws-iso", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1")),
    ("us-isob-", Self("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1")),
    ("eu-isoe-", Self("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "eu-isoe-west-1")),
    ("us-isof-", Self("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "us-isof-south-1")),
    ("eusc-", Self("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1")),
  ]

  private static let standard = Self("aws", "amazonaws.com", "api.aws", "us-east-1")

  private init(_ name: String, _ suffix: String, _ dualStackSuffix: String, _ homeRegion: String) {
    self.name = name
    self.suffix = suffix
    self.dualStackSuffix = dualStackSuffix
    self.homeRegion = homeRegion
  }

  /// The partition of a region; the public one for a region that nobody knows yet.
  static func of(_ region: String) -> AWSPartition {
    all.first { region.hasPrefix($0.prefix) }?.partition ?? standard
  }
}
