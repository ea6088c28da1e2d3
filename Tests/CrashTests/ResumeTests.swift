import Foundation
import Harness
import Testing

/// What carrying on does anew, counted by the database itself.
@Suite("What is done twice", .waiting)
struct ResumeTests {
  @Test("carrying on copies no item again but those of the batch after the last checkpoint")
  func nothingTwice() async throws {
    let counts = try await beside {
      // The points are spread over the whole run; those in the copy are found by its checkpoints.
      try stride(from: 12, through: 36, by: 2).compactMap { number in
        try Self.writes(killedAt: "journal-before:\(number)")
      }
    }
    // The kills hit the copy at several places, and in the worst of them a batch was written whose
    // checkpoint was not.
    #expect(Set(counts.map(\.before)).count >= 3, "\(counts)")
    #expect(counts.contains { $0.before > $0.checkpointed }, "\(counts)")
    for count in counts {
      let again = count.total - CrashFixture.itemCount
      #expect((0...CrashFixture.batch).contains(again), "\(count)")
      #expect(again <= count.before - count.checkpointed, "\(count)")
    }
  }

  private struct Count {
    /// Rows written before the kill, and in the whole.
    var before: Int
    var total: Int
    /// How many items the checkpoint that was found after the kill speaks of.
    var checkpointed: Int
  }

  /// Counts the rows written; nil when the copy was not under way at the kill.
  private static func writes(killedAt point: String) throws -> Count? {
    let world = try CrashWorld(holds: false)
    let target = "\(world.root)/data/green/app.db"
    _ = try Tool.sqlite3(
      target,
      """
      CREATE TABLE written (id INTEGER);
      CREATE TRIGGER inserts AFTER INSERT ON people
      BEGIN INSERT INTO written VALUES (new.id); END;
      CREATE TRIGGER updates AFTER UPDATE ON people
      BEGIN INSERT INTO written VALUES (new.id); END;
      """)
    guard try world.run(.crashRunner, world.forward, killedAt: point) == .killed else {
      throw CrashComplaint("\(point) killed nobody\n\(world.log)")
    }
    let before = try number(target, "SELECT count(*) FROM written")
    let applied = try number(
      world.journal, "SELECT count(*) FROM fact WHERE step = 'copy-tables' AND kind = 'applied'")
    guard before > 0, applied == 0 else { return nil }
    let checkpointed = try number(
      world.journal,
      """
      SELECT coalesce(sum(json_extract(value, '$.pairs[0].tally.read')), 0) FROM checkpoint
      WHERE step = 'copy-tables'
      """)
    guard try world.run(.crashRunner, world.forward) == .exited(0) else {
      throw CrashComplaint("carrying on after \(point) failed\n\(world.log)")
    }
    let total = try number(target, "SELECT count(*) FROM written")
    let rows = try number(target, "SELECT count(*) FROM people")
    guard rows == CrashFixture.itemCount else {
      throw CrashComplaint("\(rows) rows after \(point)")
    }
    return Count(before: before, total: total, checkpointed: checkpointed)
  }

  private static func number(_ path: String, _ sql: String) throws -> Int {
    // Not read-only: after a kill the write-ahead log may have to be recovered first.
    let answer = try Tool.run(["sqlite3", path, sql])
    guard let number = Int(answer.text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw CrashComplaint("sqlite3 says \(answer.text)\(answer.errorText)")
    }
    return number
  }
}
