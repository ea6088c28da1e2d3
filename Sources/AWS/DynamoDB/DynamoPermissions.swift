import Resources

/// The rights that uses of a table take.
///
/// Source: "Actions, resources, and condition keys for Amazon DynamoDB" in the service
/// authorization reference.
enum DynamoPermissions {
  static func list(_ url: ResourceURL, _ use: ResourceUse) -> [Permission] {
    actions(use).map { permit($0, on: table(url), url) }
  }

  /// What stores do by themselves.
  static func list(_ url: ResourceURL, _ use: SpecialUse) -> [Permission] {
    let table = table(url)
    return switch use {
    case .backUp:
      ["DescribeTable", "CreateBackup"].map { permit($0, on: table, url) }
        + [permit("ListBackups", on: "*", url)]
        + ["DescribeBackup", "DeleteBackup"].map { permit($0, on: "\(table)/backup/*", url) }
    case .restore:
      restoring.map { permit($0, on: table, url) }
        + [permit("RestoreTableFromBackup", on: "\(table)/backup/*", url)]
    case .export:
      ["DescribeTable", "DescribeContinuousBackups", "ExportTableToPointInTime"].map {
        permit($0, on: table, url)
      } + [
        permit("ListExports", on: "*", url), permit("DescribeExport", on: "\(table)/export/*", url),
      ]
    case .survey:
      looking.map { permit($0, on: table, url) }
        + [permit("DescribeBackup", on: "\(table)/backup/*", url)]
    case .foresee, .clear, .remake, .deposit, .fetch, .takeExport: []
    case .lookBack, .readHistory, .writeHistory, .regard: []
    case .readLocks, .writeLocks, .readLists, .writeLists: []
    }
  }

  private static let looking = [
    "DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "ListTagsOfResource",
  ]

  /// Whoever has a table restored must be allowed to read and write what it will hold.
  ///
  /// Source: "Using IAM with DynamoDB backup and restore" in the developer guide.
  private static let restoring = [
    "RestoreTableFromBackup", "RestoreTableToPointInTime", "PutItem", "UpdateItem", "DeleteItem",
    "GetItem", "Query", "Scan", "BatchWriteItem", "UpdateTable", "UpdateTimeToLive",
    "UpdateContinuousBackups", "TagResource",
  ]

  private static func table(_ url: ResourceURL) -> String {
    url.regionalPlace.name("dynamodb", "table\(url.path)")
  }

  private static func permit(
    _ action: String, on resource: String, _ url: ResourceURL
  ) -> Permission {
    Permission("dynamodb:\(action)", on: resource, profile: url.parameter("profile"))
  }

  private static func actions(_ use: ResourceUse) -> [String] {
    switch use {
    case .look: ["DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups"]
    case .read: ["DescribeTable", "Scan", "BatchGetItem"]
    case .write:
      ["DescribeTable", "BatchGetItem", "BatchWriteItem", "PutItem", "UpdateItem", "DeleteItem"]
    case .create:
      [
        "CreateTable", "DescribeTable", "UpdateTimeToLive", "UpdateContinuousBackups",
        "DescribeContinuousBackups", "DescribeTimeToLive",
      ]
    case .destroy: ["DescribeTable", "DeleteTable", "Scan", "BatchWriteItem"]
    }
  }
}
