import Actions
import Harness
import Resources
import Rollouts
import Testing

@Suite("buckets.sync, killed anywhere", .waiting)
struct BucketsSyncCrashTests {
  private struct Outcome: Equatable {
    var objects: [ObjectKey: MemoryBucket.Object]
    var ledgers: [Ledger]
    /// A note is written again when the process dies right behind it.
    var notes: Set<String>
  }

  /// Calls of one run at which it is killed; a run has about 120.
  private static let callsMax = 600

  @Test(
    "the end, the ledger and the way back are the same wherever it died",
    arguments: ExistingPolicy.allCases, Faults.Kind.allCases)
  func everyCall(existing: ExistingPolicy, kind: Faults.Kind) async throws {
    let calm = try await outcome(existing, kind, dyingAt: nil).0
    #expect(calm.ledgers.compactMap(\.imbalance) == [])
    for call in 1...Self.callsMax {
      let (outcome, wasHit) = try await outcome(existing, kind, dyingAt: call)
      #expect(outcome == calm, "died at call \(call)")
      if !wasHit {
        #expect(call > 40)
        return
      }
    }
    Issue.record("no run survived")
  }

  private func outcome(
    _ existing: ExistingPolicy, _ kind: Faults.Kind, dyingAt call: Int?
  ) async throws -> (Outcome, Bool) {
    let folder = try TemporaryFolder()
    let world = try BucketWorld(folder: folder.path, targetExists: existing != .refuse)
    world.fill(8)
    if existing != .refuse {
      world.to.put("o002", .init("content 2", type: "text/a", at: 7))
      world.to.put("o003", .init("b's own", at: 7))
      world.to.put("zz", .init("b's own", at: 7))
      world.to.put("zzz", .init("b's own too", at: 7))
    }
    let formerly = world.to.contents
    let run = world.run(
      world.input {
        $0.existing = existing
        $0.delete = existing == .overwrite
        // One at a time, so that the n-th call is the same one each time.
        $0.concurrency = 1
      })

    world.faults.fail(call: call, kind)
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    let reached = world.to.contents
    world.to.put("o005", .init("written on B", at: 9))
    world.to.put("new", .init("written on B", at: 9))
    try await run.undo(plan)
    #expect(world.to.contents == formerly)
    #expect(world.to.exists == (existing != .refuse))
    #expect(world.from.contents.count == 8)
    return (
      Outcome(
        objects: reached, ledgers: verification.ledgers,
        notes: Set(world.site.notes.map { $0.replacing(folder.path, with: "") })),
      world.faults.isSpent
    )
  }
}
