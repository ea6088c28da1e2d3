import Foundation
import Harness
import Testing

@Suite("cutover migrate vams detect", .waiting)
struct DetectVAMSTests {
  private let stage: AWSStage
  private let prefix: String

  init() throws {
    stage = try AWSStage(try MotoServer.shared())
    prefix = "d\(UUID().uuidString.prefix(8))"
  }

  /// Makes a table with one string key and fills it; items are Python.
  private func table(_ name: String, _ items: String) throws -> String {
    _ = try stage.server.python(
      """
      dynamo = client("dynamodb", region_name="us-east-1")
      dynamo.create_table(
        TableName="\(prefix)-\(name)", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
      for n, item in enumerate(\(items)):
        dynamo.put_item(TableName="\(prefix)-\(name)", Item={"id": {"S": str(n)}, **item})
      """)
    return "\(name)=\(prefix)-\(name)"
  }

  private func detect(_ tables: [String], _ more: [String] = []) throws -> Binary.Output {
    try stage.run(
      ["migrate", "vams", "detect", "--region", "us-east-1"]
        + tables.flatMap { ["--table", $0] } + more)
  }

  private static let oldAsset = #"{"currentVersion": {"M": {}}}"#
  private static let draftAsset = #"{"assetLocation": {"M": {"Bucket": {"S": "b"}}}}"#
  private static let laterAsset = #"{"bucketId": {"S": "b"}}"#

  private static let shapes: [(String, Int32, String, String)] = [
    ("[\(oldAsset), \(oldAsset), {}]", 0, "2.1: 2 assets", "migrate vams v2.1-to-v2.2"),
    ("[\(draftAsset)]", 0, "2.3-draft: 1 assets", "which no release continues"),
    ("[\(laterAsset), {}]", 0, "2.2: assets have", "migrate vams v2.2-to-v2.3"),
    ("[\(laterAsset), \(oldAsset)]", 3, "cannot tell: 1 assets have versions", ""),
    ("[]", 3, "cannot tell: there are no assets", ""),
  ]

  @Test(
    "tells the two migrations from 2.2 to 2.3 apart, and does not guess where shapes are mixed",
    arguments: shapes)
  func assets(items: String, code: Int32, said: String, next: String) throws {
    let output = try detect([try table("AssetStorageTable", items)])
    #expect(output.code == code, "\(output.all)")
    #expect(output.text.contains(said), "\(output.all)")
    #expect(next.isEmpty || output.text.contains(next), "\(output.all)")
  }

  @Test("a table that is not there has nothing to retry")
  func absent() throws {
    let output = try detect(["AssetStorageTable=\(prefix)-nope"])
    #expect(output.code == 65 && !output.all.contains("cutover retry"), "\(output.all)")
    #expect(!output.all.contains("cutover resume"), "\(output.all)")
  }

  @Test("tells later generations by where their rows are")
  func laterReleases() throws {
    let constraint = #"{"entityType": {"S": "constraint"}}"#
    var tables = [
      try table("AssetStorageTable", "[\(Self.laterAsset)]"),
      try table("AuthEntitiesTable", "[\(constraint), {}]"),
      try table("ConstraintsStorageTable", "[]"),
    ]
    let third = try detect(tables, ["--json"])
    #expect(third.text.contains(#""release":"2.3""#), "\(third.all)")
    #expect(third.text.contains(#""next":"v2.3-to-v2.4""#), "\(third.all)")
    tables[2] = try table("MetadataStorageTable", "[{}]")
    tables.append(try table("AssetFileMetadataStorageTableV2", "[{}, {}]"))
    tables.append(try table("AssetVersionsStorageTable", "[{}, {}]"))
    tables.append(try table("AssetVersionsStorageTableV2", "[]"))
    let fourth = try detect(tables)
    #expect(fourth.code == 0 && fourth.text.contains("v2.4-to-v2.5"), "\(fourth.all)")
    _ = try stage.server.python(
      """
      for n in ("0", "1"):
        client("dynamodb", region_name="us-east-1").put_item(
          TableName="\(prefix)-AssetVersionsStorageTableV2", Item={"id": {"S": n}})
      """)
    let fifth = try detect(tables)
    #expect(fifth.code == 0 && fifth.text.contains("2.5: versions"), "\(fifth.all)")
    // A later release that the program never heard of: a row of data, and a playbook.
    let folder = try NewMigration.make(in: stage.cutover)
    let moved = [try table("OldTags", "[{}]"), try table("NewTags", "[]")]
    let sixth = try detect(tables + moved, ["--playbooks", folder])
    #expect(sixth.code == 0 && sixth.text.contains("migrate vams v2.5-to-v2.6"), "\(sixth.all)")
    _ = try stage.server.python(
      """
      client("dynamodb", region_name="us-east-1").put_item(
        TableName="\(prefix)-NewTags", Item={"id": {"S": "0"}})
      """)
    let done = try detect(tables + moved, ["--playbooks", folder])
    #expect(done.text.contains("2.6: items are in the tables of 2.6"), "\(done.all)")
    let bare = try table("AssetFileMetadataVersionsStorageTable", "[{}]")
    let partly = try detect(tables + [bare])
    #expect(partly.code == 3 && partly.text.contains("1 rows of metadata versions lack the key"))
  }

  @Test("tables are found in nested stacks by construct, and not by what begins alike")
  func stack() throws {
    _ = try stage.server.python(
      """
      def table(name):
        return {"Type": "AWS::DynamoDB::Table", "Properties": {
          "TableName": name, "BillingMode": "PAY_PER_REQUEST",
          "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
          "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}}
      p = "\(prefix)"
      storage = {"Resources": {
        "AssetStorageTable0A1B2C3D": table(p + "-assets"),
        "AssetVersionsStorageTableAAAA0000": table(p + "-versions"),
        "AssetVersionsStorageTableV2BBBB0000": table(p + "-versions-v2")}}
      s3 = client("s3", region_name="us-east-1")
      s3.create_bucket(Bucket=p.lower())
      s3.put_object(Bucket=p.lower(), Key="storage.json", Body=json.dumps(storage))
      client("cloudformation", region_name="us-east-1").create_stack(
        StackName=p, TemplateBody=json.dumps({"Resources": {
          "StorageResourcesBuilderNestedStackX": {"Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": f"https://{p.lower()}.s3.amazonaws.com/storage.json"}}}}))
      client("dynamodb", region_name="us-east-1").put_item(
        TableName=p + "-assets", Item={"id": {"S": "1"}, "bucketId": {"S": "b"}})
      """)
    let detected = try detect([], ["--stack", prefix])
    #expect(detected.code == 0 && detected.text.contains("2.2: assets"), "\(detected.all)")
    let printed = try stage.run([
      "migrate", "vams", "v2.2-to-v2.3-legacy", "--stack", prefix, "--asset-bucket", "b",
      "--region", "us-east-1", "--print", "--playbooks", VAMSMigrationStage.playbooks,
    ])
    #expect(printed.text.contains("\"versions\": \"\(prefix)-versions\""), "\(printed.all)")
    let lacking = try stage.run([
      "migrate", "vams", "v2.1-to-v2.2", "--stack", prefix, "--asset-bucket-name", "b",
      "--region", "us-east-1", "--print", "--playbooks", VAMSMigrationStage.playbooks,
    ])
    #expect(lacking.code == 65, "\(lacking.all)")
    #expect(lacking.errors.contains("has no table S3AssetBucketsStorageTable, no table Database"))
    let absent = try detect([], ["--stack", "\(prefix)-none"])
    #expect(absent.code == 65 && absent.errors.contains("is not there"), "\(absent.all)")
  }
}
