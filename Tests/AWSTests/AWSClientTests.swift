import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("Calls to AWS", .waiting)
struct AWSClientTests {
  @Test("a signed call of a JSON service is answered")
  func callsJSONService() async throws {
    let server = try MotoServer.shared()
    let client = try MotoSession.make(server).client(.dynamodb, at: CloudPlace())
    let answer = try await client.json("ListTables", .object([]))
    #expect(answer["TableNames"]?.elements != nil)
  }

  @Test("a signed call of a query service is answered")
  func callsQueryService() async throws {
    let server = try MotoServer.shared()
    let client = try MotoSession.make(server).client(.sts, at: CloudPlace())
    let answer = try await client.query("GetCallerIdentity", [])
    #expect(answer.at("GetCallerIdentityResult", "Account")?.text == "123456789012")
  }

  @Test("no body at all is the answer of an operation with nothing to tell, never of a question")
  func emptyBodies() async throws {
    let script = """
      def handle(self, path, query):
          self.body()
          self.answer(body="<html/>" if self.headers.get("X-Amz-Target") is None else b"")
      """
    try await ScriptedServer.run(script) { server in
      let session = TestSession.make([
        "AWS_ENDPOINT_URL": server.base, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "A",
        "AWS_SECRET_ACCESS_KEY": "s",
      ])
      let client = try session.client(.cognito, at: CloudPlace())
      #expect(try await client.json("AdminDeleteUser", [:]) == [:])
      for question in ["ListUsers", "DescribeUserPool", "GetCSVHeader", "AdminGetUser"] {
        let error = await #expect(throws: AWSFailure.self) {
          try await client.json(question, [:])
        }
        #expect(error?.isTransient == true, "\(question)")
      }
      let page = await #expect(throws: AWSFailure.self) {
        try await session.client(.cloudformation, at: CloudPlace()).query("DeleteStack", [])
      }
      #expect(page?.isTransient == true)
    }
  }

  @Test("a service's error comes with its code and the resource's name")
  func namesErrors() async throws {
    let server = try MotoServer.shared()
    let client = try MotoSession.make(server).client(.dynamodb, at: CloudPlace())
    let error = await #expect(throws: AWSFailure.self) {
      try await client.json("DescribeTable", ["TableName": "nowhere"])
    }
    #expect(error?.code == "ResourceNotFoundException")
    #expect(error?.failure("dynamodb://us-east-1/nowhere").summary.contains("nowhere") == true)
  }
}
