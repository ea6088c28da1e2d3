import Foundation
import Harness
import JSON
import Testing

/// The recorded runs of the scripts of 2.2 and of the draft, and what those scripts got wrong.
@Suite("cutover migrate vams v2.1-to-v2.2 and v2.2-to-v2.3-legacy", .waiting)
struct MigrateTo22Tests {
  private static let cases = [
    ("v2.1_to_v2.2", "v2.1-to-v2.2", [], "alike: 364 items\n"),
    (
      "v2.1_to_v2.2_at_v2.2.0", "v2.1-to-v2.2", ["--set", "release=2.2.0"], "alike: 324 items\n"
    ),
    ("v2.2_to_v2.3_legacy", "v2.2-to-v2.3-legacy", [], "alike: 180 items\n"),
  ]

  @Test("reproduces the recorded run, and a dry run before it changes nothing", arguments: cases)
  func recorded(folder: String, name: String, more: [String], alike: String) async throws {
    let old = try VAMSMigrationStage(folder)
    let before = try old.digest()
    let dry = try old.run(name, more + ["--dry-run"])
    #expect(dry.code == 0, "\(dry.all)")
    #expect(dry.text.contains("items would be written"), "\(dry.all)")
    #expect(try old.digest() == before)
    let run = try old.run(name, more + ["--report", "reports/r.csv"])
    // Whatever the old script left with faults stays so, and decides how the command ends.
    #expect(run.code == 3 && run.all.contains("records have faults"), "\(run.all)")
    #expect(try old.compare() == alike)
    try expectReport(of: old)
    let steps = try old.json("reports/r_steps.json")["steps"]?.elements ?? []
    #expect(steps.contains { $0["ledgers"]?.elements?.isEmpty == false }, "\(steps)")
  }

