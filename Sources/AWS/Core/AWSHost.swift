import Resources

/// The host name of a service in a region, by the rules that AWS publishes for each service.
///
/// Source: the `endpoint-rule-set-1.json` of each service in botocore.
struct AWSHost {
  let service: AWSService
  let region: String
  var isFIPS = false
  var isDualStack = false

  private var partition: AWSPartition { AWSPartition.of(region) }
  private var prefix: String { service.endpointPrefix }

  /// What the requests are signed for.
  var signingRegion: String {
    guard service.isGlobal else { return region }
    // The one service whose home in China is another one.
    return service.name == "iam" && partition.name == "aws-cn" ? "cn-north-1" : partition.homeRegion
  }

  func name() throws(Failure) -> String {
    if service.isGlobal { return globalName }
    if service.name == "s3" {
      if isFIPS, partition.name == "aws-cn" {
        throw .refused(
          "S3 has no FIPS endpoints in China",
          hint: "Switch AWS_USE_FIPS_ENDPOINT off for this region.")
      }
      return "\(prefix)\(isFIPS ? "-fips" : "")\(isDualStack ? ".dualstack" : "").\(region)"
        + ".\(partition.suffix)"
    }
    return "\(prefix)\(hasFIPSName ? "-fips" : "").\(region).\(suffix)"
  }

  /// In GovCloud many endpoints are FIPS ones under their plain names.
  private var hasFIPSName: Bool {
    guard isFIPS, partition.name == "aws-us-gov" else { return isFIPS }
    let plain = ["dynamodb", "cloudformation", "sqs", "ssm", "sns", "sts"]
    return service.name != "cloudwatch" && (isDualStack || !plain.contains(service.name))
  }

  private var suffix: String {
    guard isDualStack else { return partition.suffix }
    switch (service.name, partition.name) {
    case ("cognito-idp", "aws"):
      let both = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"]
      return isFIPS && !both.contains(region) ? partition.dualStackSuffix : partition.suffix
    case ("secretsmanager", "aws"), ("secretsmanager", "aws-us-gov"): return partition.suffix
    case ("secretsmanager", "aws-cn"):
      return isFIPS ? partition.dualStackSuffix : partition.suffix
    case _: return partition.dualStackSuffix
    }
  }

  private var globalName: String {
    if partition.name == "aws-us-gov" {
      return "\(prefix).us-gov.\(isDualStack ? partition.dualStackSuffix : partition.suffix)"
    }
    let first = prefix + (isFIPS ? "-fips" : "")
    if isDualStack {
      let isWide =
        partition.name == "aws" || !isFIPS && ["aws-cn", "aws-eusc"].contains(partition.name)
      return "\(first).\(isWide ? "global." : "")\(partition.dualStackSuffix)"
    }
    let isHomed =
      service.name == "iam" && partition.name != "aws"
      && (!isFIPS || ["aws-iso", "aws-iso-b"].contains(partition.name))
    return "\(first).\(isHomed ? "\(signingRegion)." : "")\(partition.suffix)"
  }
}
