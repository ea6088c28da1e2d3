import Harness
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

@Suite(.waiting) struct HTTPStepTests {
  private static let input = """
    {url: 'https://api.test/jobs', method: 'POST', body: '{}',
     headers: {authorization: '${secret:env:KEY}'}, outputs: {id: 'job.id'},
     poll: {url: 'https://api.test/jobs/{id}', until: {state: 'done'}, failed: {state: 'broken'},
            every: '10s', within: '1m'},
     undo: {url: 'https://api.test/jobs/{id}?why=rollback'}}
    """
  private let world: FakeWorld
  private let states = StateList()

  /// What the server's job says, one answer after the other.
  private final class StateList: Sendable {
    let left = Mutex<[String]>([])
    func next() -> String { left.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? "done" } }
  }

  init() throws {
    world = try FakeWorld()
    world.setSecret("env:KEY", "hunter22")
    world.http.answer { [states] (call) throws(Failure) in
      switch call.method {
      case "POST": FakeHTTP.reply(201, #"{"job":{"id":"a/7"}}"#)
      case "DELETE": FakeHTTP.reply(204)
      case _: FakeHTTP.reply(200, #"{"state":"\#(states.next())"}"#)
      }
    }
  }

  private func rig(
    _ input: String = input, _ journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(HTTPStep.self), input, in: world.site(step: "job"), journal: journal)
  }

  private func calls(_ method: String) -> [HTTPCall] {
    world.http.calls.filter { $0.method == method }
  }

  @Test("it sends, polls until done, and undoes with what the reply gave")
  func roundTrip() async throws {
    states.left.withLock { $0 = ["new", "running", "done"] }
    let rig = try rig()
    let plan = try await rig.plan()
    #expect(plan.changes == ["POST https://api.test/jobs"] && plan.isReversible)
    let start = world.clock.now()
    let report = try await rig.apply()
    #expect(report.outputs == ["id": "a/7"])
    #expect(world.clock.now() == start + .seconds(20))
    #expect(calls("GET").map(\.url).allSatisfy { $0 == "https://api.test/jobs/a%2F7" })
    #expect(
      rig.journal.readings.contains { $0.waitingFor?.contains("state is \"running\"") == true })
    #expect(try await rig.verify() == .passed("state is \"done\""))
    try await rig.undo()
    #expect(calls("DELETE").map(\.url) == ["https://api.test/jobs/a%2F7?why=rollback"])
    #expect(calls("DELETE")[0].headers.contains { $0.value == "hunter22" })
  }

  @Test(
    "killed at any write, the same key is sent each time, and a sent one is not sent again",
    arguments: [false, true])
  func killed(afterWriting: Bool) async throws {
    let journal = ActionJournal()
    journal.kill(atWrite: 1, afterWriting: afterWriting)
    await #expect(throws: Failure.self) { try await rig(Self.input, journal).apply() }
    journal.kill(atWrite: nil, afterWriting: false)
    try await rig(Self.input, journal).apply()
    let keys = calls("POST").map { call in
      call.headers.first { $0.name == "Idempotency-Key" }?.value
    }
    #expect(keys.count == (afterWriting ? 1 : 2))
    #expect(Set(keys).count == 1 && keys[0]?.count == 32)
  }

  @Test("undo sends nothing if nothing was sent, and asks a person if nobody knows what came of it")
  func undoUnknown() async throws {
    let journal = ActionJournal()
    _ = try await self.rig(Self.input, journal).plan()
    try await self.rig(Self.input, journal).undo()
    #expect(world.http.calls.isEmpty)
    journal.kill(atWrite: 1, afterWriting: false)
    await #expect(throws: Failure.self) { try await self.rig(Self.input, journal).apply() }
    let rig = try self.rig(Self.input, journal)
    let failure = try await #require(throws: Failure.self) { try await rig.undo() }
    #expect(failure.kind == .refused)
  }

  @Test("statuses that may pass are tried again when asked, others fail")
  func statuses() async throws {
    world.http.answer { (_) throws(Failure) in
      FakeHTTP.reply(503, headers: [("Retry-After", "7")])
    }
    let rig = try rig()
    let busy = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(busy.kind == .transient(retryAfterMilliseconds: 7000))
    world.http.answer { (_) throws(Failure) in
      FakeHTTP.reply(
        503,
        headers: [
          ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
          ("Retry-After", "Sun, 06 Nov 1994 08:50:00 GMT"),
        ])
    }
    let dated = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(dated.kind == .transient(retryAfterMilliseconds: 23_000))
    world.http.answer { (_) throws(Failure) in FakeHTTP.reply(403) }
    let denied = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(denied.kind == .permanent && denied.summary.contains("status 403"))
    world.http.answer { (_) throws(Failure) in throw .transient("hunter22 timed out", hint: "") }
    let lost = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(lost.summary == "[secret] timed out")
  }

  @Test("a job that breaks or is not done in time fails")
  func polls() async throws {
    states.left.withLock { $0 = ["new", "broken"] }
    let broken = try rig()
    let failure = try await #require(throws: Failure.self) { try await broken.apply() }
    #expect(failure.summary.contains("failed afterwards: state is \"broken\""))
    states.left.withLock { $0 = ["new"] }
    let slow = try rig()
    let late = try await #require(throws: Failure.self) { try await slow.apply() }
    #expect(late.summary.contains("not done in time: state is \"new\""))
  }

  @Test("a request without undo is a point of no return, one that only looks is not")
  func reversals() async throws {
    let bare = try rig("{url: 'https://api.test/jobs', method: 'POST'}")
    #expect(try await !bare.plan().isReversible)
    try await bare.apply()
    #expect(bare.journal.hasCrossed)
    let looking = try rig("{url: 'https://api.test/jobs', outputs: {s: 'state'}}")
    #expect(try await looking.plan().changes == [])
    #expect(try await looking.apply().outputs == ["s": "done"])
    #expect(!looking.journal.hasCrossed)
    #expect(calls("GET")[0].headers.isEmpty)
  }

  @Test("what is gone already counts as undone, another refusal does not")
  func gone() async throws {
    let rig = try rig()
    try await rig.apply()
    world.http.answer { (_) throws(Failure) in FakeHTTP.reply(404) }
    try await rig.undo()
    world.http.answer { (_) throws(Failure) in FakeHTTP.reply(409) }
    await #expect(throws: Failure.self) { try await rig.undo() }
  }

  @Test(
    "a placeholder that is no output, and a path that is none, are refused",
    arguments: [
      "undo: {url: 'https://a/{id}'}", "outputs: {a: 'b['}",
      "poll: {url: 'https://a/{x}', until: {}}",
      "expect: {statusRange: 'x'}",
    ])
  func badInput(rest: String) {
    #expect(throws: Failure.self) { try rig("{url: 'https://a/', \(rest)}") }
  }

  @Test("an output that is not in the reply fails, as does a reply without JSON")
  func outputs() async throws {
    let missing = try rig("{url: 'https://api.test/', outputs: {a: 'b.c'}}")
    let failure = try await #require(throws: Failure.self) { try await missing.apply() }
    #expect(failure.summary.contains("nothing at b.c"))
    world.http.answer { (_) throws(Failure) in FakeHTTP.reply(200, "<html>") }
    await #expect(throws: Failure.self) { try await missing.apply() }
  }

  @Test("templates fill in what they know and leave secret references alone")
  func templates() {
    let template = URLTemplate(text: "https://a/{x}/${secret:env:K}?{y}")
    #expect(template.names == ["x", "y"])
    #expect(template.filled(["x": "ä b", "y": "1"]) == "https://a/%C3%A4%20b/${secret:env:K}?1")
    #expect(template.filled(["x": "1"]) == nil)
  }
}
