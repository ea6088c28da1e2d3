import Harness
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

@Suite(.waiting) struct ValidateTests {
  private let world: FakeWorld

  init() throws {
    world = try FakeWorld()
    world.setEnvironment(["PATH": "/usr/bin:/bin"])
    world.http.answer { (_) throws(Failure) in FakeHTTP.reply(200, #"{"status":"ok"}"#) }
  }

  private func rig(_ checks: String, _ rest: String = "within: '0s'") throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(Validate.self), "{checks: [\(checks)], \(rest)}", in: world.site())
  }

  private func verdict(_ checks: String, _ rest: String = "within: '0s'") async throws -> Verdict {
    let rig = try rig(checks, rest)
    try await rig.apply()
    return try await rig.verify()
  }

  private static let http = "{http: {url: 'http://a.test/'}}"

  @Test("it changes nothing and its way back is exact")
  func harmless() async throws {
    let plan = try await rig(Self.http).plan()
    #expect(plan.changes == [] && plan.isReversible)
  }

  @Test("rounds are repeated until they pass, and the waits say why")
  func becomesWell() async throws {
    let count = Mutex(0)
    world.http.answer { (_) throws(Failure) in
      FakeHTTP.reply(
        count.withLock {
          $0 += 1
          return $0
        } < 4 ? 503 : 200)
    }
    let rig = try rig(Self.http, "within: '1m', every: '10s'")
    let start = world.clock.now()
    #expect(try await rig.verify() == .passed("GET http://a.test/: 200 in 5 ms"))
    #expect(world.clock.now() == start + .seconds(30))
    #expect(rig.journal.readings.contains { $0.waitingFor?.contains("status 503") == true })
  }

