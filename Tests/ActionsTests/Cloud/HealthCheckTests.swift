import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

/// Health checks of Route 53: in moto, whose only checker is always content, and in a server that
/// answers as botocore's model has it.
@Suite("Health checks of Route 53", .waiting)
struct HealthCheckTests {
  private static let script = #"""
    # id: (type and the like, reports of the checkers)
    good = ["Success: HTTP Status Code 200, OK"]
    bad = ["Failure: Resolved IP: 192.0.2.1. Connection timed out <a>"]
    def tag(name, text): return f"<{name}>{text}</{name}>"
    def children(threshold, *ids):
        inner = "".join(tag("ChildHealthCheck", i) for i in ids)
        return (tag("Type", "CALCULATED") + tag("HealthThreshold", threshold)
                + tag("ChildHealthChecks", inner))
    web = tag("Type", "HTTPS")
    checks = {
        "well": (web, good * 15 + bad), "edge": (web, good * 3 + bad * 13),
        "ill": (web, good * 2 + bad * 14), "new": (web, ["Unknown"] * 3),
        "inverted": (web + tag("Inverted", "true"), good * 16),
        "off": (web + tag("Disabled", "true"), good * 16),
        "alarm": (tag("Type", "CLOUDWATCH_METRIC") + tag("AlarmIdentifier",
                  tag("Region", "eu-west-1") + tag("Name", "errors")), []),
        "two-of-three": (children(2, "well", "ill", "edge"), []),
        "all": (children(3, "well", "ill", "edge"), []),
        "unsure": (children(2, "well", "ill", "new"), []),
        "none": (children(0, "ill"), []), "outer": (children(1, "two-of-three"), []),
        "round": (children(1, "round"), []),
    }

    def handle(self, path, query):
        _, _, _, id, *rest = path.split("/")
        if id not in checks:
            return self.answer(404, body="<ErrorResponse><Error><Code>NoSuchHealthCheck</Code>"
                                         f"<Message>no {id}</Message></Error></ErrorResponse>")
        from xml.sax.saxutils import escape
        config, reports = checks[id]
        if not rest:
            return self.answer(body=tag("GetHealthCheckResponse", tag("HealthCheck",
                tag("Id", id) + tag("HealthCheckConfig", config))))
        if rest[0] == "lastfailurereason":
            if id == "edge": return self.answer(403, body="<a/>")
            reports = ["Failure: HTTP Status Code 503"]
        elif config.startswith(tag("Type", "CALCULATED")): return self.answer(500)
        name = "GetHealthCheckStatusResponse" if rest[0] == "status" else \
            "GetHealthCheckLastFailureReasonResponse"
        self.answer(body=tag(name, tag("HealthCheckObservations", "".join(
            tag("HealthCheckObservation", tag("Region", "us-west-2") + tag("StatusReport",
                tag("Status", escape(r)) + tag("CheckedTime", "2026-11-21T04:00:00Z")))
            for r in reports))))
    """#

  private func verdict(_ stage: CloudStage, _ check: String) async throws -> Verdict {
    try await stage.rig(
      Validate.self, "{checks: [{title: 't', healthCheck: {\(check)}}], within: '0s'}"
    ).verify()
  }

  @Test("the share of healthy checkers decides, as Route 53 does or as the playbook says")
  func counts() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let stage = try CloudStage(server)
      #expect(
        try await verdict(stage, "ids: ['well']")
          == .passed("t: well: 15 of 16 checkers find it healthy"))
      #expect(try await verdict(stage, "ids: ['well', 'edge']").isPassed)
      let ill = try await verdict(stage, "ids: ['well', 'ill']")
      #expect(
        ill
          == .failed(
            "t: ill: 2 of 16 checkers find it healthy; from us-west-2: Failure: Resolved IP: "
              + "192.0.2.1. Connection timed out <a>; last failure at 2026-11-21T04:00:00Z: "
              + "Failure: HTTP Status Code 503"))
      #expect(try await verdict(stage, "ids: ['well'], atLeast: 93").isPassed)
      #expect(try await !verdict(stage, "ids: ['well'], atLeast: 94").isPassed)
      // Not knowing the last reason takes nothing from the verdict.
      let edge = try await verdict(stage, "ids: ['edge'], atLeast: 19")
      #expect(edge.detail.hasPrefix("t: edge: 3 of 16") && !edge.isDoubt && !edge.isPassed)
      #expect(!edge.detail.contains("last failure"))
      let inverted = try await verdict(stage, "ids: ['inverted']")
      #expect(inverted.detail.contains("the check is inverted") && !inverted.isDoubt)
      #expect(!inverted.isPassed)
    }
  }

  @Test("what proves nothing is left to a person")
  func cannotTell() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let stage = try CloudStage(server)
      let expected = [
        "new": "no checker has reported", "off": "is disabled", "missing": "NoSuchHealthCheck",
        "alarm": "follows the alarm errors in eu-west-1", "none": "proves nothing",
        "round": "too many checks behind it",
      ]
      for (id, words) in expected {
        let verdict = try await verdict(stage, "ids: ['\(id)']")
        #expect(verdict.isDoubt && verdict.detail.contains(words), "\(id): \(verdict)")
      }
    }
  }

  @Test("a calculated check is judged by its children, and asked for no checkers of its own")
  func calculates() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let stage = try CloudStage(server)
      #expect(
        try await verdict(stage, "ids: ['two-of-three']")
          == .passed("t: two-of-three: 2 of 3 checks are healthy, 2 wanted"))
      #expect(try await verdict(stage, "ids: ['outer']").isPassed)
      let all = try await verdict(stage, "ids: ['all']")
      #expect(!all.isDoubt && all.detail.contains("ill: 2 of 16 checkers"), "\(all)")
      #expect(try await verdict(stage, "ids: ['unsure']").isDoubt)
    }
  }

  @Test("moto's checks are found, and a bake ends when one cannot be found any more")
  func moto() async throws {
    let server = try MotoServer.shared()
    let stage = try CloudStage(server.environment)
    let id = try server.python(
      """
      r = client('route53').create_health_check(CallerReference='checks', HealthCheckConfig={
          'Type': 'HTTP', 'IPAddress': '192.0.2.44', 'Port': 80, 'ResourcePath': '/'})
      print(r['HealthCheck']['Id'], end='')
      """)
    #expect(try await verdict(stage, "ids: ['\(id)']").detail.contains("1 of 1 checkers"))
    let input =
      "{period: '3m', every: '1m', tolerate: 0, checks: [{healthCheck: {ids: ['\(id)']}}]}"
    #expect(try await stage.rig(Bake.self, input).apply().outputs["misses"] == "0")
    _ = try server.python("client('route53').delete_health_check(HealthCheckId='\(id)')")
    let report = try await stage.rig(Bake.self, input).apply()
    #expect(report.outputs["doubt"]?.contains(id) == true)
  }

  @Test("no ids are refused beforehand")
  func refuses() throws {
    let stage = try CloudStage([:])
    for check in ["{ids: []}", "{ids: ['']}"] {
      #expect(throws: Failure.self) {
        try stage.rig(Validate.self, "{checks: [{healthCheck: \(check)}]}")
      }
    }
  }
}
