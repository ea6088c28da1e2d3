import Foundation
import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("CloudFormation stacks that other tools made", .waiting)
struct CloudFormationMotoTests {
  private static let inner = """
    {"Parameters": {"Mode": {"Type": "String", "Default": "plain"}},
     "Resources": {"AssetTable1A2B3C4D": {"Type": "AWS::DynamoDB::Table", "Properties": {
       "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
       "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
       "BillingMode": "PAY_PER_REQUEST"}}},
     "Outputs": {"TableOutput": {"Value": {"Ref": "AssetTable1A2B3C4D"}}}}
    """
  private static let outer = """
    {"Resources": {"StorageNestedStack": {"Type": "AWS::CloudFormation::Stack", "Properties": {
       "TemplateURL": "https://NAME-templates.s3.amazonaws.com/inner.json"}},
      "Kept0A0B0C0D": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain",
        "Properties": {"BucketName": "NAME-kept"}},
      "Web0A0B0C0E": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "NAME-web"}}},
     "Outputs": {"WebOutput": {"Value": {"Ref": "Web0A0B0C0E"}}}}
    """

  @Test("one made with boto3 is walked through its nested stack, surveyed and destroyed")
  func walksAndDestroys() async throws {
    let server = try MotoServer.shared()
    let name = "moto-made"
    let found = try server.python(
      """
      s3, cf, db = client("s3"), client("cloudformation"), client("dynamodb")
      name, inner, outer = sys.argv[1:]
      s3.create_bucket(Bucket=name + "-templates")
      s3.put_object(Bucket=name + "-templates", Key="inner.json", Body=inner)
      cf.create_stack(StackName=name, TemplateBody=outer.replace("NAME", name))
      for bucket in ["kept", "web"]:
        s3.put_bucket_versioning(Bucket=f"{name}-{bucket}",
                                 VersioningConfiguration={"Status": "Enabled"})
        for _ in range(3): s3.put_object(Bucket=f"{name}-{bucket}", Key="page", Body=b"x")
      table = next(t for t in tables() if t.startswith(name))
      for i in range(4): db.put_item(TableName=table, Item={"id": {"S": str(i)}})
      print(table)
      """, [name, Self.inner, Self.outer])
    let table = found.trimmingCharacters(in: .whitespacesAndNewlines)
    let world = try StackWorld(server.environment, name: name)
    let contents = try #require(try await world.stack().contents())
    #expect(
      contents.resources.first { $0.isCalled("AssetTable") }
        == StackResource(
          path: ["StorageNestedStack"], logicalID: "AssetTable1A2B3C4D", physicalID: table,
          type: "AWS::DynamoDB::Table"))
    #expect(contents.outputs.contains { $0.key == "TableOutput" && $0.value == table })
    #expect(contents.outputs.contains { $0.key == "WebOutput" && $0.value == "\(name)-web" })

    let wishes = StackDemolition(emptyBuckets: ["Web"])
    let survey = try #require(try await world.stack().survey(wishes))
    #expect(survey.data.contains { $0.contains(table) && $0.contains("about 4 items") })
    #expect(survey.retained.map(\.physicalID) == ["\(name)-kept"])
    try await world.stack().destroy(survey, wishes, watch: world.watch)
    let left = try server.python(
      """
      name = sys.argv[1]
      s3, db = client("s3"), client("dynamodb")
      print(sorted(b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith(name)),
            [t for t in tables() if t.startswith(name)],
            len(s3.list_object_versions(Bucket=name + "-kept")["Versions"]))
      """, [name])
    #expect(left.contains("['\(name)-kept', '\(name)-templates'] [] 3"))
    #expect(try await world.stack().leftovers(of: survey).isEmpty)
  }
}
