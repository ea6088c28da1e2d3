import Foundation
import Harness
import Resources
import Testing
import Wire

@testable import AWS

/// What moto does not show: changes that take their time, and a zone that somebody else changes.
@Suite("Zones of Route 53 as the service is", .waiting)
struct Route53ServiceTests {
  private static let script = """
    import re
    NS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"'
    held = {"value": "192.0.2.1", "pending": 3, "busy": 1, "thief": False}
    log = []

    def handle(self, path, query):
        if path == "/log": return self.answer(200, [], "\\n".join(log))
        if path == "/thief":
            held["thief"] = True
            return self.answer()
        body = self.body().decode()
        with changed:
            status, text = call(self.command, path, query, body)
        self.answer(status, [("Content-Type", "text/xml")], text)

    def fail(code, message, status=400):
        return status, ("<ErrorResponse %s><Error><Type>Sender</Type><Code>%s</Code><Message>%s"
                        "</Message></Error></ErrorResponse>" % (NS, code, message))

    def invalid(message):
        return 400, ("<InvalidChangeBatch %s><Messages><Message>%s</Message></Messages>"
                     "</InvalidChangeBatch>" % (NS, message))

    def info(status):
        return ("<ChangeInfo><Id>/change/C1</Id><Status>%s</Status>"
                "<SubmittedAt>2026-01-01T00:00:00Z</SubmittedAt></ChangeInfo>" % status)

    def record():
        if not held["value"]: return ""
        return ("<ResourceRecordSet><Name>www.x.test.</Name><Type>A</Type><TTL>60</TTL>"
                "<ResourceRecords><ResourceRecord><Value>%s</Value></ResourceRecord>"
                "</ResourceRecords></ResourceRecordSet>" % held["value"])

    def call(method, path, query, body):
        if path.endswith("/hostedzone/Z1"):
            return 200, ("<GetHostedZoneResponse %s><HostedZone><Id>/hostedzone/Z1</Id>"
                         "<Name>x.test.</Name></HostedZone></GetHostedZoneResponse>" % NS)
        if method == "GET" and "/rrset" in path:
            log.append("list")
            return 200, ("<ListResourceRecordSetsResponse %s><ResourceRecordSets>%s"
                         "</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>300"
                         "</MaxItems></ListResourceRecordSetsResponse>" % (NS, record()))
        if method == "GET":
            log.append("change")
            held["pending"] -= 1
            status = "PENDING" if held["pending"] > 0 else "INSYNC"
            return 200, "<GetChangeResponse %s>%s</GetChangeResponse>" % (NS, info(status))
        if held["busy"] > 0:
            held["busy"] -= 1
            log.append("busy")
            return fail("PriorRequestNotComplete", "The request was rejected")
        if held["thief"]: held["value"] = "192.0.2.66"
        actions = re.findall("<Action>(.*?)</Action>", body)
        values = re.findall("<Value>(.*?)</Value>", body)
        log.append(" ".join(actions + values))
        if actions[0] == "DELETE" and values[0] != held["value"]:
            return invalid("Tried to delete resource record set [name='www.x.test.', type='A'] "
                           "but the values provided do not match the current values")
        held["value"] = values[-1] if actions[-1] != "DELETE" else None
        return 200, ("<ChangeResourceRecordSetsResponse %s>%s"
                     "</ChangeResourceRecordSetsResponse>" % (NS, info("PENDING")))
    """

  private func open(_ server: ScriptedServer, _ clock: any WallClock) throws -> Route53Zone {
    let environment = [
      "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
      "AWS_REGION": "us-east-1",
    ]
    let session = AWSSession(
      AWSSession.Settings(environment: environment, homeFolder: "/nonexistent"), clock: clock
    ) { HTTPClient(HTTPClient.Settings(userAgent: "t", proxies: HTTPProxies(environment: [:]))) }
    return try Route53Zone(
      ResourceURL("route53://Z1?servers=none"), in: session, purpose: nil)
  }

  private func log(_ server: ScriptedServer) throws -> [String] {
    try Tool.run(["curl", "--silent", "\(server.base)/log"]).text
      .split(separator: "\n").map(String.init)
  }

  private func set(_ value: String) -> RecordSet {
    RecordSet(name: "www.x.test.", type: "A", ttlSeconds: 60, values: [value])
  }

  @Test("a change is made once the one before is done, and over when it is everywhere")
  func sync() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let clock = HastyClock()
      let zone = try open(server, clock)
      let start = clock.now()
      try await zone.replace(
        at: "www.x.test.", former: [set("192.0.2.1")], with: [set("192.0.2.2")])
      #expect(clock.now() - start >= .seconds(7))
      let change = "DELETE CREATE 192.0.2.1 192.0.2.2"
      #expect(try log(server) == ["list", "busy", change, "change", "change", "change"])
      #expect(try await zone.awaitPublication(at: "www.x.test."))
      #expect(try log(server).count == 6)
      // Another process has only the zone's word that its servers have what it holds.
      #expect(try await open(server, clock).awaitPublication(at: "www.x.test."))
      #expect(try log(server).contains("DELETE CREATE 192.0.2.2 192.0.2.2"))
      #expect(try await zone.servers().isEmpty)
    }
  }

  @Test(
    "a page of a proxy and an answer without its list are no zone without records",
    arguments: [
      "<html><body>Sign in</body></html>", "<ListResourceRecordSetsResponse/>",
      "<ListResourceRecordSetsResponse><ResourceRecordSets/></ListResourceRecordSetsResponse>",
    ])
  func refusesPages(answer: String) async throws {
    let script = """
      def handle(self, path, query):
          if "/rrset" in path: return self.answer(body="\(answer)")
          self.answer(body="<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id>"
                           "<Name>x.test.</Name></HostedZone></GetHostedZoneResponse>")
      """
    try await ScriptedServer.run(script) { server in
      let zone = try open(server, HastyClock())
      let failure = await #expect(throws: Failure.self) {
        try await zone.recordSets(at: "www.x.test.")
      }
      #expect(failure?.isTransient == true)
      #expect(failure?.summary.contains("cannot be believed") == true)
    }
  }

  @Test("somebody who is faster is not overwritten, and both values are named")
  func race() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let zone = try open(server, HastyClock())
      #expect(try await zone.recordSets(at: "www.x.test.") == [set("192.0.2.1")])
      _ = try Tool.run(["curl", "--silent", "\(server.base)/thief"])
      let failure = try #require(
        await #expect(throws: Failure.self) {
          try await zone.replace(
            at: "www.x.test.", former: [set("192.0.2.1")], with: [set("192.0.2.2")])
        })
      #expect(failure.kind == .refused)
      #expect(failure.summary.contains("192.0.2.66") && failure.summary.contains("192.0.2.1"))
      #expect(try await zone.recordSets(at: "www.x.test.") == [set("192.0.2.66")])
    }
  }
}
