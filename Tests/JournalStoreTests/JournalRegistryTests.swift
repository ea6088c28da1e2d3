import Foundation
import Harness
import Resources
import Rollouts
import SQLite
import Testing

@testable import JournalStore

@Suite(.waiting) struct JournalRegistryTests {
  private static func record(
    _ order: String, _ name: String = "split", digest: String? = "d1", at seconds: Int = 1,
    outcome: MigrationRecord.Outcome = .applied
  ) throws -> MigrationRecord {
    MigrationRecord(
      environment: "prod", order: try #require(MigrationOrder(order)), name: name, digest: digest,
      at: Stage.moment(seconds), by: "ann", outcome: outcome, reason: "it is time")
  }

  private static let removal = MigrationRemoval(
    kind: .unmarked, at: Stage.moment(9), by: "bob", reason: "the table was restored")

  @Test("a record is added once, repeated without harm, and never replaced by another")
  func adding() async throws {
    let stage = try await Stage()
    let registry = JournalRegistry(stage.journal, place: JournalRegistry.standardPlace)
    let first = try Self.record("0007")
    try await registry.add(try Self.record("0012"))
    try await registry.add(first)
    try await registry.add(first)
    #expect(try await registry.records(of: "prod").map(\.title) == ["0007_split", "0012_split"])
    #expect(try await registry.records(of: "other") == [])
    // Zeros in front make no other migration.
    for other in [try Self.record("0007", digest: "d2"), try Self.record("7", at: 5)] {
      let failure = await #expect(throws: Failure.self) { try await registry.add(other) }
      #expect(failure?.summary.contains("is recorded as applied already") == true)
    }
    #expect(try await registry.records(of: "prod").first == first)
    #expect(try await stage.journal.verify().damages == [])
  }

  @Test("a removal keeps its reason, and takes only the record that was read")
  func removing() async throws {
    let stage = try await Stage()
    let registry = JournalRegistry(stage.journal, place: JournalRegistry.standardPlace)
    let first = try Self.record("0007")
    try await registry.add(first)
    await #expect(throws: Failure.self) {
      try await registry.remove(try Self.record("0007", digest: "d2"), because: Self.removal)
    }
    try await registry.remove(first, because: Self.removal)
    await #expect(throws: Failure.self) {
      try await registry.remove(first, because: Self.removal)
    }
    #expect(try await registry.records(of: "prod") == [])
    #expect(
      try await registry.lastRemoval(of: first.order, "split", in: "prod") == Stage.moment(9))
    try await registry.add(try Self.record("0007", digest: "d2", outcome: .marked))
    #expect(try await registry.records(of: "prod").map(\.digest) == ["d2"])
    let output = try stage.sqlite3("SELECT event, who, reason FROM migration ORDER BY number")
    #expect(
      output.text == """
        applied|ann|it is time
        unmarked|bob|the table was restored
        marked|ann|it is time

        """)
    #expect(try await stage.journal.verify().damages == [])
  }

  @Test(
    "whatever was edited, removed or added about migrations is found",
    arguments: [
      ("UPDATE migration SET digest = 'd9' WHERE number = 1", "0007_split was changed"),
      ("UPDATE migration SET reason = '' WHERE number = 2", "0012_split was changed"),
      ("DELETE FROM migration WHERE number = 1", "was removed (number 1)"),
      ("DELETE FROM migration WHERE number = 2", "were removed (2 to 2)"),
      (
        "INSERT INTO migration SELECT 3, environment, registry, '0013', name, event, digest, at, "
          + "who, rollout, reason, hash FROM migration WHERE number = 2", "0013_split was changed"
      ),
    ])
  func tampering(_ sql: String, _ finding: String) async throws {
    let stage = try await Stage()
    let registry = JournalRegistry(stage.journal, place: JournalRegistry.standardPlace)
    try await registry.add(try Self.record("0007"))
    try await registry.add(try Self.record("0012"))
    if !sql.hasPrefix("INSERT") { #expect(try stage.sqlite3(sql).status != 0) }
    try stage.tamper(sql)
    let damages = try await stage.reopened().verify().damages.map(\.description)
    #expect(damages.contains { $0.contains(finding) }, "\(damages)")
  }

  /// What a journal from before there was a table of migrations looks like.
  private static func makeOld(_ stage: Stage) async throws {
    await stage.journal.close()
    let output = try stage.sqlite3(
      "DROP VIEW applied; DROP TABLE migration; PRAGMA user_version = 3;")
    guard output.status == 0 else { throw HarnessError(output.errorText) }
  }

  @Test("a journal from before can be read as it is, and is upgraded when it is written")
  func upgrade() async throws {
    let stage = try await Stage()
    try await stage.complete("r1")
    try await Self.makeOld(stage)
    let old = try await stage.reopened(for: .read)
    #expect(try await old.verify().damages == [])
    let facts = try await old.facts(of: "r1", after: 0, limit: 99)
    #expect(facts.count == 6)
    let registry = JournalRegistry(old, place: JournalRegistry.standardPlace)
    #expect(try await registry.records(of: "prod") == [])
    await old.close()
    #expect(try stage.sqlite3("PRAGMA user_version").text == "3\n", "reading has changed it")

    let new = try await stage.reopened()
    #expect(try stage.sqlite3("PRAGMA user_version").text == "4\n")
    #expect(try await new.facts(of: "r1", after: 0, limit: 99) == facts)
    let upgraded = JournalRegistry(new, place: JournalRegistry.standardPlace)
    try await upgraded.add(try Self.record("0007"))
    #expect(try await new.verify().damages == [])
    #expect(try await upgraded.records(of: "prod").count == 1)
  }

  @Test("a rollout begun with several facts has all of them or none")
  func severalFacts() async throws {
    let stage = try await Stage()
    let lease = try await stage.journal.acquire(
      "prod", as: Stage.holder, takingOver: nil, at: Stage.moment(0))
    try await stage.journal.begin(
      Stage.rollout("r1"),
      facts: [
        .started(by: Stage.person), .planned(step: "a", plan: "{}", changes: []),
        .rollbackRequested(by: Stage.person),
      ], lease: lease)
    let facts = try await stage.journal.facts(of: "r1", after: 0, limit: 9)
    #expect(facts.map(\.fact.kind) == ["started", "planned", "rollback-requested"])
    #expect(try await stage.journal.verify().damages == [])
    try await stage.append(.rolledBack, at: 2, lease: lease)
    await #expect(throws: JournalError.self) {
      try await stage.journal.begin(
        Stage.rollout("r2", from: .green), facts: [.started(by: Stage.person)], lease: lease)
    }
    #expect(try await stage.journal.rollout("r2") == nil)
  }
}
