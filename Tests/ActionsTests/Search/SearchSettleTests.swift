import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// Waiting for indices of a server that counts as the test says, under a clock that moves by itself.
@Suite("Waiting for a search index", .waiting)
struct SearchSettleTests {
  private func stage(_ server: SearchServer) throws -> CloudStage {
    try CloudStage([
      "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
    ])
  }

  private func input(_ server: SearchServer, _ more: String) -> String {
    "{endpoint: '\(server.endpoint("beta"))', \(more)}"
  }

  @Test("counts must agree with the other domain, logs be empty, and all of it last")
  func waits() async throws {
    try await SearchServer.run { server in
      for domain in ["alpha", "beta"] {
        try server.fill(domain, "efcms-case", 4)
        try server.fill(domain, "efcms-message", 2)
      }
      let beta = "\"domain\": \"beta\""
      // Two looks too few, one more too many, then right; meanwhile the log runs empty slowly.
      try server.send(
        "POST", "/_stub/counts", "{\(beta), \"index\": \"efcms-case\", \"add\": -1, \"reads\": 2}")
      try server.send(
        "POST", "/_stub/translog",
        "{\(beta), \"index\": \"efcms-message\", \"operations\": 3, \"reads\": 5}")
      let stage = try stage(server)
      let rig = try stage.rig(
        SearchSettle.self,
        input(
          server,
          """
          against: '\(server.endpoint("alpha"))', counted: ['efcms-case'],
          quiet: ['efcms-message'], stable: '30s', every: '10s', within: '10m'
          """))
      #expect(try await rig.plan().changes.isEmpty)
      let begin = stage.clock.now()
      let report = try await rig.apply()
      #expect(report.outputs == ["documents": "4", "difference": "0"])
      // Five looks at the log, then three more until it has lasted.
      #expect(stage.clock.now() - begin == .seconds(80))
      let texts = rig.journal.readings.compactMap(\.waitingFor)
      #expect(texts.contains { $0.contains("efcms-case 3 of 4") })
      #expect(texts.contains { $0.contains("efcms-message has 3 operations in its log") })
      #expect(texts.last?.contains("to stay complete") == true)
      #expect(try await rig.verify().isPassed)
    }
  }

