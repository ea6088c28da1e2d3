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
