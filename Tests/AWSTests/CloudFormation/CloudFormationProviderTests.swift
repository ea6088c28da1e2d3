import Harness
import Resources
import Testing

@testable import AWS

@Suite("The provider of CloudFormation stacks", .waiting)
struct CloudFormationProviderTests {
  private let provider: Provider

  init() throws {
    provider = .cloudformation(
      try StackWorld(["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"]).session)
  }

  @Test(
    "a URL that names no stack is refused",
    arguments: ["", "/", "/a/b", "/1st", "/under_score", "/" + String(repeating: "x", count: 129)])
  func refusesNames(path: String) throws {
    let url = try ResourceURL("cloudformation://us-east-1\(path)")
    let context = ProviderContext(
      secrets: Secrets { (_, _) throws(Failure) in nil }, clock: ManualClock())
    guard case .stack(let open) = provider.opener else {
      Issue.record("not a provider of stacks")
      return
    }
    #expect(throws: Failure.self) { try open(url, context) }
    _ = try open(try ResourceURL("cloudformation://us-east-1/vams-core-1"), context)
  }

  @Test("rights are asked for on the stack and those nested in it, and for the role passed on")
  func tellsPermissions() throws {
    let url = try ResourceURL(
      "cloudformation://cn-north-1/vams?serviceRole=arn:aws-cn:iam::1:role/deployer&profile=b")
    let create = try provider.permissions(url, .create)
    #expect(
      create.contains(
        Permission(
          "cloudformation:CreateChangeSet",
          on: "arn:aws-cn:cloudformation:cn-north-1:*:stack/vams/*", profile: "b")))
    #expect(
      create.contains { $0.action == "iam:PassRole" && $0.resource.hasSuffix("role/deployer") })
    let look = try provider.permissions(url, .look)
    #expect(!look.contains { $0.action.contains("Delete") || $0.action.contains("Execute") })
    #expect(
      try provider.specialPermissions(url, .survey).contains {
        $0.action == "dynamodb:DescribeTable"
      })
  }
}
