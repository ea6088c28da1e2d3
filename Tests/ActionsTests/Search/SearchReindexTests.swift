import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Copies of indices as tasks of a server that loses, fails and forgets as the test says.
@Suite("Reindexing", .waiting)
struct SearchReindexTests {
  private func run(_ body: (SearchServer, CloudStage) async throws -> Void) async throws {
    try await SearchServer.run { server in
      try await body(
        server,
        try CloudStage([
          "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
        ]))
    }
  }

  private func input(_ server: SearchServer) -> String {
    "{endpoint: '\(server.endpoint("d"))', pairs: [{from: 'old', to: 'new'}], every: '10s'}"
  }

  private func make(_ server: SearchServer, _ count: Int = 10) throws {
    try server.send(
      "PUT", "/@d/old",
      """
      {"mappings": {"properties": {"number": {"type": "long"}}},
       "settings": {"number_of_shards": "3", "uuid": "u", "analysis": {"x": 1}}}
      """)
    try server.fill("d", "old", count)
  }

  @Test("a missing destination is made like its source, filled, and deleted by undo")
  func copies() async throws {
    try await run { server, stage in
      try make(server)
      try server.send("POST", "/_stub/reindex", "{\"polls\": 3}")
      let rig = try stage.rig(SearchReindex.self, input(server))
      #expect(try await rig.plan().changes == ["copy the index old into new"])
      let report = try await rig.apply()
      #expect(report.outputs == ["documents": "10", "copied": "{\"new\":10}"])
      #expect(report.notes == ["new: 10 documents copied, 0 were there"])
      #expect(rig.journal.readings.contains { $0.waitingFor?.contains("new 2 of 10") == true })
      let made = try server.send("GET", "/@d/new")
      #expect(made.contains("\"number_of_shards\": \"3\"") && !made.contains("uuid"))
      #expect(made.contains("\"number\": {\"type\": \"long\"}"))
      #expect(try await rig.verify().isPassed)
      try await rig.apply()
      #expect(try server.requests("POST /@d/_reindex").count == 1)
      for _ in 1...2 { try await rig.undo() }
      #expect(try server.send("GET", "/@d/new/_count").contains("index_not_found"))
      #expect(try server.send("GET", "/@d/old/_count").contains("\"count\": 10"))
    }
  }

