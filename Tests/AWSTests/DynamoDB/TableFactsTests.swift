import JSON
import Resources
import Testing

@testable import AWS

@Suite("What DynamoDB says about a table")
struct TableFactsTests {
  private static let plain: JSONValue = [
    "TableName": "t", "KeySchema": [["AttributeName": "id", "KeyType": "HASH"]],
    "AttributeDefinitions": [["AttributeName": "id", "AttributeType": "S"]],
    "BillingModeSummary": ["BillingMode": "PAY_PER_REQUEST"],
  ]

  private func leftOut(_ table: JSONValue) throws -> [String]? {
    try TableFacts(table: table, timeToLive: nil, backups: nil)
      .description(of: ResourceURL("dynamodb://us-east-1/t")).leftOut
  }

  @Test("what a table made like it does not get is told, and nothing that it gets")
  func tellsLeftOut() throws {
    let others = "tags, a policy of its own, alarms and auto scaling, if there are any"
    #expect(try leftOut(Self.plain) == [others])
    var table = Self.plain
    table["SSEDescription"] = [
      "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": "arn:aws:kms:r:1:key/k",
    ]
    table["DeletionProtectionEnabled"] = true
    table["Replicas"] = [["RegionName": "eu-west-1"]]
    #expect(
      try leftOut(table) == [
        "the key of KMS (arn:aws:kms:r:1:key/k); DynamoDB's own key encrypts it",
        "deletion protection", "replicas in other regions", others,
      ])
    table["DeletionProtectionEnabled"] = false
    table["Replicas"] = []
    #expect(try leftOut(table)?.count == 2)
  }
}
