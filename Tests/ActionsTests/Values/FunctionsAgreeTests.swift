import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite("What functions say", .waiting)
struct FunctionsAgreeTests {
  private func rig(
    _ functions: [String: String], _ input: String
  ) throws -> ActionRig {
    let stage = try ValuesStage(cloud: FunctionCloud(functions))
    return try stage.rig(FunctionsAgree.self, "{ region: 'us-east-1', \(input) }")
  }

  private static let two = """
    functions: [
      { function: 'api_green', variable: 'TABLE' },
      { function: 'api_green', region: 'us-west-1', variable: 'TABLE' },
    ]
    """

  @Test("functions that say the same give that, and others are shown with both sides")
  func agrees() async throws {
    let same = ["us-east-1 api_green": "alpha", "us-west-1 api_green": "alpha"]
    let rig = try rig(same, Self.two)
    #expect(try await rig.apply().outputs == ["value": "alpha"])
    #expect(try await rig.verify().isPassed)
    let wrong = try await self.rig(same, "\(Self.two), equals: 'beta'").refusal()
    #expect(wrong.kind == .permanent)
    #expect(wrong.summary.contains("TABLE of the function api_green is 'alpha', not 'beta'"))
    let split = try await self.rig(
      ["us-east-1 api_green": "alpha", "us-west-1 api_green": "beta"], Self.two
    ).refusal()
    #expect(split.summary.contains("api_green is 'alpha'"))
    #expect(split.summary.contains("in us-west-1 is 'beta'"))
  }

  @Test("one that is not there is refused or left out, one without the variable is always wrong")
  func absent() async throws {
    let east = ["us-east-1 api_green": "alpha"]
    let refused = try await rig(east, Self.two).refusal()
    #expect(refused.summary.contains("in us-west-1: there is no such function"))
    let ignored = try await rig(east, "\(Self.two), absent: 'ignore'").apply()
    #expect(ignored.outputs == ["value": "alpha"] && ignored.notes.count == 1)
    let none = try await rig([:], "\(Self.two), absent: 'ignore', equals: 'alpha'").apply()
    #expect(none.outputs == ["value": "alpha"])
    let bare = ["us-east-1 api_green": "", "us-west-1 api_green": "alpha"]
    let unset = try await rig(bare, "\(Self.two), absent: 'ignore'").refusal()
    #expect(unset.summary.contains("TABLE of the function api_green is not set"))
  }

  @Test("what may not be looked at is no answer")
  func denied() async throws {
    let failure = try await rig(
      ["us-east-1 api_green": "DENIED"], "\(Self.two), absent: 'ignore'"
    ).refusal()
    #expect(failure.kind == .refused && failure.summary.contains("not allowed"))
  }
}

/// A Lambda whose functions have one variable, TABLE, told by region and name; an empty one has none.
struct FunctionCloud: CloudExchange {
  private let functions: [String: String]

  init(_ functions: [String: String]) { self.functions = functions }

  func call(
    _ call: CloudCall, in context: ProviderContext
  ) async throws(CloudFailure) -> CloudReply {
    let name = String((call.route?.path ?? "").split(separator: "/").dropLast().last ?? "")
    guard let value = functions["\(call.place.region ?? "") \(name)"] else {
      throw .service(
        code: "ResourceNotFoundException", .permanent("Function not found", hint: "Look."))
    }
    if value == "DENIED" {
      throw .service(code: "AccessDeniedException", .refused("not allowed", hint: "Ask."))
    }
    let variables: JSONValue = value.isEmpty ? [:] : ["TABLE": .string(value)]
    let answer: JSONValue = [
      "FunctionName": .string(name), "Environment": ["Variables": variables],
    ]
    return CloudReply(status: 200, headers: [], body: answer.compact())
  }

  func permissions(for use: CloudUse) throws(Failure) -> [Permission] { [] }
}
