import Foundation
import Harness
import JournalStore
import Resources
import Rollouts
import Testing

@Suite(.waiting) struct SQLiteJournalTests {
  private static let person = Stage.person

  static let facts: [Fact] = [
    .attached(driver: "ann on ship (process 17)", takenFrom: nil),
    .attached(driver: "bob", takenFrom: "ann"),
    .planned(
      step: "a", plan: "{\"x\":\"\\u0000\"}\u{0}", changes: ["one", "", "\"two\"\n\u{1F6A2}"]),
    .planned(step: "a", plan: "", changes: []),
    .crossed(step: "a"),
    .applied(
      step: "a",
      report: StepReport(outputs: ["é": "1", "e\u{301}x": "2"], ledgers: [], notes: ["n"])),
    .verified(step: "a", verification: Verification(.passed("3 of 3"))),
    .verified(step: "a", verification: Verification(.failed(""))),
    .verified(step: "a", verification: Verification(.inconclusive("who knows"))),
    .failed(
      step: "a", phase: .apply, attempt: 2,
      failure: Failure(.transient(retryAfterMilliseconds: 1500), "slow", hint: "wait"),
      retryAt: Stage.moment(9)),
    .failed(
      step: "a", phase: .undo, attempt: 1, failure: .transient("slow", hint: ""), retryAt: nil),
    .failed(
      step: "a", phase: .plan, attempt: 1, failure: .permanent("no", hint: "h"), retryAt: nil),
    .failed(
      step: "a", phase: .verify, attempt: 1, failure: .refused("no", hint: "h"), retryAt: nil),
    .failed(step: "a", phase: .apply, attempt: 1, failure: .cancelled, retryAt: nil),
    .retryDue(step: "a"), .approved(step: "a", by: person), .rejected(step: "a", by: person),
    .retried(step: "a", by: .playbook("again")), .skipped(step: "ü/\"", by: person),
    .paused(by: person), .resumed(by: Person(name: "", role: "", reason: "")),
    .writesLimited(unitsPerSecond: 500, by: person),
    .writesLimited(unitsPerSecond: nil, by: person),
    .rollbackRequested(by: person), .undone(step: "a"), .noted(step: nil, text: "free\u{7f}\u{1}"),
    .noted(step: "a", text: ""), .rolledBack,
  ]

