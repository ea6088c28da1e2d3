import Foundation
import Harness
import JSON
import Testing

@Suite("Migration schemas of the old VAMS script", .waiting)
struct MigrationSchemaTests {
  private let cutover: Binary

  init() throws { cutover = try Binary() }

  private static let fixture = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/ab_v2.0_to_v2.0/config.json").path

  /// One table and one bucket, with room for one thing more in each.
  private func schema(table: String = "", bucket: String = "") -> String {
    """
    { "regionFrom": "us-east-1", "regionTo": "eu-west-1",
      "VAMS_S3Bucket_Mapping": [{"bucketDescriptor": "assets",
        "buckets": {"from": "a-assets", "to": "b-assets"}}\(bucket)],
      "VAMS_DynamoDBTable_Mapping": [{"tableDescriptor": "assetLinks",
        "tables": {"from": "aTable", "to": "bTable"}\(table)}] }
    """
  }

  private func printed(_ text: String, _ words: String...) throws -> JSONValue {
    try cutover.write("schema.json", text)
    let output = try cutover.run(["migrate", "vams", "schema.json", "--print"] + words)
    #expect(output.code == 0, "\(output.all)")
    return try JSONValue(reading: Array(output.text.utf8))
  }

  @Test("the script's own file becomes a playbook")
  func recorded() throws {
    let output = try cutover("migrate", "vams", Self.fixture, "--print")
    #expect(output.code == 0, "\(output.all)")
    let playbook = try JSONValue(reading: Array(output.text.utf8))
    let steps = try #require(playbook["steps"]?.elements)
    // Tables come first: buckets of VAMS make records for objects that have none.
    #expect(
      steps.map { $0["uses"]?.string } == [
        "tables.copy", "buckets.sync", "buckets.sync", "validate",
      ])
    let pairs = try #require(steps[0]["with"]?["pairs"]?.elements)
    #expect(pairs.count == 15)
    #expect(pairs.allSatisfy { $0["transform"] == nil })
  }

  @Test("each side gets its region and profile")
  func places() throws {
    let steps = try #require(
      try printed(schema(), "--profile", "old", "--to-profile", "new")["steps"]?.elements)
    let pair = try #require(steps[0]["with"]?["pairs"]?[0])
    #expect(pair["from"]?.string == "dynamodb://us-east-1/aTable?profile=old")
    #expect(pair["to"]?.string == "dynamodb://eu-west-1/bTable?profile=new")
    #expect(steps[1]["with"]?["from"]?.string == "s3://a-assets?region=us-east-1&profile=old")
    #expect(steps[1]["with"]?["to"]?.string == "s3://b-assets?region=eu-west-1&profile=new")
    let other = try printed(schema(), "--region", "ap-south-1")
    #expect(
      other["steps"]?[0]?["with"]?["pairs"]?[0]?["to"]?.string == "dynamodb://ap-south-1/bTable")
  }

  @Test("attributes are renamed, pairs of empty texts are none")
  func renames() throws {
    let attributes = #", "attributes": [{"from": "", "to": ""}, {"from": "old", "to": "new"}]"#
    let pair = try printed(schema(table: attributes))["steps"]?[0]?["with"]?["pairs"]?[0]
    let sql = try #require(pair?["transform"]?.string)
    #expect(sql.contains(#"json_remove(item, '$."old"')"#) && sql.contains(#"'$."new"'"#))
    #expect(try printed(schema())["steps"]?[0]?["with"]?["pairs"]?[0]?["transform"] == nil)
  }

  @Test("every mistake is told at once, with file, line and column")
  func mistakes() throws {
    try cutover.write(
      "bad.json",
      """
      { "regionFrom": "us-east-1", "regionTo": "useast",
        "VAMS_S3Bucket_Mapping": [
          {"buckets": {"from": "S3Bucket_OldStack_Name", "to": "S3Bucket_NewStack_Name"}},
          {"bucket": {"from": "a-b", "to": "c-d"}},
          {"buckets": {"from": "same", "to": "same"}}, {"buckets": {"from": "A_B", "to": ""}}],
        "VAMS_DynamoDBTable_Mapping": [
          {"tables": {"from": "DynamoDBTable_OldStack_Name", "to": "tblB"},
           "atributes": [], "attributes": [{"from": "x", "to": ""}, {"from": "a"}]},
          {"tables": {"from": "tblC", "to": "tblD"}, "attributes": [
            {"from": "a", "to": "b"}, {"from": "a", "to": "c"}, {"from": "d", "to": "b"}]},
          {"tables": {"from": "tblE", "to": "tblD"}}, {"tables": 5}] }
      """)
    let output = try cutover("migrate", "vams", "bad.json")
    #expect(output.code == 65)
    #expect(
      output.errors == """
        bad.json:1:42: 'useast' is not a region, such as us-east-1
        bad.json:3:26: 'S3Bucket_OldStack_Name' is the template's placeholder; write the bucket's \
        name
        bad.json:3:58: 'S3Bucket_NewStack_Name' is the template's placeholder; write the bucket's \
        name
        bad.json:4:5: 'buckets' is missing
        bad.json:4:6: a bucket's entry has no 'bucket'; did you mean 'buckets'?
        bad.json:5:40: the bucket 'same' is source and target
        bad.json:5:71: 'A_B' cannot be the name of a bucket
        bad.json:5:84: the bucket's name is empty; take the entry out to copy none
        bad.json:7:25: 'DynamoDBTable_OldStack_Name' is the template's placeholder; write the \
        table's name
        bad.json:8:6: a table's entry has no 'atributes'; did you mean 'attributes'?
        bad.json:8:38: an attribute is renamed from one name to another; one is empty
        bad.json:8:63: 'to' is missing
        bad.json:10:33: the attribute 'a' is renamed twice
        bad.json:10:59: two attributes are renamed to 'b'
        bad.json:11:39: the table 'tblD' is a target twice
        bad.json:11:60: expected a pair of names, an object, found the number 5
        cutover: 16 mistakes; nothing was touched
          Mend them and check again.

        """)
    #expect(cutover.read("state/journal.db") == nil)
  }

  @Test("a file that is none is refused: broken JSON, another shape, nothing in it, nothing there")
  func others() throws {
    for (text, word) in [
      (#"{"regionFrom": "us-east-1" "#, "1:28"), ("[]", "expected a migration schema"),
      (
        #"{"regionFrom": "us-east-1", "regionTo": "us-east-1", "VAMS_S3Bucket_Mapping": [], "#
          + #""VAMS_DynamoDBTable_Mapping": []}"#, "nothing is named"
      ),
    ] {
      try cutover.write("bad.json", text)
      let output = try cutover("migrate", "vams", "bad.json")
      #expect(output.code == 65 && output.errors.contains(word), "\(output.all)")
    }
    #expect(try cutover("migrate", "vams", "nowhere.json").code == 66)
  }
}
