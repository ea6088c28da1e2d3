package import Resources

extension Provider {
  /// Stacks of CloudFormation.
  package static func cloudformation(_ session: AWSSession) -> Provider {
    Provider(
      scheme: "cloudformation", summary: "A stack of AWS CloudFormation.",
      example: "cloudformation://us-east-1/vams-blue",
      parameters: Parameter.credentials + [
        Parameter("serviceRole", "The ARN of a role that CloudFormation takes on for the change.")
      ],
      open: .stack { url, context throws(Failure) in
        try CloudFormationStack(url, in: context, session: session)
      },
      permissions: { url, use throws(Failure) in
        CloudFormationPermissions(url).permissions(for: use)
      })
  }
}

/// The rights that uses of a stack take.
///
/// What a template's resources take is known to CloudFormation alone: either the caller has those
/// rights, or the URL names a `serviceRole` that has them, which the caller must be let pass on.
struct CloudFormationPermissions {
  private let url: ResourceURL

  init(_ url: ResourceURL) { self.url = url }

  private var stacks: [String] {
    let region = url.authority.isEmpty ? "*" : url.authority
    let partition =
      region.hasPrefix("cn-") ? "aws-cn" : region.hasPrefix("us-gov-") ? "aws-us-gov" : "aws"
    let name = url.path.drop { $0 == "/" }
    let base = "arn:\(partition):cloudformation:\(region):*:"
    // Nested stacks are named for the logical id that they have in the outer one.
    return ["\(base)stack/\(name)/*", "\(base)stack/\(name)-*/*"]
  }

  func permissions(for use: ResourceUse) -> [Permission] {
    switch use {
    case .look, .read: actions(Self.looking) + [on("GetTemplateSummary", "*")]
    case .write, .create:
      actions(Self.looking + Self.changing) + [on("GetTemplateSummary", "*")] + passing
    case .destroy:
      actions(Self.looking + Self.destroying) + [on("ListImports", "*")]
        + Self.holders.map {
          Permission($0, on: "*", profile: url.parameter("profile"))
        } + passing
    }
  }

  private static let looking = [
    "DescribeStacks", "ListStackResources", "DescribeStackEvents", "GetTemplate",
    "DescribeChangeSet", "ListChangeSets",
  ]
  private static let changing = [
    "CreateChangeSet", "ExecuteChangeSet", "DeleteChangeSet", "DeleteStack", "TagResource",
    "ContinueUpdateRollback", "RollbackStack",
  ]
  private static let destroying = ["DeleteStack", "UpdateTerminationProtection"]
  /// To say what a stack still holds before it goes; it may hold anything.
  private static let holders = [
    "dynamodb:DescribeTable", "cognito-idp:DescribeUserPool", "s3:ListBucketVersions",
    "s3:GetEncryptionConfiguration",
  ]

  private func actions(_ names: [String]) -> [Permission] {
    stacks.flatMap { stack in names.map { on($0, stack) } }
  }

  private func on(_ action: String, _ resource: String) -> Permission {
    Permission("cloudformation:\(action)", on: resource, profile: url.parameter("profile"))
  }

  private var passing: [Permission] {
    url.parameter("serviceRole").map {
      [Permission("iam:PassRole", on: $0, profile: url.parameter("profile"))]
    } ?? []
  }
}