  @Test("every kind of fact reads back as it was, through another connection")
  func facts() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    for (index, fact) in Self.facts.enumerated() {
      try await stage.append(fact, at: index, lease: lease)
    }
    let found = try await stage.reopened(for: .read).facts(of: "r1", after: 1, limit: 1000)
    #expect(found.map(\.fact) == Self.facts)
    #expect(found.map(\.sequence) == Array(2...Self.facts.count + 1))
    #expect(found.map(\.at) == Self.facts.indices.map { Stage.moment($0) })
    #expect(try await stage.journal.verify().damages == [])
  }

  @Test("ledgers of reports and verifications read back")
  func ledgers() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    var ledger = Ledger(
      from: try ResourceURL("sqlite:///a.db#t"), to: try ResourceURL("sqlite:///b.db#t"))
    ledger.read = 50_000
    ledger.skipped = ["too old": 3, "é": 1]
    ledger.expectedDigest = "abc"
    let facts: [Fact] = [
      .applied(step: "t", report: StepReport(ledgers: [ledger])),
      .verified(step: "t", verification: Verification(.passed(""), ledgers: [ledger, ledger])),
    ]
    for fact in facts { try await stage.append(fact, lease: lease) }
    #expect(try await stage.journal.facts(of: "r1", after: 1, limit: 9).map(\.fact) == facts)
  }

  @Test("a rollout reads back, and ends with its last fact")
  func rollouts() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    let begun = Stage.rollout("r1")
    #expect(try await stage.journal.rollout("r1") == begun)
    #expect(try await stage.journal.openRollout(in: "prod") == begun)
    #expect(try await stage.journal.rollout("r2") == nil)
    try await stage.append(.rolledBack, at: 7, lease: lease)
    var ended = begun
    ended.ended = Stage.moment(7)
    ended.outcome = "rolled-back"
    #expect(try await stage.journal.rollout("r1") == ended)
    #expect(try await stage.journal.openRollout(in: "prod") == nil)
    let error = await #expect(throws: JournalError.self) {
      try await stage.append(.noted(step: nil, text: "late"), lease: lease)
    }
    #expect(error?.failure.summary.contains("has ended (rolled-back)") == true)
  }

  @Test("rollouts come newest first, of one environment or of all")
  func listing() async throws {
    let stage = try await Stage()
    for (index, environment) in ["prod", "test", "prod"].enumerated() {
      let lease = try await stage.begin("r\(index)", environment: environment)
      try await stage.append(.rolledBack, to: "r\(index)", lease: lease)
      try await stage.journal.release(lease)
    }
    #expect(try await stage.journal.rollouts(in: nil, limit: 9).map(\.id) == ["r2", "r1", "r0"])
    #expect(try await stage.journal.rollouts(in: "prod", limit: 9).map(\.id) == ["r2", "r0"])
    #expect(try await stage.journal.rollouts(in: nil, limit: 1).map(\.id) == ["r2"])
    #expect(try await stage.journal.environments().map(\.name) == ["prod", "test"])
  }

  @Test("one environment has one open rollout, another may have its own")
  func oneOpen() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin("r1")
    let error = await #expect(throws: JournalError.self) {
      try await stage.journal.begin(
        Stage.rollout("r2"), fact: .started(by: Stage.person), lease: lease)
    }
    guard case .rolloutOpen("r1") = error else {
      Issue.record("expected that r1 is open, got \(String(describing: error))")
      return
    }
    _ = try await stage.begin("r3", environment: "test")
    #expect(try await stage.journal.rollout("r2") == nil)
  }

  @Test("the colour flips with its fact and names it, and stays when a fact repeats it")
  func colour() async throws {
    let stage = try await Stage()
    try await stage.complete()
    #expect(
      try await stage.journal.environments()
        == [EnvironmentRecord(name: "prod", live: .green, since: Stage.moment(3))])
    #expect(try stage.sqlite3("SELECT cause FROM live").text == "fact 4 of rollout r1\n")
    // The next rollout must start from the colour that is live.
    let error = await #expect(throws: JournalError.self) { _ = try await stage.begin("r2") }
    #expect(error?.failure.summary == "prod is green, but the rollout would start from blue")
  }

  @Test("a fact that cannot be written leaves the colour and the request alone")
  func atomic() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    let request = try await stage.journal.submit(
      .pause(Stage.person), to: "r1", at: Stage.moment(1))
    await #expect(throws: JournalError.self) {
      try await stage.append(
        .paused(by: Stage.person), live: .green, answering: request + 1, lease: lease)
    }
    #expect(try await stage.journal.facts(of: "r1", after: 0, limit: 9).count == 1)
    #expect(try await stage.journal.environments().map(\.live) == [.blue])
    #expect(try await stage.journal.pendingRequests(for: "r1").map(\.id) == [request])
    #expect(try await stage.journal.verify().damages == [])
  }

  @Test("a person's word sets the colour when no rollout is open")
  func setLive() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    let error = await #expect(throws: JournalError.self) {
      try await stage.journal.setLive(.green, of: "prod", by: Stage.person, lease: lease)
    }
    guard case .rolloutOpen = error else {
      Issue.record("expected an open rollout, got \(String(describing: error))")
      return
    }
    try await stage.append(.rolledBack, lease: lease)
    try await stage.journal.setLive(.green, of: "prod", by: Stage.person, lease: lease)
    #expect(try await stage.journal.environments().map(\.live) == [.green])
    #expect(try stage.sqlite3("SELECT cause FROM live").text == "said by ann: it is time\n")
    #expect(try await stage.journal.verify().damages == [])
  }

  @Test("a checkpoint is replaced, read back and removed")
  func checkpoints() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    for text in [#"{"page":1}"#, #"{"page":2,"é\u0000":"\#u{0}"}"#] {
      try await stage.journal.save(
        checkpoint: text, of: "t", in: "r1", at: Stage.moment(1), lease: lease)
      #expect(try await stage.journal.checkpoint(of: "t", in: "r1") == text)
    }
    #expect(try await stage.journal.checkpoint(of: "u", in: "r1") == nil)
    try await stage.journal.save(
      checkpoint: nil, of: "t", in: "r1", at: Stage.moment(2), lease: lease)
    #expect(try await stage.journal.checkpoint(of: "t", in: "r1") == nil)
  }

  @Test("paging through facts gives each once")
  func paging() async throws {
    let stage = try await Stage()
    let lease = try await stage.begin()
    for number in 2...25 {
      try await stage.append(.noted(step: nil, text: "\(number)"), lease: lease)
    }
    var found: [Int] = []
    while true {
      let page = try await stage.journal.facts(of: "r1", after: found.last ?? 0, limit: 7)
      if page.isEmpty { break }
      found += page.map(\.sequence)
    }
    #expect(found == Array(1...25))
  }
}
