import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite(.waiting) struct StackDeployTests {
  private static let input = """
    {stack: "fakestack://green", template: "green.json", parameters: {key: "${secret:env:KEY}"}}
    """
  private let world: FakeWorld
  private let stack: FakeStack

  init() throws {
    world = try FakeWorld()
    world.setSecret("env:KEY", "hunter22")
    stack = try world.stack("fakestack://green")
  }

  private func rig(
    _ journal: ActionJournal = ActionJournal(), in world: FakeWorld? = nil
  ) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(StackDeploy.self), Self.input, in: (world ?? self.world).site(),
      journal: journal)
  }

  @Test("a stack that was not there is made, and undone it is gone")
  func made() async throws {
    let rig = try rig()
    let plan = try await rig.plan()
    #expect(plan.changes == ["create fakestack://green", "  template green.json"])
    #expect(plan.isReversible)
    #expect(stack.now.found == nil)
    let report = try await rig.apply()
    #expect(report.outputs == ["Endpoint": "127.0.0.1:8080"])
    #expect(try await rig.verify().isPassed)
    try await rig.undo()
    #expect(stack.now.found == nil)
    #expect(stack.now.destroyCount == 1)
    try await rig.undo()
    #expect(stack.now.destroyCount == 1)
  }

  @Test("a secret parameter reaches the stack, and neither plan nor checkpoint")
  func secret() async throws {
    let rig = try rig()
    let plan = try await rig.plan()
    try await rig.apply()
    #expect(stack.now.template?.parameters == ["key": "hunter22"])
    #expect(!plan.plan.contains("hunter22"))
    #expect(rig.journal.checkpoint?.contains("hunter22") == false)
  }

  @Test("a stack that was there before is not destroyed by undo, and the journal says what stays")
  func wasThere() async throws {
    stack.set { $0.found = FakeStack.healthy() }
    let rig = try rig()
    let plan = try await rig.plan()
    #expect(plan.changes.first == "change fakestack://green")
    try await rig.apply()
    try await rig.undo()
    #expect(stack.now.found?.state == .healthy)
    #expect(stack.now.destroyCount == 0)
    #expect(rig.journal.notes.contains { $0.contains("stays as deployed") })
  }

  @Test("a stack that somebody made after the plan is refused, and undo leaves it alone")
  func appeared() async throws {
    let rig = try rig()
    _ = try await rig.plan()
    stack.set { $0.found = FakeStack.healthy(["somebody else's"]) }
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .refused)
    try await rig.undo()
    #expect(stack.now.found?.resources == ["somebody else's"])
  }

  @Test("a step done anew after a failed check knows its own stack though the checkpoint is gone")
  func forgotten() async throws {
    let rig = try rig()
    try await rig.apply()
    rig.journal.forgetCheckpoint()
    try await rig.apply()
    rig.journal.forgetCheckpoint()
    try await rig.undo()
    #expect(stack.now.found == nil)
  }

  @Test("killed at any write, the next process ends the same", arguments: [false, true])
  func killed(afterWriting: Bool) async throws {
    var survived = false
    for number in 1...20 where !survived {
      let world = try FakeWorld()
      world.setSecret("env:KEY", "hunter22")
      let journal = ActionJournal()
      journal.kill(atWrite: number, afterWriting: afterWriting)
      do {
        try await rig(journal, in: world).apply()
        survived = true
      } catch {
        #expect(error as? Failure == ActionJournal.killed)
      }
      journal.kill(atWrite: nil, afterWriting: false)
      try await rig(journal, in: world).apply()
      #expect(try world.stack("fakestack://green").now.found?.state == .healthy)
      try await rig(journal, in: world).undo()
      #expect(try world.stack("fakestack://green").now.found == nil)
    }
    #expect(survived)
  }

  @Test("undo refuses to take down what DNS still shows, and waits when it cannot tell")
  func live() async throws {
    let rig = try rig()
    try await rig.apply()
    world.setLive(
      LiveIndicator(
        zone: world.zone.url, name: "www.example.test", type: "CNAME",
        blue: .init(value: "blue.example.test", stack: nil),
        green: .init(value: "green.example.test", stack: stack.url)))
    world.zone.set {
      $0.sets = [
        RecordSet(
          name: "www.example.test.", type: "CNAME", ttlSeconds: 60, values: ["Green.example.test."])
      ]
    }
    let again = try self.rig(rig.journal)
    let failure = try await #require(throws: Failure.self) { try await again.undo() }
    #expect(failure.kind == .refused)
    #expect(failure.summary.contains("shows green"))
    world.zone.set { $0.failures = [.transient("timed out", hint: "")] }
    let doubt = try await #require(throws: Failure.self) { try await again.undo() }
    #expect(doubt.isTransient)
    #expect(stack.now.found != nil)
    world.zone.set { $0.sets = [] }
    try await again.undo()
    #expect(stack.now.found == nil)
  }

  @Test("an unhealthy stack fails its check, about a changing one nobody can tell")
  func unhealthy() async throws {
    let rig = try rig()
    try await rig.apply()
    stack.set { $0.found?.state = .unhealthy }
    #expect(try await rig.verify() == .failed("fakestack://green is not healthy"))
    stack.set { $0.found?.state = .changing }
    #expect(try await rig.verify() == .inconclusive("fakestack://green is still changing"))
  }
}
