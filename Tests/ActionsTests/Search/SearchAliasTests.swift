import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Aliases that are pointed elsewhere in one request, and back.
@Suite("Pointing aliases of a search domain", .waiting)
struct SearchAliasTests {
  private func run(_ body: (SearchServer, CloudStage) async throws -> Void) async throws {
    try await SearchServer.run { server in
      for index in ["case-1", "case-2", "user-1", "user-2", ".kibana"] {
        try server.fill("d", index, 1)
      }
      try server.send(
        "POST", "/@d/_aliases",
        """
        {"actions": [{"add": {"index": "case-1", "alias": "case"}},
                     {"add": {"index": "user-1", "alias": "user"}}]}
        """)
      try await body(
        server,
        try CloudStage([
          "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
        ]))
    }
  }

  private func input(_ server: SearchServer, _ more: String = "") -> String {
    """
    {endpoint: '\(server.endpoint("d"))', aliases: {case: 'case-2', user: 'user-2', new: 'user-2'},
     \(more)}
    """
  }

  private func aliases(_ server: SearchServer) throws -> [String] {
    try JSONValue(parsing: server.send("GET", "/@d/_cat/aliases?format=json")).elements?.map {
      "\($0["alias"]?.string ?? "")=\($0["index"]?.string ?? "")"
    } ?? []
  }

  @Test("all of them move in one request, and undo moves them back in one")
  func moves() async throws {
    try await run { server, stage in
      let rig = try stage.rig(SearchAlias.self, input(server))
      #expect(
        try await rig.plan().changes == [
          "point the alias case from case-1 to case-2", "point the alias new to user-2",
          "point the alias user from user-1 to user-2",
        ])
      try await rig.apply()
      #expect(try aliases(server) == ["case=case-2", "new=user-2", "user=user-2"])
      #expect(try await rig.verify().isPassed)
      try await rig.apply()
      #expect(try server.requests("POST /@d/_aliases").count == 2)
      for _ in 1...2 { try await rig.undo() }
      #expect(try aliases(server) == ["case=case-1", "user=user-1"])
      #expect(try server.requests("POST /@d/_aliases").count == 3)
    }
  }

  @Test("an answer that is lost is not sent twice but looked for")
  func lostAnswer() async throws {
    try await run { server, stage in
      try server.send(
        "POST", "/_stub/faults",
        "{\"match\": \"POST /@d/_aliases\", \"carryOut\": true, \"hangUp\": true}")
      let rig = try stage.rig(SearchAlias.self, input(server))
      let failure = try await #require(throws: Failure.self) { try await rig.apply() }
      #expect(failure.isTransient)
      try await rig.apply()
      #expect(try aliases(server) == ["case=case-2", "new=user-2", "user=user-2"])
      #expect(try server.requests("POST /@d/_aliases").count == 2)
    }
  }

  @Test("what somebody else has pointed elsewhere is neither overwritten nor taken back")
  func interference() async throws {
    try await run { server, stage in
      let rig = try stage.rig(SearchAlias.self, input(server))
      _ = try await rig.plan()
      let move =
        "{\"actions\": [{\"remove\": {\"index\": \"INDEX\", \"alias\": \"case\"}},"
        + " {\"add\": {\"index\": \".kibana\", \"alias\": \"case\"}}]}"
      try server.send(
        "POST", "/@d/_aliases", move.replacing("INDEX", with: "case-1"))
      let failure = try await #require(throws: Failure.self) { try await rig.apply() }
      #expect(failure.kind == .refused)
      // Nothing moved: all of them, or none.
      #expect(try aliases(server) == ["case=.kibana", "user=user-1"])
      try server.send("PUT", "/@d/.kibana/_alias/other")
      try server.send(
        "POST", "/@d/_aliases",
        "{\"actions\": [{\"remove\": {\"index\": \".kibana\", \"alias\": \"case\"}},"
          + " {\"remove\": {\"index\": \".kibana\", \"alias\": \"other\"}},"
          + " {\"add\": {\"index\": \"case-1\", \"alias\": \"case\"}}]}")
      try await rig.apply()
      try server.send("POST", "/@d/_aliases", move.replacing("INDEX", with: "case-2"))
      try await rig.undo()
      #expect(try aliases(server) == ["case=.kibana", "user=user-1"])
      #expect(rig.journal.notes.last?.contains("left alone") == true)
    }
  }

  @Test("indices without an alias go afterwards, only of the names that the playbook gives")
  func deletes() async throws {
    try await run { server, stage in
      #expect(throws: Failure.self) {
        try stage.rig(SearchAlias.self, input(server, "deleteUnaliased: true"))
      }
      let rig = try stage.rig(
        SearchAlias.self, input(server, "deleteUnaliased: true, among: ['case-*']"))
      let plan = try await rig.plan()
      #expect(plan.changes.last == "delete the index case-1" && !plan.isReversible)
      #expect(try await rig.apply().outputs == ["deleted": "case-1"])
      #expect(rig.journal.hasCrossed)
      let left = try server.send("GET", "/@d/_cat/indices?format=json")
      #expect(!left.contains("case-1"))
      for index in ["case-2", "user-1", "user-2", ".kibana"] { #expect(left.contains(index)) }
      // Nothing to delete is no point of no return.
      let again = try stage.rig(
        SearchAlias.self, input(server, "deleteUnaliased: true, among: ['case-*']"), step: "again")
      #expect(try await again.plan().isReversible)
      try await again.apply()
      #expect(!again.journal.hasCrossed)
    }
  }

  @Test("an index that is not there, or that has the alias's own name, is refused")
  func refuses() async throws {
    try await run { server, stage in
      for (aliases, part) in [
        ("{case: 'case-9'}", "there is no index case-9"),
        ("{'user-1': 'user-2'}", "an index itself"),
      ] {
        let rig = try stage.rig(
          SearchAlias.self, "{endpoint: '\(server.endpoint("d"))', aliases: \(aliases)}")
        let failure = try await #require(throws: Failure.self) { try await rig.plan() }
        #expect(failure.summary.contains(part))
      }
    }
  }

  @Test(
    "patterns match as they read",
    arguments: [
      ("case-1", "case-*", true), ("case-1", "*", true), ("case-1", "case-1", true),
      ("case-10", "case-1", false), ("a-b-c", "a*b*c", true), ("ab", "ab*b", false),
      ("case", "case-*", false), ("a-x-c", "a*b*c", false),
    ])
  func patterns(name: String, pattern: String, isMatch: Bool) {
    #expect(SearchAlias.matches(name, pattern) == isMatch)
  }
}
