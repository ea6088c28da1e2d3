import Foundation
import Harness
import JSON
import Testing

/// The recorded run of the old script, against a server of its own since the names are fixed.
@Suite("cutover migrate vams", .waiting)
struct MigrateVAMSTests {
  private static let fixture = "\(AWSStage.fixtures)/ab_v2.0_to_v2.0"
  private static let script = "\(AWSStage.fixtures)/fixture.py"
  private static let command = ["migrate", "vams", "\(fixture)/config.json"]

  @Test("does what the old script did to the recorded tables and buckets, and takes it back")
  func recorded() async throws {
    try await MotoServer.run { server in
      let stage = try AWSStage(server)
      try stage.script(Self.script, "load", Self.fixture)
      let before = try stage.script(Self.script, "digest", Self.fixture)
      let check = try stage.run(Self.command + ["--dry-run"])
      #expect(check.code == 0, "\(check.all)")
      #expect(check.text.contains("links between assets stay behind"))
      #expect(try stage.script(Self.script, "digest", Self.fixture) == before)
      let run = try stage.run(Self.command + ["--yes"])
      #expect(run.code == 0, "\(run.all)")
      #expect(
        try stage.script(Self.script, "compare", Self.fixture)
          == "alike: 1201 items, 152 objects\n")
      // What it made is there: a second run finds nothing to do and changes nothing.
      let again = try stage.run(Self.command + ["--yes"])
      #expect(again.code == 0, "\(again.all)")
      #expect(
        try stage.script(Self.script, "compare", Self.fixture)
          == "alike: 1201 items, 152 objects\n")
    }
  }

  @Test("killed in the middle, it is carried on; rolled back, the targets are as they were")
  func rolledBack() async throws {
    try await MotoServer.run { server in
      let stage = try AWSStage(server)
      try stage.script(Self.script, "load", Self.fixture)
      let before = try stage.script(Self.script, "digest", Self.fixture)
      let killed = try stage.run(
        Self.command + ["--yes"], program: .crashRunner, more: ["CUTOVER_KILL": "journal-after:7"])
      #expect(killed.code == 128 + SIGKILL, "\(killed.all)")
      let rollback = try stage.run(["rollback", "--reason", "practice"])
      #expect(rollback.code == 0, "\(rollback.all)")
      #expect(try stage.script(Self.script, "digest", Self.fixture) == before)
      let run = try stage.run(Self.command + ["--yes"])
      #expect(run.code == 0, "\(run.all)")
      #expect(
        try stage.script(Self.script, "compare", Self.fixture)
          == "alike: 1201 items, 152 objects\n")
    }
  }

  @Test("attributes are renamed with every type of value in them")
  func renamed() async throws {
    let stage = try AWSStage(try MotoServer.shared())
    try stage.cutover.write(
      "schema.json",
      """
      { "regionFrom": "us-east-1", "regionTo": "eu-west-1", "VAMS_S3Bucket_Mapping": [],
        "VAMS_DynamoDBTable_Mapping": [{"tables": {"from": "renames", "to": "renames"},
          "attributes": [{"from": "old", "to": "new"}, {"from": "absent", "to": "other"}]}] }
      """)
    _ = try server.python(Self.makeRenames)
    let run = try stage.run(["migrate", "vams", "schema.json", "--yes"])
    #expect(run.code == 0, "\(run.all)")
    #expect(try server.python(Self.checkRenames) == "renamed\n")
  }

  private var server: MotoServer { get throws { try MotoServer.shared() } }

  private static let values = """
    values = [{"S": "x"}, {"N": "12345678901234567890123456789012345678"}, {"B": b"\\x00\\xff"},
      {"L": [{"N": "1"}, {"M": {"old": {"S": "inside"}}}]}, {"NS": ["1", "2"]}, {"NULL": True}]

    """

  private static let makeRenames =
    values + """
      for region in ("us-east-1", "eu-west-1"):
        client("dynamodb", region_name=region).create_table(
          TableName="renames", BillingMode="PAY_PER_REQUEST",
          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
      for n, value in enumerate(values):
        client("dynamodb", region_name="us-east-1").put_item(
          TableName="renames", Item={"id": {"S": str(n)}, "old": value, "same": {"N": str(n)}})
      client("dynamodb", region_name="us-east-1").put_item(
        TableName="renames", Item={"id": {"S": "without"}})
      """

  private static let checkRenames =
    values + """
      found = {item["id"]["S"]: item for item in client("dynamodb", region_name="eu-west-1").scan(
        TableName="renames")["Items"]}
      wanted = {str(n): {"id": {"S": str(n)}, "new": value, "same": {"N": str(n)}}
        for n, value in enumerate(values)} | {"without": {"id": {"S": "without"}}}
      for item in found.values():
        if "NS" in item.get("new", {}): item["new"]["NS"].sort()
      print("renamed" if found == wanted else found)
      """
}