  @Test("the last round is the verdict when the time is over")
  func over() async throws {
    world.http.answer { (_) throws(Failure) in FakeHTTP.reply(503) }
    #expect(
      try await verdict(Self.http, "within: '1m'") == .failed("GET http://a.test/: status 503"))
    #expect(world.http.calls.count == 13)
  }

  @Test("passes must come in a row")
  func row() async throws {
    let pattern = [200, 200, 503, 200, 200, 200, 503]
    let count = Mutex(0)
    world.http.answer { (_) throws(Failure) in
      FakeHTTP.reply(
        pattern[
          count.withLock {
            $0 += 1
            return $0 - 1
          }])
    }
    #expect(try await verdict(Self.http, "passes: 3, within: '20s'").isPassed)
    #expect(world.http.calls.count == 6)
  }

  @Test("no answer is inconclusive, or failed where the playbook says so; never passed")
  func unreachable() async throws {
    world.http.answer { (_) throws(Failure) in throw .transient("refused", hint: "") }
    #expect(try await verdict(Self.http) == .inconclusive("GET http://a.test/: refused"))
    #expect(
      try await verdict(Self.http, "within: '0s', unreachable: 'failed'")
        == .failed("GET http://a.test/: refused"))
    world.http.answer { (_) throws(Failure) in throw .permanent("bad certificate", hint: "") }
    #expect(try await verdict(Self.http) == .failed("GET http://a.test/: bad certificate"))
  }

  @Test("a failure beside a doubt is a failure, a doubt beside a pass is a doubt")
  func mixed() async throws {
    world.http.answer { (call) throws(Failure) in
      if call.url.hasSuffix("/silent") { throw .transient("refused", hint: "") }
      return FakeHTTP.reply(call.url.hasSuffix("/broken") ? 500 : 200)
    }
    let silent = "{http: {url: 'http://a/silent'}}"
    guard case .failed = try await verdict("\(silent), {http: {url: 'http://a/broken'}}") else {
      throw HarnessError("not failed")
    }
    guard case .inconclusive = try await verdict("\(silent), \(Self.http)") else {
      throw HarnessError("not inconclusive")
    }
  }

  @Test("the request is made as told, with its secrets, which no verdict repeats")
  func request() async throws {
    world.setSecret("env:KEY", "hunter22")
    world.http.answer { (_) throws(Failure) in throw .permanent("hunter22 is wrong", hint: "") }
    let verdict = try await verdict(
      """
      {title: 'login', http: {url: 'https://a.test/', method: 'post', body: 'x=1',
       headers: {authorization: 'Bearer ${secret:env:KEY}'}, connectTo: '127.0.0.1:8443',
       timeLimit: '3s'}}
      """)
    let call = try #require(world.http.calls.first)
    #expect(call.method == "POST" && call.connectTo == "127.0.0.1:8443")
    #expect(call.timeLimit == .seconds(3) && call.body == Array("x=1".utf8))
    #expect(call.headers.map(\.value) == ["Bearer hunter22"])
    #expect(verdict == .failed("login: [secret] is wrong"))
  }

  @Test("ledgers must balance, and none at all is no proof")
  func ledgers() async throws {
    #expect(
      try await verdict("{ledgers: true}")
        == .inconclusive("ledgers: no step has left a ledger yet"))
    let url = try ResourceURL("fakestack://a")
    var ledger = Ledger(from: url, to: url)
    ledger.foundDigest = ""
    func set(_ ledger: Ledger) {
      world.setRecord(
        RolloutRecordView(
          live: .blue,
          steps: [
            .init(
              id: "copy", action: "tables.copy", state: .done, ledgers: [ledger], promotes: false)
          ]))
    }
    set(ledger)
    #expect(try await verdict("{ledgers: true}").isPassed)
    ledger.read = 7
    set(ledger)
    guard case .failed(let why) = try await verdict("{ledgers: true}") else {
      throw HarnessError("passed")
    }
    #expect(why.contains("read 7, written 0"))
  }

  @Test("a program's status decides; one that cannot be run, or says so, is no answer")
  func commands() async throws {
    func status(_ script: String, _ rest: String = "") async throws -> Verdict {
      try await verdict("{title: 'c', command: {argv: ['sh', '-c', '\(script)']\(rest)}}")
    }
    #expect(try await status("exit 0") == .passed("c: as it should"))
    #expect(try await status("echo no >&2; exit 1") == .failed("c: sh ended with status 1: no"))
    #expect(try await status("exit 3", ", success: [3]").isPassed)
    for verdict in [
      try await status("exit 75"), try await status("kill -9 $$"),
      try await status("sleep 100", ", timeLimit: '50ms'"),
      try await verdict("{command: {argv: ['/no/such/program']}}"),
    ] {
      guard case .inconclusive = verdict else { throw HarnessError("\(verdict)") }
    }
  }

  @Test("stacks and name servers are asked afresh")
  func stacksAndNames() async throws {
    let stack = try world.stack("fakestack://green")
    #expect(
      try await verdict("{stack: 'fakestack://green'}")
        == .failed("fakestack://green: it is not there"))
    stack.set { $0.found = FakeStack.healthy() }
    #expect(try await verdict("{stack: 'fakestack://green'}").isPassed)
    stack.set { $0.failures = [.refused("access denied", hint: "")] }
    #expect(
      try await verdict("{stack: 'fakestack://green'}")
        == .inconclusive("fakestack://green: access denied"))
    world.zone.set {
      $0.sets = [
        RecordSet(name: "a.example.test.", type: "A", ttlSeconds: 5, values: ["192.0.2.1"])
      ]
    }
    let dns = """
      {dns: {name: 'a.example.test', type: 'A', values: ['192.0.2.1'], zone: 'fakezone://main',
       servers: ['127.0.0.1:53']}}
      """
    guard case .inconclusive = try await verdict(dns) else { throw HarnessError("sure") }
    world.resolver.serve(world.zone, on: NameServer(host: "127.0.0.1", port: 53))
    #expect(try await verdict(dns).isPassed)
    #expect(
      try await verdict(dns.replacing("'192.0.2.1'", with: "'192.0.2.2'")).isPassed == false)
  }

  @Test(
    "checks that say nothing, two things or nonsense are refused",
    arguments: [
      "", "{}", "{ledgers: true, stack: 'fakestack://a'}", "{title: 'x', ledgers: false}",
      "{http: {url: 'x', expect: {statusRange: '300-200'}}}",
      "{http: {url: 'x', expect: {body: {matches: '('}}}}",
      "{http: {url: 'x', expect: {body: {json: {'a[': 1}}}}}", "{command: {argv: []}}",
      "{command: {argv: ['a', '${secret:env:B}']}}", "{dns: {name: 'a.test', values: []}}",
      "{stack: 'unknown://a'}",
    ])
  func badInput(checks: String) {
    #expect(throws: Failure.self) { try rig(checks) }
  }
}
