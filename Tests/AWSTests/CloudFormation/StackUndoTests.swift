import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("The way back of a CloudFormation stack", .waiting)
struct StackUndoTests {
  private static let parameters: [String: JSONValue] = [
    "Mode": ["Type": "String"], "Secret": ["Type": "String", "NoEcho": true],
  ]

  @Test("the former template, parameters and tags come back, and again is nothing")
  func restores() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let first = try world.template(
        ["Queue": StackWorld.queue], parameters: Self.parameters,
        given: ["Mode": "old", "Secret": "hush"], settings: StackSettings(tags: ["team": "a"]))
      _ = try await world.stack().deploy(first) { _ in }
      let snapshot = try #require(try await world.stack().snapshot())
      #expect(snapshot.parameters == ["Mode": "old"])
      #expect(snapshot.hidden == ["Secret"])
      let second = try world.template(
        ["Queue": StackWorld.queue, "Table": StackWorld.table()], parameters: Self.parameters,
        given: ["Mode": "new"])
      let plan = try await world.stack().prepare(second, isKept: true)
      _ = try await world.stack().deploy(second, as: plan, watch: world.watch)
      for _ in 0..<2 {
        try await world.stack().restore(snapshot, undoing: plan.changes, watch: world.watch)
        let seen = try server.python(
          """
          s = cf.describe_stacks(StackName="shop")["Stacks"][0]
          print(s["StackStatus"], sorted((p["ParameterKey"], p["ParameterValue"])
                for p in s["Parameters"]), s["Tags"],
                sorted(cf.get_template(StackName="shop")["TemplateBody"]["Resources"]))
          """)
        #expect(
          seen == "UPDATE_COMPLETE [('Mode', 'old'), ('Secret', '****')] "
            + "[{'Key': 'team', 'Value': 'a'}] ['Queue']")
      }
      #expect(try server.calls("ExecuteChangeSet").count == 3)
    }
  }

  @Test("a table that the step did not make is not taken away on the way back")
  func keepsOthersTables() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(["Queue": StackWorld.queue])) { _ in }
      let snapshot = try #require(try await world.stack().snapshot())
      _ = try await world.stack(step: "someone").deploy(
        world.template(["Queue": StackWorld.queue, "Theirs": StackWorld.table()])
      ) { _ in }
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().restore(snapshot, undoing: [], watch: world.watch)
      }
      #expect(failure?.kind == .refused)
      #expect(failure?.summary.contains("remove Theirs") == true)
    }
  }

  @Test("a stack that was made anew since is left alone")
  func refusesAnotherStack() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let template = try world.template(["Queue": StackWorld.queue])
      _ = try await world.stack().deploy(template) { _ in }
      let snapshot = try #require(try await world.stack().snapshot())
      try await world.stack().destroy { _ in }
      _ = try await world.stack().deploy(template) { _ in }
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().restore(snapshot, undoing: [], watch: world.watch)
      }
      #expect(failure?.kind == .refused)
    }
  }

  @Test("an update that failed half way is carried back")
  func restoresStuck() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(["Queue": StackWorld.queue])) { _ in }
      let snapshot = try #require(try await world.stack().snapshot())
      let stuck = StackWorld.resource(
        "AWS::SQS::Queue", [:], ["Metadata": ["fail": "update", "stuck": true]])
      await #expect(throws: Failure.self) {
        try await world.stack().deploy(world.template(["Queue": stuck])) { _ in }
      }
      try await world.stack().restore(snapshot, undoing: [], watch: world.watch)
      #expect(try await world.stack().description()?.state == .healthy)
    }
  }
}
