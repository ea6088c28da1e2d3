import Foundation
import Harness
import Testing

/// What the command says about configuration files; nothing of it needs a server.
@Suite("The configuration of old VAMS scripts", .waiting)
struct VAMSConfigTests {
  private let binary: Binary

  init() throws { binary = try Binary() }

  private func printed(_ migration: String, _ config: String?, _ more: [String]) throws
    -> Binary.Output
  {
    if let config { try binary.write("old.json", config) }
    return try binary.run(
      ["migrate", "vams", migration] + (config == nil ? [] : ["--config", "old.json"])
        + ["--print", "--playbooks", VAMSMigrationStage.playbooks] + more,
      environment: ["AWS_REGION": "", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"])
  }

  private static let whole = """
    { "_comment": "as the template has it", "comments": {"any": 1},
      "assets_table_name": "a", "asset_versions_table_name": "v",
      "s3_asset_buckets_table_name": "b", "databases_table_name": "d",
      "comment_storage_table_name": "YOUR_COMMENT_STORAGE_TABLE_NAME",
      "base_assets_prefix": "/", "asset_bucket_name": "bucket", "aws_profile": null,
      "aws_region": "eu-west-1", "log_level": "INFO", "batch_size": 100, "dry_run": false }
    """

  @Test("options win over the file, and the file over the playbook; what is not named is left out")
  func precedence() throws {
    let output = try printed(
      "v2.1-to-v2.2", Self.whole, ["--assets-table", "mine", "--profile", "p"])
    #expect(output.code == 0, "\(output.all)")
    #expect(output.text.contains(#""assets": "mine""#))
    #expect(output.text.contains(#""versions": "v""#))
    #expect(output.text.contains(#""region": "eu-west-1""#))
    #expect(output.text.contains(#""access": "?profile=p""#))
    #expect(output.text.contains(#""history": "archive""#))
    #expect(!output.text.contains(#""id": "comments""#))
    #expect(!output.text.contains(#""id": "links""#) && output.text.contains(#""id": "databases""#))
  }

  @Test("every mistake in the file is told with its place")
  func mistakes() throws {
    let output = try printed(
      "v2.1-to-v2.2",
      """
      {
        "assets_table_name": "YOUR_ASSETS_TABLE_NAME",
        "asset_version_table_name": "v",
        "function_name": "f",
        "batch_size": "25",
        "dry_run": 1
      }
      """, [])
    #expect(output.code == 65)
    for line in [
      "old.json:2:24: 'assets_table_name' still holds the template's 'YOUR_ASSETS_TABLE_NAME'",
      "old.json:3:3: v2.1-to-v2.2 has no 'asset_version_table_name'; did you mean "
        + "'asset_versions_table_name'?",
      "old.json:4:3: v2.1-to-v2.2 has no 'function_name'; it belongs to v2.2-to-v2.3",
      "old.json:5:17: 'batch_size': expected a whole number, found",
      "old.json:6:14: 'dry_run': expected true or false, found the number 1",
    ] { #expect(output.errors.contains(line), "\(line)\n\(output.all)") }
  }

  @Test("what is missing, misplaced or unknown is told before anything is looked at")
  func refusals() throws {
    for (words, config, code, said) in [
      (
        "v2.1-to-v2.2", #"{"aws_region": "eu-west-1"}"#, 65,
        "table AssetStorageTable, table AssetVersions"
      ),
      ("v2.1-to-v2.2", "{", 65, "old.json:1:2"), ("v2.1-to-v2.2", "{}", 65, "no region is named"),
      ("v2.1-to-v2.3", nil, 64, "there is no migration 'v2.1-to-v2.3'; did you mean"),
    ] as [(String, String?, Int32, String)] {
      let output = try printed(words, config, [])
      #expect(output.code == code && output.errors.contains(said), "\(output.all)")
    }
    let stranger = try printed("v2.1-to-v2.2", Self.whole, ["--function-name", "f"])
    #expect(stranger.code == 64 && stranger.errors.contains("no use for --function-name"))
    let missing = try printed("v2.1-to-v2.2", nil, ["--config", "none.json"])
    #expect(missing.code == 66 && missing.errors.contains("no configuration file at none.json"))
  }

  @Test("counts that mean nothing are refused, and an option without a text says nothing")
  func options() throws {
    for (words, said) in [
      (["--limit=-1"], "--limit counts"), (["--batch-size=0"], "--batch-size counts"),
      (["--verify", "--report", "r.csv", "--limit", "3"], "--verify looks at everything"),
    ] {
      let output = try printed("v2.1-to-v2.2", Self.whole, words)
      #expect(output.code == 64 && output.errors.contains(said), "\(words): \(output.all)")
    }
    let empty = try printed(
      "v2.1-to-v2.2", Self.whole,
      ["--region", "", "--profile", "", "--stack", "", "--environment", "", "--assets-table", ""])
    #expect(empty.code == 0, "\(empty.all)")
    #expect(empty.text.contains(#""region": "eu-west-1""#))
    #expect(empty.text.contains(#""assets": "a""#) && !empty.text.contains("profile="))
  }

  @Test("a trial of a few items never has the indexes emptied")
  func limitedReindex() throws {
    let config = #"{"function_name": "f", "clear_indexes": true, "aws_region": "eu-west-1"}"#
    let trial = try printed("v2.2-to-v2.3", config, ["--limit", "5"])
    #expect(trial.text.contains(#""clear_indexes": false"#), "\(trial.all)")
    #expect(trial.text.contains(#""clear": false"#), "\(trial.all)")
    #expect(trial.text.contains(#""dry_run": false"#) && trial.text.contains(#""limit": 5"#))
  }

  @Test("a dry run never has the indexes emptied, whatever the file says")
  func dryReindex() throws {
    let config = #"{"function_name": "f", "clear_indexes": true, "aws_region": "eu-west-1"}"#
    let dry = try printed("v2.2-to-v2.3", config, ["--dry-run", "--limit", "5"])
    #expect(dry.text.contains(#""clear_indexes": false"#), "\(dry.all)")
    #expect(dry.text.contains(#""dry_run": true"#) && dry.text.contains(#""limit": 5"#))
    let real = try printed("v2.2-to-v2.3", config, [])
    #expect(real.text.contains(#""clear": true"#) && real.text.contains(#""dry_run": false"#))
  }

  @Test("a further migration is a playbook and a row of data, and its mistakes are told")
  func further() throws {
    let folder = try NewMigration.make(in: binary)
    let words = ["--playbooks", folder, "--region", "eu-west-1"]
    func say(_ config: String) throws -> Binary.Output {
      try binary.write("new.json", config)
      return try binary.run(
        ["migrate", "vams", "v2.5-to-v2.6", "--config", "new.json", "--print"] + words)
    }
    let output = try say(#"{"old_tags_table_name": "o", "new_tags_table_name": "n"}"#)
    #expect(output.code == 0, "\(output.all)")
    #expect(output.text.contains(#""old": "o""#) && output.text.contains(#""new": "n""#))
    let mistyped = try say(#"{"old_tag_table_name": "o"}"#)
    #expect(mistyped.errors.contains("did you mean 'old_tags_table_name'?"), "\(mistyped.all)")
    let lacking = try say(#"{"old_tags_table_name": "o"}"#)
    #expect(lacking.errors.contains("needs to know: table NewTags"), "\(lacking.all)")
    for (good, bad, said) in [
      (#""parameter": "old""#, #""parameter": "odl""#, "has no parameter 'odl'"),
      (#""summary""#, #""sumary""#, "summary"), (#""table": "OldTags""#, #""tabel": "O""#, "table"),
    ] {
      let broken = try #require(binary.read("new/migrations.json")).replacing(good, with: bad)
      try binary.write("new/migrations.json", broken)
      let refused = try say("{}")
      #expect(refused.code == 65 && refused.errors.contains(said), "\(refused.all)")
      _ = try NewMigration.make(in: binary)
    }
  }
}

/// A migration of a release to come, in a folder of its own.
enum NewMigration {
  static func make(in binary: Binary) throws -> String {
    let folder = binary.folder.file("new")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try binary.write(
      "new/migrations.json",
      """
      { "migrations": [ {
        "name": "v2.5-to-v2.6", "summary": "tags",
        "config": [
          { "key": "old_tags_table_name", "parameter": "old" },
          { "key": "new_tags_table_name", "parameter": "new" }
        ],
        "find": [
          { "parameter": "old", "table": "OldTags" }, { "parameter": "new", "table": "NewTags" }
        ],
        "evidence": { "release": "2.6", "moved": [ { "from": "OldTags", "to": "NewTags" } ] }
      } ] }
      """)
    try binary.write(
      "new/v2.5-to-v2.6.json5",
      """
      { playbook: 1, environment: "tags", parameters: { region: "us-east-1", old: null, new: null },
        colors: { blue: { release: "2.5" }, green: { release: "2.6" } },
        steps: [ { id: "tags", uses: "tables.copy", with: {
          from: "dynamodb://${region}/${old}", to: "dynamodb://${region}/${new}" } } ] }
      """)
    return folder
  }
}
