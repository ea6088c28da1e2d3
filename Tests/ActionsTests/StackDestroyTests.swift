import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite(.waiting) struct StackDestroyTests {
  private static let server = NameServer(host: "127.0.0.1", port: 53)
  private let world: FakeWorld
  private let blue: FakeStack
  private let green: FakeStack

  init() throws {
    world = try FakeWorld()
    blue = try world.stack("fakestack://region/blue")
    green = try world.stack("fakestack://region/green")
    blue.set { $0.found = FakeStack.healthy(["table users", "bucket assets"]) }
    green.set { $0.found = FakeStack.healthy() }
    world.zone.set {
      $0.servers = [Self.server]
      $0.sets = [
        RecordSet(
          name: "www.example.test.", type: "CNAME", ttlSeconds: 60, values: ["green.example.test."])
      ]
    }
    world.resolver.serve(world.zone, on: Self.server)
    world.setLive(
      LiveIndicator(
        zone: world.zone.url, name: "www.example.test", type: "CNAME",
        blue: .init(value: "blue.example.test", stack: blue.url),
        green: .init(value: "green.example.test", stack: green.url)))
    world.setRecord(record())
  }

  private func record(
    live: Colour = .green, promoted: StepState = .done, baked: StepState = .done,
    approved: StepState = .done, isBalanced: Bool = true, leavesLedger: Bool = true
  ) -> RolloutRecordView {
    var ledger = Ledger(from: blue.url, to: green.url)
    ledger.foundDigest = isBalanced ? "" : "else"
    func step(
      _ id: String, _ action: String, _ state: StepState, _ ledgers: [Ledger] = []
    ) -> RolloutRecordView.Step {
      .init(
        id: id, action: action, state: state, ledgers: ledgers, promotes: action == "dns.point")
    }
    return RolloutRecordView(
      live: live,
      steps: [
        step("copy", "tables.copy", .done, leavesLedger ? [ledger] : []),
        step("switch", "dns.point", promoted), step("soak", "bake", baked),
        step("yes", "gate.approval", approved),
        step("destroy", "stack.destroy", .active(.apply, attempt: 1)),
      ])
  }

  private func rig(
    _ requires: String = "{}", stack: String = "blue", slashes: String = "/"
  ) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(StackDestroy.self),
      "{stack: 'fakestack://region\(slashes)\(stack)', name: '\(stack)', requires: \(requires)}",
      in: world.site(step: "destroy"))
  }

  private func refusal(_ rig: ActionRig? = nil) async throws -> String {
    let rig = try rig ?? self.rig()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .refused)
    #expect(!rig.journal.hasCrossed)
    #expect(blue.now.destroyCount == 0 && green.now.destroyCount == 0)
    return failure.summary
  }

  @Test("with everything in order the stack is destroyed, after the point of no return")
  func destroyed() async throws {
    let rig = try rig()
    let plan = try await rig.plan()
    #expect(!plan.isReversible)
    #expect(
      plan.changes == [
        "destroy fakestack://region/blue for good", "  table users", "  bucket assets",
      ])
    try await rig.apply()
    #expect(rig.journal.hasCrossed)
    #expect(blue.now.found == nil)
    #expect(try await rig.verify().isPassed)
    try await rig.apply()
    #expect(blue.now.destroyCount == 1)
  }

  @Test("a name that is not the end of the URL is refused before anything is looked at")
  func misnamed() throws {
    #expect(throws: Failure.self) {
      try ActionRig(
        ActionDescriptor(StackDestroy.self), "{stack: 'fakestack://region/blue', name: 'green'}",
        in: world.site())
    }
  }

  @Test("each interlock of the journal alone refuses and is named")
  func interlocks() async throws {
    world.setRecord(record(live: .blue))
    #expect(try await refusal().contains("the journal says that blue is live"))
    world.setRecord(record(promoted: .skipped))
    #expect(try await refusal().contains("promoting step switch is skipped"))
    world.setRecord(record(baked: .active(.apply, attempt: 1)))
    #expect(try await refusal().contains("bake: step soak is running"))
    world.setRecord(record(approved: .waiting))
    #expect(try await refusal().contains("approval: step yes is waiting"))
    world.setRecord(record(isBalanced: false))
    #expect(try await refusal().contains("ledgers: fakestack://region/blue →"))
    world.setRecord(record(leavesLedger: false))
    #expect(try await refusal().contains("ledgers: step copy left no ledger"))
    world.setRecord(record(live: .blue, baked: .waiting, approved: .waiting, isBalanced: false))
    let all = try await refusal()
    for part in ["blue is live", "bake:", "approval:", "ledgers:"] { #expect(all.contains(part)) }
  }

  @Test("a live stack that is sick, missing or the target itself refuses")
  func liveStack() async throws {
    green.set { $0.found?.state = .unhealthy }
    #expect(try await refusal().contains("the live stack fakestack://region/green is unhealthy"))
    green.set { $0.found = nil }
    #expect(try await refusal().contains("is not there"))
    green.set { $0.found = FakeStack.healthy() }
    #expect(try await refusal(rig(stack: "green")).contains("which is live"))
    let other = try world.stack("fakestack://region//green")
    other.set { $0.found = FakeStack.healthy() }
    #expect(try await refusal(rig(stack: "green", slashes: "//")).contains("which is live"))
    #expect(other.now.destroyCount == 0)
  }

  @Test("DNS that shows the old value, or does not answer, refuses")
  func dns() async throws {
    world.resolver.answer(Self.server) { (name, type) throws(Failure) in
      .records(RecordSet(name: name, type: type, ttlSeconds: 9, values: ["blue.example.test."]))
    }
    #expect(try await refusal().contains("127.0.0.1:53 shows blue.example.test."))
    world.resolver.answer(Self.server) { (_, _) throws(Failure) in
      throw .transient("timed out", hint: "")
    }
    #expect(try await refusal().contains("cannot be asked: timed out"))
    world.zone.set { $0.failures = [.transient("no route", hint: "")] }
    #expect(try await refusal().contains("cannot be asked: no route"))
    world.setLive(nil)
    #expect(try await refusal().contains("no 'live' section"))
  }

  @Test("what is waived with a reason no longer refuses, and is written down")
  func waived() async throws {
    world.setRecord(record(baked: .waiting, approved: .waiting, isBalanced: false))
    world.setLive(nil)
    let rig = try rig(
      "{waive: ['bake', 'approval', 'ledgers', 'dns'], reason: 'the region burns'}")
    try await rig.apply()
    #expect(blue.now.found == nil)
    #expect(
      rig.journal.notes.contains {
        $0.contains("bake, approval, ledgers, dns") && $0.contains("the region burns")
      })
  }

  @Test("waiving without a reason is refused, and the colour cannot be waived at all")
  func waivedWithoutReason() async throws {
    #expect(throws: Failure.self) { try rig("{waive: ['bake'], reason: '  '}") }
    world.setRecord(record(live: .blue))
    let all = "{waive: ['bake', 'approval', 'ledgers', 'dns'], reason: 'why not'}"
    #expect(try await refusal(rig(all)).contains("blue is live"))
  }

  @Test("a named step must be of the right kind and stand after the promotion")
  func named() async throws {
    #expect(try await refusal(rig("{bake: 'copy'}")).contains("'copy' is not a bake step"))
    #expect(try await refusal(rig("{approval: 'soak'}")).contains("'soak' is not a gate.approval"))
    try await rig("{bake: 'soak', approval: 'yes'}").apply()
    #expect(blue.now.found == nil)
  }

  @Test("what changes while the point of no return is recorded still stops the destruction")
  func lateChange() async throws {
    let rig = try rig()
    rig.journal.whenCrossing { [green] in green.set { $0.found?.state = .unhealthy } }
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("unhealthy"))
    #expect(blue.now.destroyCount == 0)
  }

  @Test("a stack that survives its destruction is an error, not a success")
  func survives() async throws {
    blue.set { $0.staysWhenDestroyed = true }
    let rig = try rig()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("still there"))
    #expect(try await rig.verify() == .failed("fakestack://region/blue is still there"))
  }

  @Test("a stack that came after the plan is left alone")
  func appeared() async throws {
    blue.set { $0.found = nil }
    let rig = try rig()
    #expect(try await rig.plan().isReversible)
    blue.set { $0.found = FakeStack.healthy() }
    #expect(try await refusal(rig).contains("was not there"))
  }

  @Test("killed at any write, the next process destroys the rest", arguments: [false, true])
  func killed(afterWriting: Bool) async throws {
    for number in 1...3 {
      blue.set { $0.found = FakeStack.healthy() }
      let rig = try rig()
      rig.journal.kill(atWrite: number, afterWriting: afterWriting)
      _ = try? await rig.apply()
      rig.journal.kill(atWrite: nil, afterWriting: false)
      try await rig.apply()
      #expect(blue.now.found == nil)
    }
  }
}
