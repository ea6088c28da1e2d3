import Actions
import Foundation
import Harness
import Resources
import Rollouts
import Testing

/// What is compared between a run that nothing happened to and one that died at call n.
private struct Outcome: Equatable {
  var items: [ItemKey: Item]
  var ledgers: [Ledger]
  var restored: [ItemKey: Item]
  var archive: [String]
}

@Suite("tables.copy, killed anywhere", .waiting)
struct TablesCopyCrashTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let existing: ExistingPolicy
    let kind: Faults.Kind
    let savesEvery: Int
    let givenBack: Int
    var testDescription: String { "\(existing), \(kind), saves every \(savesEvery)" }
  }

  static let cases: [Case] = ExistingPolicy.allCases.flatMap { existing in
    Faults.Kind.allCases.flatMap { kind in
      [
        Case(existing: existing, kind: kind, savesEvery: 1, givenBack: 0),
        Case(existing: existing, kind: kind, savesEvery: 3, givenBack: 2),
      ]
    }
  }

  /// Calls of one run at which it is killed; a run has about 60.
  private static let callsMax = 400

  @Test("the end, the ledger and the way back are the same wherever it died", arguments: cases)
  func everyCall(_ variant: Case) async throws {
    let calm = try await outcome(variant, dyingAt: nil).0
    #expect(calm.ledgers.compactMap(\.imbalance) == [])
    #expect(calm.archive.count == 2)
    for call in 1...Self.callsMax {
      let (outcome, wasHit) = try await outcome(variant, dyingAt: call)
      #expect(outcome == calm, "died at call \(call)")
      if !wasHit {
        #expect(call > 20)
        return
      }
    }
    Issue.record("no run survived")
  }

  private func outcome(_ variant: Case, dyingAt call: Int?) async throws -> (Outcome, Bool) {
    let folder = try TemporaryFolder()
    let world = try TableWorld(folder: folder.path)
    let items = try TableWorld.items(17)
    try world.from.fill(items)
    var former: [Item] = []
    if variant.existing != .refuse {
      former = [items[2], try TableWorld.item("k003", "b"), try TableWorld.item("zz", "b")]
      try world.to.fill(former)
    }
    let formerly = world.to.contents
    world.to.giveBack(variant.givenBack)
    var input = world.input(batch: 5)
    input.existing = variant.existing
    let run = world.run(input, savesEvery: variant.savesEvery)

    world.faults.fail(call: call, variant.kind)
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    let reached = world.to.contents
    try world.to.fill([
      try TableWorld.item("k007", "written on B"), try TableWorld.item("new", "written on B"),
    ])
    try await run.undo(plan)
    #expect(world.to.contents == formerly)
    #expect(world.from.contents.count == 17)

    let archive = try String(
      contentsOfFile: folder.file("work/undo-to.jsonl"), encoding: .utf8)
    return (
      Outcome(
        items: reached, ledgers: verification.ledgers, restored: world.to.contents,
        archive: archive.split(separator: "\n").map(String.init).sorted()),
      world.faults.isSpent
    )
  }
}
