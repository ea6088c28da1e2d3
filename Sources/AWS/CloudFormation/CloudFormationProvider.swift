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
      },
      specialPermissions: { url, use throws(Failure) in
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
    let name = url.path.drop { $0 == "/" }
    // Nested stacks are named for the logical id that they have in the outer one.
    return ["stack/\(name)/*", "stack/\(name)-*/*"].map {
      url.regionalPlace.name("cloudformation", $0)
    }
  }

  func permissions(for use: ResourceUse) -> [Permission] {
    switch use {
    case .look, .read: actions(Self.looking)
    case .write, .create: permissions(for: .foresee) + actions(Self.changing)
    case .destroy: actions(Self.looking + ["DescribeStackEvents", "DeleteStack"]) + passing
    }
  }

  func permissions(for use: SpecialUse) -> [Permission] {
    switch use {
    case .foresee:
      actions(Self.looking + Self.foreseeing) + [on("GetTemplateSummary", "*")] + passing
    case .survey:
      actions(Self.looking + ["GetTemplate"]) + [on("ListImports", "*")]
        + Self.holders.map { Permission($0, on: "*", profile: url.parameter("profile")) }
    case .clear, .remake, .deposit, .fetch, .backUp, .restore, .export, .takeExport: []
    case .lookBack, .readHistory, .writeHistory, .regard: []
    case .readLocks, .writeLocks, .readLists, .writeLists: []
    }
  }

  private static let looking = ["DescribeStacks", "ListStackResources"]
  private static let foreseeing = [
    "CreateChangeSet", "DescribeChangeSet", "ListChangeSets", "DeleteChangeSet", "GetTemplate",
  ]
  /// What a step has made is deleted by its undo; an empty shell goes before the next try.
  private static let changing = [
    "ExecuteChangeSet", "DescribeStackEvents", "DeleteStack",
  ]
  /// To say what a stack still holds before it goes; it may hold anything.
  private static let holders = [
    "dynamodb:DescribeTable", "cognito-idp:DescribeUserPool", "s3:ListBucketVersions",
    "s3:GetEncryptionConfiguration", "s3:GetBucketTagging",
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
