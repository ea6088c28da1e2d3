import Resources
import Rollouts

/// The rights that making and deleting a table with replicas takes.
///
/// Source: "Using IAM with DynamoDB global tables" in the developer guide.
enum TableRights {
  static func deleting(_ arn: String, _ place: CloudPlace) -> [StepRight] {
    calls(["DeleteTable", "DeleteTableReplica"], arn, place)
  }

  /// Whoever adds a replica must be allowed to do there what replication does.
  static func making(_ arn: String, _ place: CloudPlace) -> [StepRight] {
    calls(
      [
        "CreateTable", "CreateTableReplica", "UpdateTable", "UpdateTimeToLive",
        "UpdateContinuousBackups", "TagResource", "Query", "Scan", "GetItem", "PutItem",
        "UpdateItem", "DeleteItem", "BatchWriteItem",
      ], arn, place)
  }

  /// The role by which DynamoDB replicates is made with the first replica of an account.
  static func linkingRole(_ place: CloudPlace) -> StepRight {
    .call(
      CloudUse(
        "iam", "CreateServiceLinkedRole", at: place,
        on: "arn:aws:iam::*:role/aws-service-role/replication.dynamodb.amazonaws.com/*"))
  }

  private static func calls(
    _ operations: [String], _ arn: String, _ place: CloudPlace
  ) -> [StepRight] {
    operations.map { .call(CloudUse("dynamodb", $0, at: place, on: arn)) }
  }
}
