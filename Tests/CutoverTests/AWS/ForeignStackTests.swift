import Foundation
import Harness
import Testing

/// Resources that other tools have made are a stack A like any other.
@Suite("Stacks made by other tools", .waiting)
struct ForeignStackTests {
  private func copies(_ server: MotoServer, _ name: String) throws {
    let stage = try AWSStage(server)
    try stage.cutover.write(
      "schema.json",
      """
      { "regionFrom": "us-east-1", "regionTo": "us-east-1",
        "VAMS_S3Bucket_Mapping": [{"buckets": {"from": "\(name)-a", "to": "\(name)-b"}}],
        "VAMS_DynamoDBTable_Mapping": [{"tables": {"from": "\(name)-a", "to": "\(name)-b"}}] }
      """)
    let run = try stage.run(["migrate", "vams", "schema.json", "--yes"])
    #expect(run.code == 0, "\(run.all)")
    let read = try server.python(
      """
      name = sys.argv[1]
      table = client("dynamodb").describe_table(TableName=f"{name}-b")["Table"]
      items = client("dynamodb").scan(TableName=f"{name}-b")["Items"]
      body = client("s3").get_object(Bucket=f"{name}-b", Key="folder/one.txt")["Body"].read()
      print([k["AttributeName"] for k in table["KeySchema"]],
        [i["IndexName"] for i in table.get("GlobalSecondaryIndexes", [])],
        sorted(i["databaseId"]["S"] for i in items), body)
      """, [name])
    #expect(read == "['databaseId', 'assetId'] ['assetIdGSI'] ['db-1', 'db-2'] b'hello'\n")
  }

  private func tool(_ server: MotoServer, _ words: [String], input: String = "") throws -> String {
    let settings = server.environment.map { "\($0.key)=\($0.value)" }
    let output = try Tool.run(["env"] + settings + words, input: Array(input.utf8))
    guard output.status == 0 else {
      throw HarnessError("\(words.prefix(3)): \(output.text)\(output.errorText)")
    }
    return output.text
  }

  @Test("what the aws command line has made is copied, and its table is made again alike")
  func awscli() async throws {
    let server = try MotoServer.shared()
    _ = try tool(
      server,
      [
        "aws", "dynamodb", "create-table", "--table-name", "cli-a", "--billing-mode",
        "PAY_PER_REQUEST", "--key-schema", "AttributeName=databaseId,KeyType=HASH",
        "AttributeName=assetId,KeyType=RANGE", "--attribute-definitions",
        "AttributeName=databaseId,AttributeType=S", "AttributeName=assetId,AttributeType=S",
        "--global-secondary-indexes",
        "IndexName=assetIdGSI,KeySchema=[{AttributeName=assetId,KeyType=HASH}],"
          + "Projection={ProjectionType=ALL}",
      ])
    let puts = (1...2).map {
      #"{"PutRequest":{"Item":{"databaseId":{"S":"db-\#($0)"},"assetId":{"S":"x"}}}}"#
    }
    _ = try tool(
      server,
      [
        "aws", "dynamodb", "batch-write-item", "--request-items",
        #"{"cli-a":[\#(puts.joined(separator: ","))]}"#,
      ])
    _ = try tool(server, ["aws", "s3", "mb", "s3://cli-a"])
    _ = try tool(server, ["aws", "s3", "cp", "-", "s3://cli-a/folder/one.txt"], input: "hello")
    try copies(server, "cli")
  }

  /// Whether terraform is there, and its provider for AWS, if need be from a mirror.
  private static func hasTerraform() -> Bool {
    guard let folder = try? TemporaryFolder(),
      (try? Self.plan.write(
        toFile: folder.file("main.tf"), atomically: true, encoding: .utf8)) != nil
    else { return false }
    return (try? initialize(folder).status) == 0
  }

  private static func initialize(_ folder: TemporaryFolder) throws -> Tool.Output {
    try Tool.run(["timeout", "20", "terraform", "-chdir=\(folder.path)", "init"])
  }

  @Test(
    "what terraform has made is copied, and its table is made again alike",
    .enabled("terraform or its provider for AWS is not there") { ForeignStackTests.hasTerraform() })
  func terraform() async throws {
    let folder = try TemporaryFolder()
    try Self.plan.write(toFile: folder.file("main.tf"), atomically: true, encoding: .utf8)
    let begun = try Self.initialize(folder)
    try #require(begun.status == 0, "\(begun.errorText)")
    let server = try MotoServer.shared()
    _ = try tool(
      server,
      [
        "timeout", "80", "terraform", "-chdir=\(folder.path)", "apply", "-auto-approve",
        "-var", "endpoint=\(server.url)",
      ])
    try copies(server, "terraform")
  }

  private static let plan = """
    variable "endpoint" {}
    provider "aws" {
      region = "us-east-1"
      s3_use_path_style = true
      skip_credentials_validation = true
      skip_metadata_api_check = true
      skip_requesting_account_id = true
      endpoints {
        dynamodb = var.endpoint
        s3 = var.endpoint
        sts = var.endpoint
      }
    }
    resource "aws_dynamodb_table" "a" {
      name = "terraform-a"
      billing_mode = "PAY_PER_REQUEST"
      hash_key = "databaseId"
      range_key = "assetId"
      attribute {
        name = "databaseId"
        type = "S"
      }
      attribute {
        name = "assetId"
        type = "S"
      }
      global_secondary_index {
        name = "assetIdGSI"
        hash_key = "assetId"
        projection_type = "ALL"
      }
    }
    resource "aws_dynamodb_table_item" "a" {
      for_each = toset(["db-1", "db-2"])
      table_name = aws_dynamodb_table.a.name
      hash_key = "databaseId"
      range_key = "assetId"
      item = jsonencode({ databaseId = { S = each.key }, assetId = { S = "x" } })
    }
    resource "aws_s3_bucket" "a" { bucket = "terraform-a" }
    resource "aws_s3_object" "a" {
      bucket = aws_s3_bucket.a.bucket
      key = "folder/one.txt"
      content = "hello"
    }
    """
}
