import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("A CloudFormation stack keeps the laws of stacks", .waiting)
struct CloudFormationLawsTests {
  @Test("on moto, which makes real tables and queues but gives such stacks no outputs")
  func onMoto() async throws {
    let server = try MotoServer.shared()
    let world = try StackWorld(server.environment, name: "laws-of-stacks")
    let versions = try [
      world.template(["TableABCDEF01": StackWorld.table()]),
      world.template(["TableABCDEF01": StackWorld.table(), "QueueABCDEF01": StackWorld.queue]),
    ]
    try await StackDeployerLaws(
      template: { (versions[$0], [:]) }, open: { try world.stack() }
    ).check()
    let left = try server.python(
      "print([t for t in tables() if 'laws-of' in t])")
    #expect(left.hasPrefix("[]"))
  }

  @Test("with outputs, events and time that passes")
  func onEmulator() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let outputs: [String: JSONValue] = ["Mode": ["Value": ["Ref": "Mode"]]]
      let parameters: [String: JSONValue] = ["Mode": ["Type": "String"]]
      let versions = try [
        world.template(
          ["Table": StackWorld.table()], outputs: outputs, parameters: parameters,
          given: ["Mode": "first"]),
        world.template(
          ["Table": StackWorld.table(), "Queue": StackWorld.queue], outputs: outputs,
          parameters: parameters, given: ["Mode": "second"]),
      ]
      try await StackDeployerLaws(
        template: { (versions[$0], ["Mode": $0 == 0 ? "first" : "second"]) },
        open: { try world.stack() }
      ).check()
    }
  }
}
