import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Invocations against a server that answers as Lambda does, and counts what reaches it.
@Suite("Invoking functions", .waiting)
struct LambdaInvokeTests {
  private static let script = #"""
    import base64
    def error(self, status, code):
        self.answer(status, [("x-amzn-ErrorType", code)], json.dumps({"Message": "no"}))

    def handle(self, path, query):
        if path == "/seen": return self.answer(body=json.dumps(shared))
        body = self.body()
        name = urllib.parse.unquote(path.split("/")[3])
        with changed:
            count = shared[name] = shared.get(name, 0) + 1
        told = {"Unhandled": ("KeyError", "no key hunter22-value"),
                "slow": ("Sandbox.Timedout", "2026-01-01 Task timed out after 3.00 seconds")}
        kind = name.split("-")[0]
        if kind == "broken" or kind == "timedout":
            type, message = told["slow" if kind == "timedout" else "Unhandled"]
            return self.answer(200, [("X-Amz-Function-Error", "Unhandled")],
                               json.dumps({"errorType": type, "errorMessage": message}))
        if kind == "status": return self.answer(body='{"statusCode": %s, "body": "why"}' % name[7:])
        if kind == "drop": return self.hang_up()
        if kind == "reset": return self.reset()
        if kind == "cut":
            self.head(200, [("Content-Length", "100")])
            self.wfile.write(b"{")
            return self.hang_up()
        if kind == "failing": return error(self, 500, "ServiceException")
        if kind == "missing": return error(self, 404, "ResourceNotFoundException")
        if kind == "busy" and count < 3: return error(self, 429, "TooManyRequestsException")
        if kind == "null": return self.answer(body="null")
        if self.headers["X-Amz-Invocation-Type"] == "Event":
            shared[name + "-event"] = body.decode()
            return self.answer(202)
        headers = []
        if self.headers.get("X-Amz-Log-Type") == "Tail":
            log = base64.b64encode(b"START\nkey hunter22-value\nEND").decode()
            headers = [("X-Amz-Log-Result", log)]
        self.answer(200, headers, json.dumps(
            {"id": "i-7", "got": json.loads(body), "qualifier": query.get("Qualifier")}))
    """#

  private func run(_ body: (LambdaWorld) async throws -> Void) async throws {
    try await ScriptedServer.run(Self.script) { server in
      let stage = try CloudStage(server)
      stage.world.setSecret("env:KEY", "hunter22-value")
      try await body(LambdaWorld(server: server, stage: stage))
    }
  }

  @Test("an empty name invokes nothing")
  func unnamed() async throws {
    try await run { world in
      let rig = try world.rig("", "expect: {id: 'i-7'}")
      let plan = try await rig.plan()
      #expect(plan.changes.isEmpty && plan.isReversible)
      #expect(try await rig.apply().notes == ["no function is named, so none is invoked"])
      #expect(try await rig.verify().isPassed)
      #expect(try world.count("") == nil)
    }
  }

  @Test("a dry run tells what would be invoked, and invokes nothing")
  func dry() async throws {
    try await run { world in
      let rig = try world.rig("fine", "dryRun: true, undo: {payload: {}}")
      let plan = try await rig.plan()
      #expect(plan.changes.isEmpty && plan.isReversible)
      #expect(
        try await rig.apply().notes == ["the function fine is not invoked: this is a dry run"])
      #expect(try await rig.verify().isPassed)
      try await rig.undo()
      #expect(try world.count("fine") == nil)
    }
  }

  @Test("the answer is judged, and gives the outputs")
  func invokes() async throws {
    try await run { world in
      let rig = try world.rig(
        "fine",
        """
        qualifier: 'live', payload: {key: '${secret:env:KEY}', n: 1}, logTail: true,
        outputs: {id: 'id', alias: 'qualifier'}, expect: {'got.n': {atLeast: 1}, id: 'i-7'}
        """)
      let plan = try await rig.plan()
      #expect(plan.changes == ["invoke the function fine"])
      #expect(!plan.isReversible)
      let report = try await rig.apply()
      #expect(report.outputs == ["id": "i-7", "alias": "live"])
      #expect(report.notes == ["log: START\nkey [secret]\nEND"])
      #expect(rig.journal.hasCrossed)
      let kept = "\(plan) \(report) \(rig.journal.checkpoint ?? "") \(rig.journal.notes)"
      #expect(!kept.contains("hunter22"))
      try await rig.apply()
      #expect(try await rig.verify().isPassed)
      #expect(try world.count("fine") == 1)
      // What answers with the secret cannot make it an output.
      let echo = try world.rig(
        "fine-echo", "payload: ['${secret:env:KEY}'], outputs: {a: 'got[0]'}")
      let failure = try await #require(throws: Failure.self) { try await echo.apply() }
      #expect(failure.kind == .refused && !"\(failure)".contains("hunter22"))
      let null = try world.rig("null")
      try await null.apply()
    }
  }

  @Test("errors of the function, statuses in its answer and its time limit are told apart")
  func judges() async throws {
    try await run { world in
      let wanted = [
        "broken": "the function broken failed with KeyError: no key [secret]",
        "timedout": "the function timedout ran into its own time limit",
        "status-500": "the function status-500 answered with status 500: why",
        "status-404": "the function status-404 answered with status 404: why",
      ]
      for (name, message) in wanted {
        let rig = try world.rig(name, "payload: '${secret:env:KEY}'")
        let failure = try await #require(throws: Failure.self) { try await rig.apply() }
        #expect(failure.kind == .permanent)
        #expect(failure.summary.hasPrefix(message))
        #expect(try world.count(name) == 1)
      }
      try await world.rig("status-200").apply()
      try await world.rig("status-302").apply()
      try await world.rig("status-409", "statuses: [200, 409]").apply()
      await #expect(throws: Failure.self) {
        try await world.rig("status-201", "statuses: [200, 409]").apply()
      }
      // An answer without a status is none of those that are asked for.
      for name in ["fine-s", "null-s", "status-null"] {
        let silent = try await #require(throws: Failure.self) {
          try await world.rig(name, "statuses: [200, 409]").apply()
        }
        #expect(silent.kind == .permanent)
        #expect(
          silent.summary.hasPrefix(
            "the function \(name) answered without a statusCode, and it must be 200 or 409: "))
      }
      let other = try await #require(throws: Failure.self) {
        try await world.rig("fine", "expect: {id: 'i-8'}").apply()
      }
      #expect(other.summary.contains(#"answered otherwise than expected: id is "i-7""#))
    }
  }

  @Test(
    "an invocation without an answer is made once and goes to a person, who may have it made again",
    arguments: ["drop", "reset", "cut", "failing"])
  func sparesUnanswered(name: String) async throws {
    try await run { world in
      // Leaves a connection behind.
      try await world.rig("fine").apply()
      let journal = ActionJournal()
      for _ in 1...3 {
        let failure = try await #require(throws: Failure.self) {
          try await world.rig(name, journal: journal).apply()
        }
        #expect(failure.kind == .refused)
        #expect(failure.hint.contains("'cutover retry \(name)'"))
      }
      #expect(try world.count(name) == 1)
      world.stage.setRetries(1, of: name)
      await #expect(throws: Failure.self) { try await world.rig(name, journal: journal).apply() }
      await #expect(throws: Failure.self) { try await world.rig(name, journal: journal).apply() }
      #expect(try world.count(name) == 2)
    }
  }

  @Test("what surely did not run is no mystery: throttled and missing functions, no connection")
  func repeatsHarmless() async throws {
    try await run { world in
      try await world.rig("busy").apply()
      #expect(try world.count("busy") == 3)
      let journal = ActionJournal()
      for _ in 1...2 {
        let failure = try await #require(throws: Failure.self) {
          try await world.rig("missing", journal: journal).apply()
        }
        #expect(failure.kind == .permanent)
        #expect(failure.summary.contains("ResourceNotFoundException"))
      }
      #expect(try world.count("missing") == 2)
    }
  }

  @Test("killed in the middle it is left to a person; killed before or after it is not")
  func killed() async throws {
    try await run { world in
      // Writes: the point of no return (1), then the checkpoint (2).
      for (write, after, isUnsure) in [(1, false, false), (1, true, false), (2, false, true)] {
        let name = "kill-\(write)-\(after)"
        try await world.kill(name, atWrite: write, afterWriting: after)
        let journal = world.journal
        if isUnsure {
          let failure = try await #require(throws: Failure.self) {
            try await world.rig(name, journal: journal).apply()
          }
          #expect(failure.kind == .refused)
        } else {
          try await world.rig(name, journal: journal).apply()
        }
        #expect(try world.count(name) == 1)
      }
      try await world.kill("kill-2-true", atWrite: 2, afterWriting: true)
      try await world.rig("kill-2-true", journal: world.journal).apply()
      #expect(try world.count("kill-2-true") == 1)
      try await world.kill("kill-again", atWrite: 2, afterWriting: false)
      try await world.rig("kill-again", "whenInterrupted: 'again'", journal: world.journal).apply()
      #expect(try world.count("kill-again") == 2)
    }
  }

  @Test("undo invokes with what the answer gave, and not what never was invoked")
  func undoes() async throws {
    try await run { world in
      let more = """
        outputs: {id: 'id'}, undo: {function: 'fine-back', payload: {id: 'back-{id}'}}
        """
      let rig = try world.rig("fine", more)
      #expect(try await rig.plan().isReversible)
      try await rig.undo()
      #expect(try world.count("fine-back") == nil)
      try await rig.apply()
      #expect(!rig.journal.hasCrossed)
      try await rig.undo()
      #expect(try world.count("fine-back") == 1)
      rig.journal.forgetCheckpoint()
      let failure = try await #require(throws: Failure.self) { try await rig.undo() }
      #expect(failure.kind == .refused)
      #expect(try world.count("fine-back") == 1)
      let broken = try world.rig("fine-other", "undo: {function: 'broken-back'}")
      try await broken.apply()
      await #expect(throws: Failure.self) { try await broken.undo() }
    }
  }

  @Test("an invocation that is only queued has no answer to judge")
  func queues() async throws {
    try await run { world in
      let rig = try world.rig("queued", "async: true, payload: {a: 1}")
      try await rig.apply()
      #expect(try world.seen()["queued-event"]?.string == #"{"a":1}"#)
      #expect(throws: Failure.self) { try world.rig("queued", "async: true, outputs: {a: 'a'}") }
      #expect(throws: Failure.self) { try world.rig("queued", "async: true, statuses: [200]") }
    }
  }
}
