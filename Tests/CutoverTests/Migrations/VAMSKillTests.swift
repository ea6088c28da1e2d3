import Foundation
import Harness
import Testing

/// Each migration by its old configuration file, killed again and again on its way.
@Suite("Migrations of VAMS that are killed in every phase")
struct VAMSKillTests {
  /// Moments to die at, over and over: in the middle of a step's work and behind the plan of the
  /// next one; then in the middle, when the work is done but not recorded, and behind the next plan.
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
      "v2.4_to_v2.5_clear_v2", "v2.4-to-v2.5", ["--clear-v2", "--set", "rejects=2"],
      "alike: 223 items\n"
    ),
  ]

  @Test("killed in every phase it is carried on to the recorded end", arguments: cases)
  func killed(folder: String, name: String, more: [String], alike: String) async throws {
    try await ScriptedServer.run(Self.reindexer) { lambda in
      let old = try VAMSMigrationStage(folder)
      let before = try old.digest()
      let dry = try old.run(name, more + ["--dry-run"], lambda: lambda.base)
      #expect(dry.code == 0 && dry.text.contains("items would be written"), "\(dry.all)")
      #expect(try old.digest() == before)
      #expect(try Tool.run(["curl", "--silent", "\(lambda.base)/calls"]).text == "0")
      var interrupted: Set<String> = []
      var states: [String: String] = [:]
      for number in 0..<Self.killsMax {
        let run = try old.run(
          name, more, program: .crashRunner, kill: Self.points[number % Self.points.count],
          lambda: lambda.base)
        states = try old.states()
        guard run.code == 128 + SIGKILL else {
          #expect(run.code == 0, "\(run.all)")
          break
        }
        interrupted.formUnion(states.filter { !["waiting", "done"].contains($0.value) }.keys)
        // It died behind its last fact.
        if states.values.allSatisfy({ $0 == "done" }) { break }
      }
      #expect(states.values.allSatisfy { $0 == "done" }, "\(states)")
      #expect(interrupted.isSuperset(of: Set(states.keys).subtracting(["proof"])), "\(interrupted)")
      #expect(try old.compare() == alike)
    }
  }

  /// Answers as the function does; says at /calls how often it was invoked.
  private static let reindexer = #"""
    def handle(self, path, query):
        if path == "/calls": return self.answer(200, [], str(shared.get("calls", 0)))
        with changed: shared["calls"] = shared.get("calls", 0) + 1
        part = {"total_count": 1, "success_count": 1, "failed_count": 0, "errors": []}
        self.answer(200, [], json.dumps({"statusCode": 200, "body": json.dumps(
            {"message": "done", "results": {"assets": part, "files": part}})}))

    """#
}
