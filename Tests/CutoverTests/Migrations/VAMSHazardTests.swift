import Foundation
import Harness
import JSON
import Testing

/// What the old scripts lose or spoil and no other suite shows; docs/vams-migrations.md lists all.
@Suite("Hazards of the old VAMS scripts", .waiting)
struct VAMSHazardTests {
  /// All that a run told, in its output and in the history.
  private func told(_ run: Binary.Output, _ old: VAMSMigrationStage) throws -> String {
    run.all + (try old.stage.run(["history", "last"]).all)
  }

  @Test("the highest version counts, the history is kept, odd links and files elsewhere are told")
  func to22() throws {
    let old = try VAMSMigrationStage("odd/v2.1_to_v2.2__comments_collide")
    try old.put(
      "vams-AssetStorageTable",
      #"{"databaseId":{"S":"d"},"assetId":{"S":"listed"},"#
        + #""assetLocation":{"M":{"Key":{"S":"x/y"}}},"versions":{"L":["#
        + #"{"M":{"Version":{"S":"1"},"Comment":{"S":"oldest"}}},"#
        + #"{"M":{"Version":{"S":"10"},"Comment":{"S":"newest"}}},"#
        + #"{"M":{"Version":{"S":"9"},"S3Version":{"S":"nine"}}}]}}"#)
    try old.put(
      "vams-AssetLinksStorageTable",
      #"{"assetIdFrom":{"S":"listed"},"assetIdTo":{"S":"listed"},"relationId":{"S":"l"},"#
        + #""relationshipType":{"S":"sibling"}}"#)
    let before = try old.digest()
    let run = try old.run("v2.1-to-v2.2")
    #expect(run.code == 0, "\(run.all)")
    let rows = try old.show("vams-AssetVersionsStorageTable").filter { $0.contains("listed") }
    #expect(rows.count == 1 && rows[0].contains(#""S": "10""#) && rows[0].contains("newest"))
    let told = try told(run, old)
    for reason in [
      "older versions, and dates, sizes and S3 versions, go to the archive of the step",
      "its file is not below its new place in the bucket: move it there",
      "the type 'sibling' is unknown to 2.2: mend it",
    ] { #expect(told.contains(reason), "\(reason): \(told)") }
    // All that the history said is kept beside the journal, and comes back.
    let kept = try Tool.run([
      "python3", "-c",
      """
      import glob, sqlite3, sys
      [path] = glob.glob(sys.argv[1] + "/state/**/assets/migration.db", recursive=True)
      print(*sqlite3.connect(path).execute(
        "SELECT count(*) FROM change WHERE CAST(former AS TEXT) LIKE '%oldest%nine%'").fetchone())
      """, old.stage.cutover.folder.path,
    ])
    #expect(kept.text == "1\n", "\(kept.text)\(kept.errorText)")
    #expect(try old.takeBack("v2.1-to-v2.2").code == 0)
    #expect(try old.digest() == before)
  }

  @Test("the draft tells of versions that it has no place for")
  func draft() throws {
    let old = try VAMSMigrationStage("odd/v2.2_to_v2.3_legacy__odd_currentVersion")
    try old.put(
      "vams-AssetStorageTable",
      #"{"databaseId":{"S":"d"},"assetId":{"S":"v"},"#
        + #""versions":{"L":[{"M":{"Version":{"S":"1"}}}]}}"#)
    let run = try old.run("v2.2-to-v2.3-legacy", ["--set", "rejects=9"])
    #expect(run.code == 0, "\(run.all)")
    let told = try told(run, old)
    #expect(told.contains("has no current version; its versions go to the archive"), "\(told)")
  }

  @Test("throttled and unprocessed rows get there before their sources go; edits outlive a rerun")
  func weather() async throws {
    let old = try VAMSMigrationStage("v2.3_to_v2.4_delete_old_data")
    let words = ["--set", "leftovers=delete", "--set", "reindexer=", "--set", "writes=plain"]
    let rules = [
      FaultProxy.Rule("throttle", share: 0.1), FaultProxy.Rule("unprocessed", share: 0.3),
      FaultProxy.Rule("broken-after", share: 0.05),
    ]
    let (run, counts) = try await FaultProxy.run(before: old.stage.server.url, seed: 3, rules) {
      (try old.run("v2.3-to-v2.4", words, endpoint: $0.url), try $0.counts())
    }
    #expect(run.code == 0, "\(run.all)")
    #expect(counts.count == rules.count, "\(counts)")
    #expect(try old.compare() == "alike: 198 items\n")
    try old.put(
      "vams-AuthEntitiesTable",
      #"{"entityType":{"S":"constraint"},"sk":{"S":"constraint#mine"},"name":{"S":"old"}}"#)
    try old.put(
      "vams-ConstraintsStorageTable", #"{"constraintId":{"S":"mine"},"name":{"S":"edited"}}"#)
    let again = try old.run("v2.3-to-v2.4", words + ["--report", "reports/r.json"])
    #expect(again.code == 0, "\(again.all)")
    let mine = try old.show("vams-ConstraintsStorageTable").filter { $0.contains(#""mine""#) }
    #expect(mine.count == 1 && mine[0].contains("edited"), "\(mine)")
    // What the new table does not hold as it was stays in the old one too.
    #expect(try old.show("vams-AuthEntitiesTable").contains { $0.contains("constraint#mine") })
    #expect(try told(again, old).contains("the new table does not hold all of it"))
    let report = try old.json("reports/r.json")
    #expect(report["outcome"]?.string == "completed")
    let step = try #require(Self.step("delete-constraints", of: report))
    #expect(step["verification"]?["verdict"]?.string == "passed")
    let ledger = step["ledgers"]?.elements?.first
    #expect(ledger?["skipped"]?["the new table does not hold all of it"]?.integer == 1)
    #expect(ledger?["expectedDigest"]?.string?.isEmpty == false)
    #expect(step["rejects"]?.elements?.count == 0)
  }

  private static func step(_ id: String, of report: JSONValue) -> JSONValue? {
    report["steps"]?.elements?.first { $0["id"]?.string == id }
  }

  @Test("the report names all that was rejected, also of a run that stopped, and writes it again")
  func report() throws {
    let old = try VAMSMigrationStage("v2.3_to_v2.4_delete_old_data")
    let items = (0..<7).map {
      #"{"databaseId":{"S":"d"},"assetId":{"S":"b\#($0)"},"bytes":{"B":"AAE="}}"#
    }
    try old.put("vams-MetadataStorageTable", items.joined(separator: "\n"))
    let run = try old.run("v2.3-to-v2.4", ["--set", "reindexer=", "--report", "r.json"])
    #expect(run.code == 3, "\(run.all)")
    let report = try old.json("r.json")
    #expect(report["outcome"]?.isNull == true)
    let step = try #require(Self.step("metadata", of: report))
    #expect(step["state"]?.string == "stopped" && step["failure"]?["summary"]?.string != nil)
    let rejects = step["rejects"]?.elements ?? []
    #expect(rejects.count == items.count, "\(step.text)")
    #expect(
      rejects.contains {
        $0["key"]?.string?.contains("b6") == true
          && $0["reason"]?.string == "the value of bytes is binary, which 2.4 cannot have"
      })
    let again = try old.run("v2.3-to-v2.4", ["--report", "again.json", "--verify"])
    #expect(again.code == 3, "\(again.all)")
    #expect(try old.json("again.json")["steps"] == report["steps"])
  }
}