  @Test("a tolerance is for all indices together, and a late document begins the count anew")
  func tolerance() async throws {
    try await SearchServer.run { server in
      try server.fill("beta", "a", 9)
      try server.fill("beta", "b", 11)
      let stage = try stage(server)
      func rig(_ tolerance: Int, _ step: String) throws -> ActionRig {
        try stage.rig(
          SearchSettle.self,
          input(
            server,
            """
            expected: {a: 10, b: 10}, tolerance: \(tolerance), stable: '20s', every: '10s',
            within: '2m'
            """), step: step)
      }
      let failure = try await #require(throws: Failure.self) { try await rig(1, "one").apply() }
      #expect(
        failure.summary == "the index is not complete in time: a 9 of 10, b 11 of 10")
      #expect(try await rig(2, "two").apply().outputs["difference"] == "2")
      // The third look sees one document less.
      try server.send(
        "POST", "/_stub/faults",
        "{\"match\": \"/a/_count\", \"after\": 2, \"times\": 1, \"status\": 404, \"body\": "
          + "{\"error\": {\"type\": \"index_not_found_exception\", \"reason\": \"no\"}}}")
      let begin = stage.clock.now()
      _ = try await rig(2, "three").apply()
      #expect(stage.clock.now() - begin == .seconds(50))
    }
  }

  @Test("what cannot be read is looked at again; what is forbidden ends the step")
  func faults() async throws {
    try await SearchServer.run { server in
      try server.fill("beta", "a", 1)
      let stage = try stage(server)
      let settle = input(server, "expected: {a: 1}, stable: '0s', every: '10s', within: '5m'")
      // Not all shards answered, then nobody, then a hang-up; each is retried by the wire as well.
      try server.send(
        "POST", "/_stub/faults",
        """
        [{"match": "/a/_count", "times": 1, "status": 200,
          "body": {"count": 1, "_shards": {"total": 2, "failed": 1}}},
         {"match": "/a/_count", "times": 9, "status": 503, "body": {"message": "down"}}]
        """)
      let rig = try stage.rig(SearchSettle.self, settle, step: "weak")
      #expect(try await rig.apply().outputs["documents"] == "1")
      #expect(
        rig.journal.readings.contains { $0.waitingFor?.contains("shards did not answer") == true })
      try server.send(
        "POST", "/_stub/faults",
        "{\"match\": \"/a/_count\", \"times\": 0, \"status\": 403, \"body\": {\"Message\": \"no\"}}"
      )
      let failure = try await #require(throws: Failure.self) {
        try await stage.rig(SearchSettle.self, settle, step: "denied").apply()
      }
      #expect(failure.kind == .refused && failure.hint.contains("es:ESHttpGet"))
    }
  }

  @Test("requests are signed for the service and region of the domain")
  func signs() async throws {
    let script = #"""
      def handle(self, path, query):
          shared["seen"] = [path, self.headers.get("Authorization"), self.headers.get("Host")]
          if path == "/seen": return self.answer(body=json.dumps(shared["last"]))
          shared["last"] = shared["seen"]
          self.answer(body=json.dumps({"count": 3, "_shards": {"failed": 0}}))
      """#
    try await ScriptedServer.run(script) { server in
      let stage = try CloudStage(server)
      let rig = try stage.rig(
        SearchSettle.self,
        "{endpoint: '\(server.base)', region: 'us-west-1', expected: {'a-b': 3}, stable: '0s'}")
      try await rig.apply()
      let seen = try Tool.run(["curl", "--silent", "--noproxy", "*", "\(server.base)/seen"]).text
      #expect(seen.contains("/a-b/_count") && seen.contains("/us-west-1/es/aws4_request"))
      #expect(seen.contains("Signature="))
    }
  }

  @Test("a preview asks nobody at an endpoint that only the run will tell")
  func preview() async throws {
    let stage = try CloudStage([
      "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
    ])
    stage.world.setPreview(true)
    let begin = stage.clock.now()
    let settle = try stage.rig(
      SearchSettle.self, "{endpoint: 'output', against: 'output', counted: ['a']}")
    #expect(try await settle.plan().changes.isEmpty)
    let copy = try stage.rig(
      SearchReindex.self, "{endpoint: 'output', pairs: [{from: 'a', to: 'b'}]}")
    #expect(try await copy.plan().changes == ["copy the index a into b"])
    let alias = try stage.rig(SearchAlias.self, "{endpoint: 'output', aliases: {a: 'b'}}")
    #expect(try await alias.plan().changes == ["point the alias a to b"])
    // Nothing was tried again and again.
    #expect(stage.clock.now() == begin)
  }

  @Test("inputs that say nothing, too much or the same twice are refused")
  func inputs() async throws {
    try await SearchServer.run { server in
      let stage = try stage(server)
      for more in [
        "tolerance: 1", "counted: ['a']", "against: '\(server.endpoint("alpha"))'",
        "against: '\(server.endpoint("beta"))', counted: ['a']",
        "against: '\(server.endpoint("alpha"))', counted: ['a'], expected: {a: 1}",
      ] {
        #expect(throws: Failure.self) { try stage.rig(SearchSettle.self, input(server, more)) }
      }
      let wrong = try stage.rig(
        SearchSettle.self,
        input(server, "against: '\(server.endpoint("alpha"))', counted: ['typo']"))
      let failure = try await #require(throws: Failure.self) { try await wrong.plan() }
      #expect(failure.summary == "the domain to compare with has no index typo")
    }
  }

  @Test("a person's retry has the whole time again, a restart only a look")
  func retried() async throws {
    // A domain that is empty, and has its document after so many more counts.
    let countsLeft = Mutex(1_000_000)
    let cloud = ScriptedCloud { (_) throws(CloudFailure) in
      let isComplete = countsLeft.withLock { left in
        left -= 1
        return left < 0
      }
      return ["count": isComplete ? 1 : 0, "_shards": ["failed": 0]]
    }
    let stage = try ScriptedStage(cloud)
    let rig = try stage.rig(
      SearchSettle.self,
      "{endpoint: 'https://search.test', expected: {a: 1}, every: '10s', stable: '20s', "
        + "within: '10m'}")
    await #expect(throws: Failure.self) { try await rig.apply() }
    try await stage.clock.sleep(for: .seconds(600))
    let begin = stage.clock.now()
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(stage.clock.now() == begin)
    rig.journal.retry(at: begin)
    countsLeft.withLock { $0 = 6 }
    #expect(try await rig.apply().outputs["documents"] == "1")
    #expect(stage.clock.now() - begin == .seconds(80))
    // Killed and carried on after the retry, it has no more than that.
    countsLeft.withLock { $0 = 1_000_000 }
    try await stage.clock.sleep(for: .seconds(3600))
    let end = stage.clock.now()
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(stage.clock.now() == end)
  }
}
