import Actions
import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Testing

/// Two directories in memory and the copies between them.
private struct UserWorld {
  static let hash = "$scrypt$ln=14,r=8,p=1$c2FsdA$aGFzaA"

  let site: MemorySite
  let faults = Faults()
  let from: MemoryUsers
  let to: MemoryUsers

  init(folder: String, carries: Bool = true) throws {
    site = MemorySite(folder: folder)
    from = MemoryUsers(try ResourceURL("memoryusers:///from"), faults: faults)
    to = MemoryUsers(
      try ResourceURL("memoryusers:///to"), carriesPasswordHashes: carries, faults: faults)
    site.add(from)
    site.add(to)
  }

  static func user(_ name: String, mail: String = "m") -> User {
    User(name: name, attributes: ["email": mail], groups: ["b", "a"], passwordHash: hash)
  }

  static func users(_ count: Int) -> [User] {
    (0..<count).map { user("u\(100 + $0)", mail: "m\($0)@example.test") }
  }

  func input(_ change: (inout UsersCopy.Input) -> Void = { _ in }) -> UsersCopy.Input {
    var input = UsersCopy.Input(from: from.url, to: to.url)
    input.batch = 5
    change(&input)
    return input
  }

  func run(_ input: UsersCopy.Input, savesEvery: Int = 1) -> StubbornRun<UsersCopy> {
    StubbornRun(pace: site.pace, savesEvery: savesEvery) { [site] in
      try UsersCopy(input, in: site.site())
    }
  }
}

@Suite("users.copy", .waiting)
struct UsersCopyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("users arrive with groups and hashes, others are skipped with a reason")
  func copies() async throws {
    let world = try UserWorld(folder: folder.path)
    world.from.fill(UserWorld.users(12))
    var external = UserWorld.user("x")
    external.externalProvider = "Google"
    world.from.fill([external, UserWorld.user("robot")])
    world.to.giveBack(2)
    let run = world.run(world.input { $0.except = ["robot"] })
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    let ledger = verification.ledgers[0]
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    #expect(ledger.imbalance == nil)
    #expect(ledger.read == 14 && ledger.written == 12)
    #expect(ledger.skipped == ["signs in through Google": 1, "named in 'except'": 1])
    #expect(world.to.contents == UserWorld.users(12))
  }

  @Test("no password hash stands in plan, checkpoint, report or verification")
  func keepsSecrets() async throws {
    let world = try UserWorld(folder: folder.path)
    world.from.fill(UserWorld.users(7))
    let run = world.run(world.input())
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    let written =
      try JSONValue(encoding: plan).text + JSONValue(encoding: report).text
      + JSONValue(encoding: verification).text + (run.savedText ?? "")
    #expect(written.contains("expectedDigest"))
    #expect(!written.contains("scrypt"))
  }

  @Test("passwords that cannot be carried are refused until the playbook says to leave them")
  func passwords() async throws {
    let world = try UserWorld(folder: folder.path, carries: false)
    world.from.fill(UserWorld.users(3))
    let failure = await #expect(throws: Failure.self) {
      try await UsersCopy(world.input(), in: world.site.site()).plan()
    }
    #expect(failure?.hint.contains("leave") == true)
    let run = world.run(world.input { $0.passwords = .leave })
    let plan = try await run.plan()
    let verification = try await run.verify(plan, try await run.apply(plan))
    #expect(verification.verdict.isPassed)
    #expect(world.to.contents.allSatisfy { $0.passwordHash == nil })
  }

  @Test("a user who is there and differs is named, and never changed")
  func conflicts() async throws {
    let world = try UserWorld(folder: folder.path)
    let users = UserWorld.users(6)
    let other = UserWorld.user("u102", mail: "other")
    world.from.fill(users)
    world.to.fill([users[0], other])
    let action = try UsersCopy(world.input(), in: world.site.site())
    let failure = await #expect(throws: Failure.self) {
      try await action.apply(
        action.plan().plan, from: nil,
        progress: Progress(pace: world.site.pace, save: { _, _ in }, cross: {}))
    }
    #expect(failure?.summary.contains("u102 (attributes)") == true)

    let run = world.run(world.input { $0.conflicts = .keep })
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed && verification.ledgers[0].isBalanced)
    #expect(report.notes.first?.contains("u102") == true)
    #expect(world.to.contents.contains(other))
  }

  @Test("a user lost or altered at the target fails the verification by name")
  func altered() async throws {
    let world = try UserWorld(folder: folder.path)
    world.from.fill(UserWorld.users(6))
    let run = world.run(world.input())
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    var other = UserWorld.users(6)[3]
    other.passwordHash = "$scrypt$other"
    world.to.fill([other])
    try await world.to.remove(["u101"])
    let detail = try await run.verify(plan, report).verdict.detail
    #expect(detail.contains("1 users are missing, 1 differ: u101, u103"))
  }

  @Test(
    "killed at any call, the end, the ledger and the way back are the same",
    arguments: Faults.Kind.allCases, [1, 3])
  func everyCall(kind: Faults.Kind, savesEvery: Int) async throws {
    let calm = try await outcome(kind, savesEvery, dyingAt: nil)
    #expect(calm.ledgers.compactMap(\.imbalance) == [])
    #expect(calm.ledgers[0].alreadyThere == 1)
    for call in 1...400 {
      let outcome = try await outcome(kind, savesEvery, dyingAt: call)
      #expect(outcome.users == calm.users && outcome.ledgers == calm.ledgers, "call \(call)")
      #expect(outcome.archive == calm.archive, "call \(call)")
      if !outcome.wasHit {
        #expect(call > 30)
        return
      }
    }
    Issue.record("no run survived")
  }

  private func outcome(
    _ kind: Faults.Kind, _ savesEvery: Int, dyingAt call: Int?
  ) async throws -> (users: [User], ledgers: [Ledger], archive: [String], wasHit: Bool) {
    let folder = try TemporaryFolder()
    let world = try UserWorld(folder: folder.path)
    let users = UserWorld.users(13)
    world.from.fill(users)
    world.to.fill([users[2], UserWorld.user("own")])
    let formerly = world.to.contents
    let run = world.run(world.input(), savesEvery: savesEvery)

    world.faults.fail(call: call, kind)
    let plan = try await run.plan()
    let report = try await run.apply(plan)
    let verification = try await run.verify(plan, report)
    #expect(verification.verdict.isPassed, "\(verification.verdict)")
    let reached = world.to.contents
    world.to.fill([UserWorld.user("u105", mail: "changed on B")])
    let signedUp = UserWorld.user("new", mail: "signed up on B")
    world.to.fill([signedUp])
    try await run.undo(plan)
    #expect(world.to.contents.filter { $0 != signedUp } == formerly)
    #expect(world.to.contents.contains(signedUp))
    let archive = try String(
      contentsOfFile: folder.file("work/undo-users.jsonl"), encoding: .utf8)
    #expect(archive.contains("changed on B"))
    return (
      reached, verification.ledgers, archive.split(separator: "\n").map(String.init),
      world.faults.isSpent
    )
  }
}
