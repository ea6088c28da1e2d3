import Foundation
import Harness
import JournalStore
import Resources
import Rollouts
import Testing

@Suite(.waiting) struct ReadmeTests {
  private static var readme: String {
    get throws {
      let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      return try String(
        contentsOf: root.appendingPathComponent("state/README.md"), encoding: .utf8)
    }
  }

  private func answer(_ sql: String, _ stage: Stage) throws -> String {
    let output = try Tool.run(
      ["sqlite3", "-readonly", "-bail", stage.path], input: Array(sql.utf8))
    #expect(output.status == 0, "\(output.errorText)")
    return output.text
  }

  private func stage() async throws -> Stage {
    let stage = try await Stage()
    try await stage.complete("r1")
    let lease = try await stage.begin("r2", from: .green)
    try await stage.append(
      .planned(step: "tables", plan: #"{"n":1}"#, changes: ["copies 3 tables"]), to: "r2",
      lease: lease)
    try await stage.append(
      .failed(
        step: "tables", phase: .apply, attempt: 1, failure: .transient("throttled", hint: ""),
        retryAt: Stage.moment(9)), to: "r2", at: 2, lease: lease)
    try await stage.append(.noted(step: "tables", text: "waits"), to: "r2", at: 3, lease: lease)
    try await stage.journal.save(
      checkpoint: #"{"page":7}"#, of: "tables", in: "r2", at: Stage.moment(4), lease: lease)
    return stage
  }

  @Test("every query of state/README.md gives an answer in the sqlite3 shell")
  func queries() async throws {
    let stage = try await stage()
    _ = try await stage.journal.submit(.pause(Stage.person), to: "r2", at: Stage.moment(5))
    try await JournalRegistry(stage.journal, place: JournalRegistry.standardPlace).add(
      MigrationRecord(
        environment: "prod", order: try #require(MigrationOrder("0007")), name: "split",
        digest: nil, at: Stage.moment(6), by: "ann", outcome: .applied))
    let blocks = try Self.readme.components(separatedBy: "```sql\n").dropFirst()
      .compactMap { $0.components(separatedBy: "```").first }
    #expect(blocks.count >= 8)
    for block in blocks { #expect(try !answer(block, stage).isEmpty, "no answer to \(block)") }
  }

  @Test("the views say which colour is live, where each step is, and what happened")
  func views() async throws {
    let stage = try await stage()
    #expect(
      try answer("SELECT environment, live, cause, open_rollout FROM live", stage)
        == "prod|green|fact 4 of rollout r1|r2\n")
    #expect(
      try answer(
        "SELECT step, latest, phase, attempt, failure, checkpoint FROM progress WHERE rollout='r2'",
        stage) == "tables|failed|apply|1|throttled|{\"page\":7}\n")
    #expect(
      try answer(
        "SELECT sequence, kind, step, who, what FROM events WHERE rollout='r2' ORDER BY sequence",
        stage)
          == """
          1|started||ann|it is time
          2|planned|tables||copies 3 tables
          3|failed|tables||throttled
          4|noted|tables||waits

          """)
    #expect(
      try answer("SELECT what, live FROM events WHERE kind='verified'", stage)
        == "all of 3 servers agree|green\n")
  }
}