  /// Holds the report against the recorded one, but for what only its verifier found wrong: every
  /// version row was asked for a field that its own migration does not write.
  private func expectReport(of old: VAMSMigrationStage) throws {
    let found = old.lines("reports/r.csv")
    let summary = try old.json("reports/r_summary.json")
    let path = "\(old.folder)/verify_report"
    guard let recorded = try? String(contentsOfFile: "\(path).csv", encoding: .utf8) else {
      #expect(found.first == "asset_id,error_type,error_message,field")
      #expect(
        summary.members?.map(\.name) == [
          "timestamp", "version_verification", "update_verification", "total_success",
          "total_errors", "report_file",
        ])
      #expect(summary["total_errors"]?.integer == found.count - 1, "\(found)")
      return
    }
    let expected = recorded.components(separatedBy: .newlines).filter {
      !$0.isEmpty && !$0.contains(",incomplete_version_record,")
    }
    #expect(found.first == expected.first)
    #expect(found.dropFirst().sorted() == expected.dropFirst().sorted())
    let text = try String(contentsOfFile: "\(path)_summary.json", encoding: .utf8)
    let said = try JSONValue(reading: Array(text.utf8))
    #expect(summary.members?.map(\.name) == said.members?.map(\.name))
    for section in ["asset", "database", "comment", "asset_links"].map({ "\($0)_verification" }) {
      #expect(summary[section] == said[section], "\(section)")
    }
    #expect(summary["total_errors"]?.integer == expected.count - 1)
    #expect(summary["version_verification"]?["error_count"]?.integer == 0)
  }

  @Test(
    "a trial of a few items, the whole and a second run end as the whole alone",
    arguments: cases.dropFirst())
  func repeated(folder: String, name: String, more: [String], alike: String) async throws {
    let old = try VAMSMigrationStage(folder)
    let before = try old.digest()
    let trial = try old.run(name, more + ["--limit", "7", "--environment", "trial"])
    #expect(trial.code == 0, "\(trial.all)")
    #expect(try old.digest() != before)
    for _ in 1...2 {
      let run = try old.run(name, more)
      #expect(run.code == 0, "\(run.all)")
      #expect(try old.compare() == alike)
    }
  }

  @Test("killed in the middle it is taken back whole")
  func killed() async throws {
    let old = try VAMSMigrationStage("v2.1_to_v2.2_at_v2.2.0")
    let before = try old.digest()
    let killed = try old.run(
      "v2.1-to-v2.2", ["--set", "release=2.2.0"], program: .crashRunner, kill: "call-after:5")
    #expect(killed.code == 128 + SIGKILL, "\(killed.all)")
    #expect(try old.digest() != before)
    let back = try old.stage.run(["rollback", "--reason", "practice"])
    #expect(back.code == 0, "\(back.all)")
    #expect(try old.digest() == before)
  }

  @Test("an asset whose version cannot be told is named and left as it is, not stripped")
  func odd() async throws {
    let old = try VAMSMigrationStage("odd/v2.1_to_v2.2__odd_currentVersion")
    let before = try old.digest()
    let dry = try old.run("v2.1-to-v2.2", ["--dry-run"])
    #expect(dry.code == 3, "\(dry.all)")
    #expect(
      dry.all.contains("5 items would be rejected, 0 are allowed: the run would stop"),
      "\(dry.all)")
    let run = try old.run("v2.1-to-v2.2")
    #expect(run.code == 3, "\(run.all)")
    #expect(run.all.contains("5 items cannot be migrated, and 0 are allowed"), "\(run.all)")
    #expect(try old.digest() == before)
    let back = try old.stage.run(["rollback", "--reason", "mend them"])
    #expect(back.code == 0 || back.code == 1, "\(back.all)")
    let lenient = try old.run("v2.1-to-v2.2", ["--set", "rejects=5"])
    #expect(lenient.code == 0, "\(lenient.all)")
    for reason in [
      "its currentVersion has no Version", "the Version of its currentVersion is no text",
      "its assetId is in several databases", "its currentVersion is no map",
    ] { #expect(lenient.all.contains(reason), "\(reason): \(lenient.all)") }
    #expect(try old.digest() == before)
  }

  @Test("the draft too leaves an asset with a numeric version as it is")
  func oddDraft() async throws {
    let old = try VAMSMigrationStage("odd/v2.2_to_v2.3_legacy__odd_currentVersion")
    let before = try old.show("vams-AssetStorageTable")
    let run = try old.run("v2.2-to-v2.3-legacy")
    #expect(run.code == 3 && run.all.contains("is no text"), "\(run.all)")
    #expect(try old.show("vams-AssetStorageTable") == before)
  }

  @Test("two comments that would become one stay two, and the reason is told")
  func collidingComments() async throws {
    let old = try VAMSMigrationStage("odd/v2.1_to_v2.2__comments_collide")
    let before = try old.show("vams-CommentStorageTable")
    let run = try old.run("v2.1-to-v2.2")
    #expect(run.code == 0, "\(run.all)")
    #expect(try old.show("vams-CommentStorageTable") == before)
    let history = try old.stage.run(["history"])
    #expect(
      (run.all + history.all).contains("another version has a comment of the same id"),
      "\(history.all)")
  }

  @Test("with history=rows every version becomes a row with all that it said")
  func history() async throws {
    let old = try VAMSMigrationStage("odd/v2.1_to_v2.2__comments_collide")
    try old.put(
      "vams-AssetStorageTable",
      #"{"databaseId":{"S":"db"},"assetId":{"S":"many"},"currentVersion":{"M":{"#
        + #""Version":{"S":"10"},"S3Version":{"S":"s10"},"Comment":{"S":"ten"}}},"versions":{"L":["#
        + #"{"M":{"Version":{"S":"2"},"S3Version":{"S":"s2"},"Comment":{"S":"two"}}},"#
        + #"{"M":{"Version":{"S":"9"},"FileSize":{"S":"1MB"}}}]}}"#)
    let run = try old.run("v2.1-to-v2.2", ["--set", "history=rows"])
    #expect(run.code == 0, "\(run.all)")
    let rows = try old.show("vams-AssetVersionsStorageTable").filter { $0.contains(#""many""#) }
    #expect(rows.count == 3)
    for part in [#""s10""#, #""two""#, #""1MB""#] {
      #expect(rows.contains { $0.contains(part) }, "\(rows)")
    }
    #expect(rows.filter { $0.contains(#""isCurrentVersion": {"BOOL": true}"#) }.count == 1)
  }
}
