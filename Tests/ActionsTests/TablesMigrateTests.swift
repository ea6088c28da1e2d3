import Actions
import Foundation
import Harness
import Resources
import Rollouts
import Testing
import Transforms

@Suite("tables.migrate", .waiting)
struct TablesMigrateTests {
  private let folder: TemporaryFolder
  private let world: MigrationWorld

  init() throws {
    folder = try TemporaryFolder()
    world = try MigrationWorld(folder: folder.path)
  }

  @Test("items change in place, become others, are looked up and skipped, and undo restores all")
  func wholeWay() async throws {
    try world.fillAssets(12)
    let before = (world.assets.contents, world.versions.contents)
    let run = world.run(try world.input())
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(verification.ledgers.compactMap(\.imbalance) == [])
    #expect(
      report.outputs == ["read": "12", "migrated": "8", "skipped": "4", "rejected": "0"])
    #expect(verification.ledgers[1].skipped == ["no version": 4])
    let asset = try #require(try world.asset("a001"))
    #expect(
      asset
        == #"{"big":{"N":"12345678901234567890123456789012345678"},"bucketId":{"S":"B1"},"#
        + #""current":{"S":"1"},"id":{"S":"a001"}}"#)
    #expect(world.versions.contents.count == 8)
    try await run.undo(plan)
    #expect(world.assets.contents == before.0 && world.versions.contents == before.1)
  }

  @Test("running it a second time changes nothing")
  func twice() async throws {
    try world.fillAssets(12)
    _ = try await world.run(try world.input(), folder: "one").applied()
    let after = (world.assets.contents, world.versions.contents)
    let writes = world.assets.writeCount + world.versions.writeCount
    let again = world.run(try world.input(), folder: "two")
    let report = try await again.applied()
    #expect(report.outputs["migrated"] == "0")
    #expect(world.assets.contents == after.0 && world.versions.contents == after.1)
    #expect(world.assets.writeCount + world.versions.writeCount == writes)
  }

  @Test("a trial of a few items, and then the whole, ends where the whole alone would")
  func trial() async throws {
    try world.fillAssets(12)
    let calm = try MigrationWorld(folder: folder.file("calm"))
    try calm.fillAssets(12)
    _ = try await calm.run(try calm.input(), folder: "work").applied()

    var limited = try world.input()
    limited.limit = 5
    let first = world.run(limited, folder: "one")
    #expect(try await first.applied().outputs["read"] == "5")
    var sampled = try world.input()
    sampled.sample = 30
    let second = world.run(sampled, folder: "two")
    let report = try await second.applied()
    #expect(Int(report.outputs["migrated"] ?? "") ?? 99 < 8)
    _ = try await world.run(try world.input(), folder: "three").applied()
    #expect(world.assets.contents == calm.assets.contents)
    #expect(world.versions.contents == calm.versions.contents)
  }

  @Test("a dry run reads and judges everything, and writes nothing")
  func dry() async throws {
    try world.fillAssets(12)
    let before = world.assets.contents
    var input = try world.input()
    input.dryRun = true
    let report = try await world.run(input, folder: "work").applied()
    #expect(report.outputs["read"] == "12" && report.outputs["migrated"] == "8")
    #expect(report.notes.contains("version: 8 items would be written, 0 deleted"))
    #expect(world.assets.contents == before && world.versions.contents.isEmpty)
    #expect(world.assets.writeCount + world.versions.writeCount == 0)
  }

  @Test("items that fail stop the step above the threshold, and are named; the others are written")
  func rejects() async throws {
    try world.fillAssets(12)
    try world.assets.fill([
      MigrationWorld.item(#"{"id":{"S":"a0005"},"currentVersion":{"M":{"Version":{"L":[]}}}}"#)
    ])
    let run = world.run(try world.input(), folder: "work")
    let plan = try await run.plan()
    let failure = try await #require(throws: Failure.self) { try await run.apply(plan) }
    #expect(failure.summary.contains("1 items cannot be migrated, and 0 are allowed"))
    #expect(failure.summary.contains("a0005"))
    var lenient = try world.input()
    lenient.rejects = 1
    let report = try await world.run(lenient, folder: "work2").applied()
    #expect(report.outputs["rejected"] == "1" && report.outputs["migrated"] != "0")
    #expect(report.notes.contains { $0.hasPrefix("rejected {\"id\":{\"S\":\"a0005\"}}") })
    let ledger = try Tool.run([
      "sqlite3", folder.file("work2/migration.db"), "SELECT key FROM reject",
    ])
    #expect(ledger.text.contains("a0005"))
  }

  @Test("somebody who writes meanwhile loses nothing, and undo keeps what others wrote since")
  func strangers() async throws {
    try world.fillAssets(12)
    var input = try world.input()
    input.source = .moving
    // All on one page, so that it is changed behind its reader's back.
    input.batch = 12
    let changed = MigrationWorld.item(
      #"{"id":{"S":"a002"},"currentVersion":{"M":{"Version":{"S":"9"}}}}"#)
    world.assets.beforeWrite(1) { [assets = world.assets] in try? assets.fill([changed]) }
    let run = world.run(input, folder: "work")
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    #expect(try await run.verify(plan, report).verdict.isPassed)
    #expect(try world.asset("a002")?.contains(#""current":{"S":"9"}"#) == true)
    #expect(world.versions.contents.keys.contains { $0.text.contains("a002:9") })
    #expect(!world.versions.contents.keys.contains { $0.text.contains(#"a002:2"#) })
    try world.assets.fill([MigrationWorld.item(#"{"id":{"S":"a004"},"mine":{"S":"x"}}"#)])
    try await run.undo(plan)
    #expect(try world.asset("a002") == String(decoding: changed.bytes, as: UTF8.self))
    #expect(try world.asset("a004")?.contains("currentVersion") == true)
    let kept = try String(contentsOfFile: folder.file("work/undo-1-assets.jsonl"), encoding: .utf8)
    #expect(kept.contains("mine"))
  }

  @Test("two items that want one key, and one that is taken, are rejected with the reason")
  func collisions() async throws {
    try world.assets.fill([
      MigrationWorld.item(#"{"id":{"S":"a"},"name":{"S":"x"}}"#),
      MigrationWorld.item(#"{"id":{"S":"b"},"name":{"S":"x"}}"#),
      MigrationWorld.item(#"{"id":{"S":"c"},"name":{"S":"y"}}"#),
    ])
    try world.versions.fill([MigrationWorld.item(#"{"id":{"S":"y"},"of":{"S":"old"}}"#)])
    var input = try world.input()
    input.sql = [
      "SELECT seq, 'version' AS target,",
      "  item('id', attr(item,'name'), 'of', attr(item,'id')) AS put FROM input",
    ]
    input.batch = 1
    input.rejects = 5
    let run = world.run(input, folder: "work")
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    #expect(report.outputs["rejected"] == "2")
    #expect(report.notes.contains { $0.contains("another item gives version something else") })
    #expect(report.notes.contains { $0.contains("holds another item under the key") })
    #expect(try await run.verify(plan, report).verdict.isPassed)
    #expect(world.versions.contents.count == 2)
  }

  @Test("without its archive nothing is called taken back, unless there was nothing to take back")
  func archiveGone() async throws {
    try world.fillAssets(12)
    let run = world.run(try world.input())
    let plan = try await run.plan()
    try await run.undo(plan)
    _ = try await run.apply(plan)
    let after = world.assets.contents
    let archive = folder.file("work/migration.db")
    let aside = folder.file("aside.db")
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: archive + suffix) {
      try FileManager.default.moveItem(atPath: archive + suffix, toPath: aside + suffix)
    }
    let failure = try await #require(throws: Failure.self) { try await run.undo(plan) }
    #expect(failure.summary.contains("work/migration.db is gone"), "\(failure)")
    #expect(world.assets.contents == after)
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: aside + suffix) {
      try FileManager.default.moveItem(atPath: aside + suffix, toPath: archive + suffix)
    }
    try await run.undo(plan)
    #expect(world.versions.contents.isEmpty)
  }

  @Test("a table that is not there, and that no earlier step can make, is found when it is planned")
  func missingTable() async throws {
    try await world.versions.delete()
    let preview = try TablesMigrate(
      try world.input(),
      in: world.site.site(isPreview: true, transforms: SQLTransforms(), folder: "preview"))
    let failure = try await #require(throws: Failure.self) { _ = try await preview.plan() }
    #expect(failure.summary.contains("memory:///versions does not exist"), "\(failure)")
  }

  @Test("a key that changes in place moves the item, and the new one is not migrated again")
  func keyChange() async throws {
    try world.assets.fill((0..<9).map { MigrationWorld.item(#"{"id":{"S":"k\#($0)"}}"#) })
    let before = world.assets.contents
    var input = try world.input()
    input.sql = [
      "SELECT seq, 'asset' AS target, item('id', 'z' || attr(item,'id')) AS put,",
      "  NULL AS \"delete\" FROM input",
      "UNION ALL SELECT seq, 'asset', NULL, item FROM input",
    ]
    input.batch = 2
    let run = world.run(input, folder: "work")
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    #expect(report.outputs["read"] == "9")
    #expect(try await run.verify(plan, report).verdict.isPassed)
    #expect(world.assets.contents.keys.allSatisfy { $0.text.contains("zk") })
    #expect(world.assets.contents.count == 9)
    try await run.undo(plan)
    #expect(world.assets.contents == before)
  }

  @Test("the end, the account and the way back are the same wherever it died", arguments: [1, 3])
  func killed(savesEvery: Int) async throws {
    for kind in Faults.Kind.allCases {
      let calm = try await outcome(savesEvery, nil, kind).0
      for call in 1...400 {
        let (outcome, wasHit) = try await outcome(savesEvery, call, kind)
        #expect(outcome == calm, "died at call \(call), \(kind)")
        if !wasHit {
          #expect(call > 20)
          break
        }
      }
    }
  }

  private struct Outcome: Equatable {
    var assets: [ItemKey: Item]
    var versions: [ItemKey: Item]
    var ledgers: [Ledger]
    var restored: [ItemKey: Item]
  }

  private func outcome(
    _ savesEvery: Int, _ call: Int?, _ kind: Faults.Kind
  ) async throws -> (Outcome, Bool) {
    let folder = try TemporaryFolder()
    let world = try MigrationWorld(folder: folder.path)
    try world.fillAssets(12)
    let run = world.run(try world.input(), folder: "work", savesEvery: savesEvery)
    world.faults.fail(call: call, kind)
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    let (assets, versions) = (world.assets.contents, world.versions.contents)
    try await run.undo(plan)
    #expect(world.versions.contents.isEmpty)
    return (
      Outcome(
        assets: assets, versions: versions, ledgers: verification.ledgers,
        restored: world.assets.contents), world.faults.isSpent
    )
  }
}
