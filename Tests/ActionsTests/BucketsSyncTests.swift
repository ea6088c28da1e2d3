import Actions
import Harness
import Resources
import Rollouts
import Testing

@Suite("buckets.sync", .waiting)
struct BucketsSyncTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("every object arrives with its metadata, and the ledger balances")
  func copies() async throws {
    let world = try BucketWorld(folder: folder.path, targetExists: false)
    world.fill(2500)
    let run = world.run(world.input())
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(verification.ledgers[0].imbalance == nil)
    #expect(verification.ledgers[0].read == 2500)
    #expect(world.to.contents == world.from.contents)
    try await run.undo(plan)
    #expect(!world.to.exists)
  }

  @Test("only what differs is copied, and only what the prefix names")
  func onlyChanged() async throws {
    let world = try BucketWorld(folder: folder.path)
    world.fill(4)
    world.from.put("p/1", .init("one"))
    world.from.put("p/2", .init("two"))
    world.from.put("q", .init("other"))
    world.to.put("p/1", .init("one", at: 9))
    world.to.put("q", .init("own"))
    let run = world.run(
      world.input {
        $0.prefix = "p/"
        $0.existing = .overwrite
      })
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    let ledger = verification.ledgers[0]
    #expect(verification.verdict.isPassed && ledger.isBalanced)
    #expect(ledger.read == 2 && ledger.alreadyThere == 1)
    #expect(world.to.writeCount == 1)
    #expect(world.to.contents.count == 3)
  }

  @Test("a target that is not empty is refused, and 'delete' needs 'overwrite'")
  func refuses() async throws {
    let world = try BucketWorld(folder: folder.path)
    world.to.put("own", .init("x"))
    let failure = await #expect(throws: Failure.self) {
      try await BucketsSync(world.input(), in: world.site.site()).plan()
    }
    #expect(failure?.summary.contains("it holds 'own'") == true)
    #expect(throws: Failure.self) {
      try BucketsSync(world.input { $0.delete = true }, in: world.site.site())
    }
  }

  @Test("a source that changes meanwhile fails the verification, unless it may move")
  func moving() async throws {
    let world = try BucketWorld(folder: folder.path)
    world.fill(5)
    let run = world.run(world.input())
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    world.from.put("o001", .init("changed"))
    let strict = try await run.verify(plan, report).verdict
    #expect(strict.detail.contains("somebody still writes to memorybucket:///from"))
    #expect(strict.detail.contains("'o001' differs"))
    let lenient = try await world.run(world.input { $0.source = .moving }).verify(plan, report)
    #expect(lenient.verdict.isPassed)
    #expect(lenient.ledgers[0].isBalanced)
  }

  @Test("an object that was altered or lost at the target fails the verification by name")
  func altered() async throws {
    let world = try BucketWorld(folder: folder.path)
    world.fill(5)
    let run = world.run(world.input())
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    world.to.put("o001", .init("altered 1"))
    world.to.put("o002", nil)
    world.to.put("own", .init("x"))
    let verification = try await run.verify(plan, report)
    #expect(verification.ledgers[0].imbalance != nil)
    #expect(verification.verdict.detail.contains("'o001' differs; 'o002' is missing"))
    #expect(verification.verdict.detail.contains("'own' is there besides"))
  }

  @Test("size and time alone copy what is newer, without reading content")
  func sizeAndTime() async throws {
    let world = try BucketWorld(folder: folder.path)
    world.from.put("a", .init("same", at: 5))
    world.from.put("b", .init("newer", at: 50))
    world.to.put("a", .init("emas", at: 5))
    world.to.put("b", .init("older", at: 40))
    let run = world.run(
      world.input {
        $0.existing = .overwrite
        $0.compare = .sizeAndTime
      })
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    #expect(verification.verdict.isPassed && verification.ledgers[0].isBalanced)
    #expect(world.to.writeCount == 1)
    try await run.undo(plan)
    #expect(world.to.contents[ObjectKey("b")] == .init("older", at: 40))
  }

  @Test("buckets.compare names what is missing, other and besides")
  func compares() async throws {
    let world = try BucketWorld(folder: folder.path)
    world.fill(1200)
    for (key, object) in world.from.contents { world.to.put(key.text, object) }
    let action = try BucketsCompare(
      .init(from: world.from.url, to: world.to.url), in: world.site.site())
    let same = try await action.verify(.init(), report: StepReport(), pace: world.site.pace)
    #expect(same.verdict.isPassed)
    world.to.put("o001", .init("content !"))
    world.to.put("o002", nil)
    world.to.put("o004", .init("content 4", type: "text/b"))
    world.to.put("zz", .init(""))
    let other = try await action.verify(.init(), report: StepReport(), pace: world.site.pace)
    #expect(
      other.verdict.detail.hasSuffix(
        "differ in 4 objects (of 1200 and 1200): 'o001' has other content; 'o002' is missing; "
          + "'o004' has other metadata; 'zz' is there besides"))
  }
}
