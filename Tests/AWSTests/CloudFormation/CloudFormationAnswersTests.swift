import Harness
import JSON
import Resources
import Testing

@testable import AWS

/// What stands in the place of an answer must not pass for a stack that has nothing.
@Suite("Answers that are not CloudFormation's", .waiting)
struct CloudFormationAnswersTests {
  private func api(_ server: ScriptedServer) throws -> CloudFormationAPI {
    let world = try StackWorld([
      "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
      "AWS_REGION": "us-east-1",
    ])
    return CloudFormationAPI(
      client: try world.session.client(.cloudformation, at: CloudPlace()),
      url: try ResourceURL("cloudformation://us-east-1/shop"))
  }

  private static let script = #"""
    def handle(self, path, query):
        action = dict(urllib.parse.parse_qsl(self.body().decode()))["Action"]
        with changed:
            number = shared[action] = shared.get(action, -1) + 1
        inner = ["", "<{0}Result/>", "<{0}Result><Other/></{0}Result>"]
        if number == 0: return self.answer(body="<html><body>Sign in</body></html>")
        if number < 4:
            text = "<{0}Response>" + inner[number - 1] + "</{0}Response>"
        else:
            text = ("<{0}Response><{0}Result><StackResourceSummaries/><StackEvents/>"
                    "<TemplateBody>x</TemplateBody></{0}Result></{0}Response>")
        self.answer(body=text.format(action))
    """#

  @Test("neither a page of a proxy nor an answer without its list says that there is nothing")
  func refusesOthers() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let api = try api(server)
      for _ in 0..<4 {
        for look: @Sendable () async throws -> Void in [
          { _ = try await api.resources(of: "shop", path: []) },
          { _ = try await api.template(of: "shop", isProcessed: true) },
        ] {
          let failure = await #expect(throws: Failure.self) { try await look() }
          #expect(failure?.isTransient == true)
          #expect(failure?.summary.contains("cannot be believed") == true)
        }
      }
      #expect(try await api.resources(of: "shop", path: []).isEmpty)
      #expect(try await api.template(of: "shop", isProcessed: true) == "x")
    }
  }
}
