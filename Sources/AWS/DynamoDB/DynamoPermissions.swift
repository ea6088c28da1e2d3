import Resources

/// The rights that uses of a table take.
///
/// Source: "Actions, resources, and condition keys for Amazon DynamoDB" in the service
/// authorization reference.
enum DynamoPermissions {
  static func list(_ url: ResourceURL, _ use: ResourceUse) -> [Permission] {
    let region = url.authority.isEmpty ? "*" : url.authority
    let table = "arn:\(AWSPartition.of(region).name):dynamodb:\(region):*:table\(url.path)"
    return actions(use).map { action in
      Permission("dynamodb:\(action)", on: table, profile: url.parameter("profile"))
    }
  }

  private static func actions(_ use: ResourceUse) -> [String] {
    switch use {
    case .look: ["DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups"]
    case .read: ["DescribeTable", "Scan", "BatchGetItem"]
    case .write:
      ["DescribeTable", "BatchGetItem", "BatchWriteItem", "PutItem", "DeleteItem"]
    case .create:
      [
        "CreateTable", "DescribeTable", "UpdateTimeToLive", "UpdateContinuousBackups",
        "DescribeContinuousBackups", "DescribeTimeToLive",
      ]
    case .destroy: ["DescribeTable", "DeleteTable", "Scan", "BatchWriteItem"]
    }
  }
}
