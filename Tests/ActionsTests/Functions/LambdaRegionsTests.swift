import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// One function in several regions, against a Lambda that fails in one of them.
@Suite("Invoking functions in several regions", .waiting)
struct LambdaRegionsTests {
  private final class Lambda: Sendable {
    let failing = Mutex<String?>(nil)

    var cloud: ScriptedCloud {
      ScriptedCloud { [self] (call) throws(CloudFailure) in
        if failing.withLock({ $0 }) == call.region {
          throw ScriptedCloud.error("ResourceNotFoundException")
        }
        return ["id": .string("i-\(call.region)"), "mode": call.input["mode"] ?? "none"]
      }
    }
  }

  private static let input = """
    {function: 'notify', regions: ['us-east-1', 'us-west-1'], payload: {mode: 'on'},
     outputs: {id: 'id'}, undo: {payload: {mode: 'off', id: '{id}'}}}
    """

  private let lambda = Lambda()

  @Test("all answer, one after the other, and give outputs of each; undo goes back the other way")
  func all() async throws {
    let cloud = lambda.cloud
    let rig = try ScriptedStage(cloud).rig(LambdaInvoke.self, Self.input)
    #expect(
      try await rig.plan().changes == [
        "invoke the function notify in us-east-1", "invoke the function notify in us-west-1",
      ])
    #expect(
      try await rig.apply().outputs == [
        "id": "i-us-west-1", "id-us-east-1": "i-us-east-1", "id-us-west-1": "i-us-west-1",
      ])
    try await rig.undo()
    #expect(
      cloud.seen().map(\.region) == ["us-east-1", "us-west-1", "us-west-1", "us-east-1"])
    #expect(cloud.seen().suffix(2).map { $0.input["id"] } == ["i-us-west-1", "i-us-east-1"])
  }

  @Test("one that fails fails the step; the others are neither invoked again nor forgotten")
  func partial() async throws {
    let cloud = lambda.cloud
    let stage = try ScriptedStage(cloud)
    lambda.failing.withLock { $0 = "us-west-1" }
    let rig = try stage.rig(LambdaInvoke.self, Self.input)
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("ResourceNotFoundException"))
    try await rig.undo()
    #expect(cloud.seen().map(\.region) == ["us-east-1", "us-west-1", "us-east-1"])
    lambda.failing.withLock { $0 = nil }
    try await stage.rig(LambdaInvoke.self, Self.input, journal: rig.journal).apply()
    #expect(cloud.seen().last?.region == "us-west-1" && cloud.seen().count == 4)
    #expect(throws: Failure.self) {
      try stage.rig(LambdaInvoke.self, "{function: 'f', regions: ['a', 'a']}")
    }
  }
}
