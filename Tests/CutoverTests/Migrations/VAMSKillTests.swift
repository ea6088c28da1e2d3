import Foundation
import Harness
import Testing

/// Each migration by its old configuration file, killed again and again on its way.
@Suite("Migrations of VAMS that are killed in every phase", .waiting)
struct VAMSKillTests {
  /// Moments to die at, over and over: in the middle of a step's work and behind the plan of the
  /// next one; then in the middle, when the work is done but unrecorded, and behind the next plan.
  private static let points = [
    "journal-after:4", "call-after:3", "journal-after:5", "call-after:1", "call-after:3",
  ]
  private static let killsMax = 60

  private static let cases: [(folder: String, name: String, more: [String], alike: String)] = [
    (
      "v2.1_to_v2.2_at_v2.2.0", "v2.1-to-v2.2", ["--set", "release=2.2.0"], "alike: 324 items\n"
    ),
    ("v2.2_to_v2.3_legacy", "v2.2-to-v2.3-legacy", [], "alike: 180 items\n"),
    (
      "v2.3_to_v2.4_delete_old_data", "v2.3-to-v2.4", ["--set", "leftovers=delete"],
      "alike: 198 items\n"
    ),
    (
      "v2.4_to_v2.5_clear_v2", "v2.4-to-v2.5", ["--clear-v2", "--set", "rejects=3"],
      "alike: 223 items\n"
    ),
  ]

  @Test(
    "after a dry run and a trial, killed in every phase, it ends as recorded; all is taken back",
    arguments: cases)
  func killed(folder: String, name: String, more: [String], alike: String) async throws {
    try await ScriptedServer.run(Self.reindexer) { lambda in
      let old = try VAMSMigrationStage(folder)
      let before = try old.digest()
      let dry = try old.run(
        name, more + ["--dry-run", "--batch-size", "100"], lambda: lambda.base)
      #expect(dry.code == 0 && dry.text.contains("items would be written"), "\(dry.all)")
      #expect(dry.text.contains("A batch size of 100 is fine"), "\(dry.all)")
      #expect(try old.digest() == before)
      #expect(try Tool.run(["curl", "--silent", "\(lambda.base)/calls"]).text == "0")
      // With a lookup as small as the trial, versions would lose their assets.
      let trial = try old.run(
        name, more + ["--limit", "3", "--environment", "trial"], lambda: lambda.base)
      #expect(trial.code == 0, "\(trial.all)")
      let tried = try old.digest()
      #expect(tried != before)
      try kill(old, name, more, lambda)
      #expect(try old.compare() == alike)
      for (environment, digest) in [(nil, tried), ("trial", before)] {
        let back = try old.takeBack(name, environment: environment)
        #expect(back.code == 0, "\(back.all)")
        #expect(try old.digest() == digest, "\(back.all)")
      }
      let none = try old.takeBack(name)
      #expect(none.code == 64 && none.all.contains("not taken back already"), "\(none.all)")
    }
  }

  /// Runs it again and again until it is not killed any more.
  private func kill(
    _ old: VAMSMigrationStage, _ name: String, _ more: [String], _ lambda: ScriptedServer
  ) throws {
    var interrupted: Set<String> = []
    var states: [String: String] = [:]
    for number in 0..<Self.killsMax {
      let run = try old.run(
        name, more, program: .crashRunner, kill: Self.points[number % Self.points.count],
        lambda: lambda.base)
      states = try old.states(of: name)
      guard run.code == 128 + SIGKILL else {
        #expect(run.code == 0, "\(run.all)")
        break
      }
      interrupted.formUnion(states.filter { !["waiting", "done"].contains($0.value) }.keys)
      guard states.values.contains(where: { $0 != "done" }) else {
        // It died behind its last step; if that was the end of it, nothing is open to resume.
        let words = ["resume", "--environment", VAMSMigrationStage.environment(of: name)]
        #expect([0, 64].contains(try old.stage.run(words).code))
        break
      }
    }
    #expect(states.values.allSatisfy { $0 == "done" }, "\(states)")
    #expect(interrupted.isSuperset(of: Set(states.keys).subtracting(["proof"])), "\(interrupted)")
  }

  /// Answers as the function does; says at /calls how often it was invoked.
  private static let reindexer = #"""
    def handle(self, path, query):
        if path == "/calls": return self.answer(200, [], str(shared.get("calls", 0)))
        with changed: shared["calls"] = shared.get("calls", 0) + 1
        part = {"total_count": 1, "success_count": 1, "failed_count": 0, "errors": []}
        cleared = {"asset_index": {"success": True}, "file_index": {"success": True}}
        self.answer(200, [], json.dumps({"statusCode": 200, "body": json.dumps(
            {"message": "done",
             "results": {"assets": part, "files": part, "clear_indexes": cleared}})}))

    """#
}