  @Test("killed before or after the task is written down, the same task is found again")
  func resumes() async throws {
    for afterWriting in [false, true] {
      try await run { server, stage in
        try make(server)
        try server.send("POST", "/_stub/reindex", "{\"polls\": 2}")
        let journal = ActionJournal()
        journal.kill(atWrite: 2, afterWriting: afterWriting)
        await #expect(throws: Failure.self) {
          try await stage.rig(SearchReindex.self, input(server), journal: journal).apply()
        }
        journal.kill(atWrite: nil, afterWriting: false)
        let report = try await stage.rig(SearchReindex.self, input(server), journal: journal)
          .apply()
        #expect(report.outputs["documents"] == "10")
        #expect(try server.requests("POST /@d/_reindex").count == 1)
      }
    }
  }

  @Test("a task that the domain has forgotten is begun again, and copies nothing twice")
  func lost() async throws {
    try await run { server, stage in
      try make(server)
      try server.send("POST", "/_stub/reindex", "{\"polls\": 1}")
      let missing =
        "{\"error\": {\"type\": \"resource_not_found_exception\", \"reason\": \"no task\"}}"
      try server.send(
        "POST", "/_stub/faults",
        "{\"match\": \"GET .*/_tasks/\", \"after\": 1, \"times\": 1, \"status\": 404, \"carryOut\":"
          + " true, \"body\": \(missing)}")
      let rig = try stage.rig(SearchReindex.self, input(server))
      let report = try await rig.apply()
      #expect(try server.requests("POST /@d/_reindex").count == 2)
      #expect(report.notes == ["new: 0 documents copied, 10 were there"])
      // One that is always lost ends with a person.
      let journal = ActionJournal()
      try server.send("DELETE", "/@d/new")
      try server.send(
        "POST", "/_stub/faults",
        "{\"match\": \"GET .*/_tasks/\", \"times\": 0, \"status\": 404, \"body\": \(missing)}")
      let failure = try await #require(throws: Failure.self) {
        try await stage.rig(
          SearchReindex.self, input(server), step: "always", journal: journal
        ).apply()
      }
      #expect(failure.summary.contains("has lost the task that copies old 6 times"))
      // Whoever mended its nodes and tries again does not find the old count.
      try server.send("POST", "/_stub/faults", "[]")
      let retried = try await stage.rig(
        SearchReindex.self, input(server), step: "always", journal: journal
      ).apply()
      #expect(retried.outputs["documents"] == "10")
    }
  }

  @Test("failures name the documents, and documents that got lost are noticed")
  func failures() async throws {
    try await run { server, stage in
      try make(server)
      try server.send(
        "POST", "/_stub/reindex",
        """
        {"failures": [{"index": "new", "id": "7", "cause": {"type": "mapper_parsing_exception",
          "reason": "Limit of total fields [4000] has been exceeded"}}]}
        """)
      let rig = try stage.rig(SearchReindex.self, input(server), step: "failed")
      let failed = try await #require(throws: Failure.self) { try await rig.apply() }
      #expect(
        failed.summary.contains("failed at 1 documents: 7: Limit of total fields [4000]"))
      // Tried again, it is begun anew.
      try server.send("POST", "/_stub/reindex", "{}")
      #expect(try await rig.apply().outputs["documents"] == "10")
      try server.send("DELETE", "/@d/new")
      try server.send("POST", "/_stub/reindex", "{\"lose\": 3}")
      let lost = try await #require(throws: Failure.self) {
        try await stage.rig(SearchReindex.self, input(server), step: "lost").apply()
      }
      #expect(lost.summary == "the copy of old into new ended with 7 of 10 documents")
      try server.send("DELETE", "/@d/new")
      try server.send("POST", "/_stub/reindex", "{\"cancel\": true}")
      let cancelled = try await #require(throws: Failure.self) {
        try await stage.rig(SearchReindex.self, input(server), step: "cancelled").apply()
      }
      #expect(cancelled.summary.contains("was cancelled: by user request"))
    }
  }

  @Test("undo ends a task that runs, and keeps an index that was there or that an alias names")
  func undoes() async throws {
    try await run { server, stage in
      try make(server)
      try server.send("POST", "/_stub/reindex", "{\"polls\": 1000}")
      let journal = ActionJournal()
      journal.kill(atWrite: 2, afterWriting: true)
      let rig = try stage.rig(SearchReindex.self, input(server), journal: journal)
      await #expect(throws: Failure.self) { try await rig.apply() }
      journal.kill(atWrite: nil, afterWriting: false)
      try await rig.undo()
      #expect(try server.requests("/_cancel").count == 1)
      #expect(try server.send("GET", "/@d/new/_count").contains("index_not_found"))
      try server.send("POST", "/_stub/reindex", "{}")
      journal.forgetCheckpoint()
      try await rig.apply()
      try server.send(
        "POST", "/@d/_aliases", "{\"actions\": [{\"add\": {\"index\": \"new\", \"alias\": \"a\"}}]}"
      )
      try await rig.undo()
      #expect(journal.notes.last == "the alias a stands for the index new: it is kept")
      // Another step that finds the index leaves it there, and puts nothing over what it holds.
      try server.send("PUT", "/@d/new/_doc/1", "{\"number\": \"newer\"}")
      let second = try stage.rig(SearchReindex.self, input(server), step: "second")
      #expect(
        try await second.apply().notes == ["new: 0 documents copied, 10 were there"])
      try await second.undo()
      #expect(try server.send("GET", "/@d/new/_doc/1").contains("newer"))
    }
  }
}
