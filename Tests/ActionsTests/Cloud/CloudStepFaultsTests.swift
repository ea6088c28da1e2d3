import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Calls whose answer does not come, against a server that counts what reaches it.
@Suite("Calls that go wrong", .waiting)
struct CloudStepFaultsTests {
  private static let script = #"""
    def handle(self, path, query):
        self.body()
        target = self.headers.get("X-Amz-Target", "").split(".")[-1]
        if path == "/seen": return self.answer(body=json.dumps(shared))
        with changed:
            count = shared[target] = shared.get(target, 0) + 1
        def error(status, code):
            self.answer(status, [], json.dumps({"__type": "a#" + code, "message": "no"}))
        if target == "CreateDrop" and count == 1: return self.hang_up()
        if target == "CreateBroken" and count == 1: return error(500, "InternalFailure")
        if target == "CreateBusy" and count < 4: return error(400, "ThrottlingException")
        if target == "CreateDenied": return error(400, "AccessDeniedException")
        if target == "GetDenied": return error(400, "AccessDeniedException")
        if target == "GetState":
            return self.answer(body=json.dumps({"State": shared.get("CreateDrop", 0)}))
        if target == "GetFlaky" and count < 10: return error(500, "InternalFailure")
        if target == "CreateOdd": return self.answer(body="<html>")
        self.answer(body="{}")
    """#

  private func run(_ body: (CloudStage, ScriptedServer) async throws -> Void) async throws {
    try await ScriptedServer.run(Self.script) { server in
      try await body(try CloudStage(server), server)
    }
  }

  private func count(_ server: ScriptedServer, _ name: String) throws -> Int? {
    let output = try Tool.run(["curl", "--silent", "--noproxy", "*", "\(server.base)/seen"])
    return try JSONValue(parsing: output.text)[name]?.integer
  }

  private func rig(
    _ stage: CloudStage, _ operation: String, _ more: String = "",
    journal: ActionJournal = ActionJournal()
  ) throws -> ActionRig {
    try stage.rig(
      CloudStep.self, "{service: 'ssm', operation: '\(operation)', \(more)}", step: operation,
      journal: journal)
  }

  @Test(
    "a call without an answer is made once and goes to a person",
    arguments: ["CreateDrop", "CreateBroken"])
  func sparesUnanswered(operation: String) async throws {
    try await run { stage, server in
      let journal = ActionJournal()
      for _ in 1...2 {
        let failure = try await #require(throws: Failure.self) {
          try await rig(stage, operation, journal: journal).apply()
        }
        #expect(failure.kind == .refused, "\(failure)")
        #expect(failure.hint.contains("'cutover retry \(operation)'"))
      }
      #expect(try count(server, operation) == 1)
      stage.setRetries(1, of: operation)
      try await rig(stage, operation, journal: journal).apply()
      #expect(try count(server, operation) == 2)
    }
  }

  @Test("with a check the next attempt finds out, and with 'repeatable' it is made again at once")
  func findsOut() async throws {
    try await run { stage, server in
      let check = "check: {operation: 'GetState', done: {State: {atLeast: 1}}}"
      let rig = try rig(stage, "CreateDrop", check)
      let failure = try await #require(throws: Failure.self) { try await rig.apply() }
      #expect(failure.isTransient)
      #expect(try await rig.apply().notes == ["its work was done already"])
      #expect(try count(server, "CreateDrop") == 1)
    }
    try await run { stage, server in
      try await rig(stage, "CreateBroken", "repeatable: true").apply()
      #expect(try count(server, "CreateBroken") == 2)
    }
  }

  @Test("what was turned away did nothing and is no mystery afterwards")
  func turnedAway() async throws {
    try await run { stage, server in
      try await rig(stage, "CreateBusy").apply()
      #expect(try count(server, "CreateBusy") == 4)
      let journal = ActionJournal()
      for _ in 1...2 {
        let failure = try await #require(throws: Failure.self) {
          try await rig(stage, "CreateDenied", journal: journal).apply()
        }
        #expect(failure.summary.contains("AccessDeniedException"))
        #expect(failure.hint.contains("Grant ssm:CreateDenied"))
      }
      #expect(try count(server, "CreateDenied") == 2)
    }
  }

  @Test("a check that cannot tell stops the step before anything is changed")
  func cannotTell() async throws {
    try await run { stage, server in
      let rig = try rig(
        stage, "CreateThing", "check: {operation: 'GetDenied', done: {a: 1}}")
      let failure = try await #require(throws: Failure.self) { try await rig.plan() }
      #expect(failure.kind == .refused)
      #expect(failure.summary.contains("cannot tell whether its work is done"))
      #expect(try count(server, "CreateThing") == nil)
    }
  }

  @Test("a poll outlasts answers that fail for a while")
  func outlasts() async throws {
    try await run { stage, server in
      try await rig(
        stage, "CreateThing", "poll: {operation: 'GetFlaky', until: {State: {exists: false}}}"
      ).apply()
      #expect(try count(server, "GetFlaky") == 10)
    }
  }

  @Test("an answer that is no JSON does not pass for one")
  func odd() async throws {
    try await run { stage, _ in
      let failure = try await #require(throws: Failure.self) {
        try await rig(stage, "CreateOdd").apply()
      }
      #expect(failure.summary.contains("not JSON"))
    }
  }
}
