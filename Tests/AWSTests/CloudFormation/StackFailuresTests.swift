import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("What goes wrong with a CloudFormation stack", .waiting)
struct StackFailuresTests {
  private static let deep: [String: JSONValue] = [
    "AFirst": StackWorld.queue,
    "Storage": StackWorld.nested([
      "Fine": StackWorld.queue, "Broken": StackWorld.failing("create", "name is taken"),
    ]),
    "ZLast": StackWorld.queue,
  ]

  @Test("the first cause is named, from the nested stack in which it happened")
  func namesRootCause() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().deploy(
          world.template(Self.deep),
          as: world.stack().prepare(
            world.template(Self.deep), isKept: true), watch: world.watch)
      }
      let summary = try #require(failure?.summary)
      #expect(summary.contains("is ROLLBACK_COMPLETE: shop-Storage-"))
      #expect(summary.contains("/Broken (AWS::SQS::Queue) CREATE_FAILED: name is taken"))
      #expect(!summary.contains("cancelled"))
      #expect(!summary.contains("Embedded stack"))
      #expect(try await world.stack().description()?.state == .unhealthy)
      let lines = world.history.lines
      #expect(Set(lines).count == lines.count)
      #expect(lines.contains("shop CREATE_IN_PROGRESS: User Initiated"))
      #expect(lines.last == "shop ROLLBACK_COMPLETE")
    }
  }

  @Test("a stack that never came up is deleted and made anew by the step that made it")
  func makesAnew() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      await #expect(throws: Failure.self) {
        try await world.stack().deploy(world.template(Self.deep)) { _ in }
      }
      let good = try world.template(["Queue": StackWorld.queue])
      let stranger = await #expect(throws: Failure.self) {
        try await world.stack(step: "r2-other").deploy(good) { _ in }
      }
      #expect(stranger?.kind == .refused)
      let plan = try await world.stack(step: "r2-other").prepare(good, isKept: true)
      #expect(plan.lines.first?.contains("delete shop first: it is ROLLBACK_COMPLETE") == true)
      _ = try await world.stack().deploy(good) { _ in }
      #expect(try await world.stack().description()?.state == .healthy)
    }
  }

  @Test("another step makes it anew only by a plan that said so")
  func clearsAsPlanned() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      await #expect(throws: Failure.self) {
        try await world.stack().deploy(world.template(Self.deep)) { _ in }
      }
      let good = try world.template(["Queue": StackWorld.queue])
      let plan = try await world.stack(step: "r2-other").prepare(good, isKept: true)
      _ = try await world.stack(step: "r2-other").deploy(good, as: plan, watch: world.watch)
      #expect(try await world.stack().description()?.state == .healthy)
    }
  }

  @Test("a stack that somebody half deleted is not deleted for good to make room")
  func leavesHalfDeleted() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let stays = StackWorld.resource("AWS::SQS::Queue", [:], ["Metadata": ["fail": "delete"]])
      _ = try await world.stack().deploy(world.template(["Stays": stays])) { _ in }
      await #expect(throws: Failure.self) {
        try await world.stack(step: "someone").destroy { _ in }
      }
      let deletions = try server.calls("DeleteStack").count
      let good = try world.template(["Queue": StackWorld.queue])
      for isPlanned in [true, false] {
        let failure = await #expect(throws: Failure.self) {
          if isPlanned { _ = try await world.stack().prepare(good, isKept: true) }
          _ = try await world.stack().deploy(good) { _ in }
        }
        #expect(failure?.kind == .refused)
      }
      #expect(try server.calls("DeleteStack").count == deletions)
    }
  }

  @Test("a failed update goes back by itself, and the stack takes the next one")
  func updateRollsBack() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(["Queue": StackWorld.queue])) { _ in }
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().deploy(
          world.template(["Queue": StackWorld.failing("update", "limit reached")])
        ) { _ in }
      }
      #expect(failure?.summary.contains("is UPDATE_ROLLBACK_COMPLETE") == true)
      #expect(failure?.summary.contains("limit reached") == true)
      #expect(try await world.stack().description()?.state == .healthy)
      _ = try await world.stack().deploy(
        world.template(["Queue": StackWorld.queue, "More": StackWorld.queue])
      ) { _ in }
      #expect(try await world.stack().description()?.resources.count == 2)
    }
  }

  @Test("a rollback that failed is carried on only when that is asked for")
  func continuesRollback() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(["Queue": StackWorld.queue])) { _ in }
      let stuck = StackWorld.resource(
        "AWS::SQS::Queue", [:], ["Metadata": ["fail": "update", "stuck": true]])
      await #expect(throws: Failure.self) {
        try await world.stack().deploy(world.template(["Queue": stuck])) { _ in }
      }
      let next: [String: JSONValue] = ["Queue": StackWorld.queue, "More": StackWorld.queue]
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().changes(world.template(next))
      }
      #expect(failure?.kind == .refused)
      #expect(failure?.hint.contains("continueRollback") == true)
      let settings = StackSettings(continuesRollback: true)
      _ = try await world.stack().deploy(world.template(next, settings: settings)) { _ in }
      #expect(try server.calls("ContinueUpdateRollback").count == 1)
      #expect(try await world.stack().description()?.state == .healthy)
    }
  }

  @Test("what somebody else began is not waited for as if it were ours")
  func leavesOthersAlone() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(["Queue": StackWorld.queue])) { _ in }
      _ = try server.python(
        """
        t = json.dumps({"Resources": {n: {"Type": "AWS::SQS::Queue"} for n in ["Queue", "Hers"]}})
        i = cf.create_change_set(StackName="shop", ChangeSetName="hers", ChangeSetType="UPDATE",
                                 TemplateBody=t)["Id"]
        for _ in range(3): cf.describe_change_set(ChangeSetName=i)
        cf.execute_change_set(ChangeSetName=i, ClientRequestToken="console-hers")
        """)
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().deploy(world.template(["Queue": StackWorld.queue])) { _ in }
      }
      #expect(failure?.isTransient == true)
      #expect(failure?.summary.contains("console-hers") == true)
    }
  }

  @Test("an answer that is lost does not make it be done twice", arguments: ["Create", "Execute"])
  func survivesLostAnswers(operation: String) async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      try server.fail("\(operation)ChangeSet", "hang-up")
      _ = try await world.stack().deploy(world.template(["Queue": StackWorld.queue])) { _ in }
      #expect(try await world.stack().description()?.resources.count == 1)
      let starts = try server.python(
        """
        pages = cf.get_paginator("describe_stack_events").paginate(StackName="shop")
        print(sum(e["ResourceStatus"] == "CREATE_IN_PROGRESS" and e["LogicalResourceId"] == "shop"
                  for p in pages for e in p["StackEvents"]))
        """)
      #expect(starts == "1")
    }
  }

  @Test("missing capabilities are told with the input that grants them")
  func namesCapabilities() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let role: [String: JSONValue] = ["Role": StackWorld.resource("AWS::IAM::Role")]
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().deploy(world.template(role)) { _ in }
      }
      #expect(failure?.hint.contains("'capabilities'") == true)
      let settings = StackSettings(capabilities: ["CAPABILITY_IAM"], tags: ["team": "a"])
      _ = try await world.stack().deploy(world.template(role, settings: settings)) { _ in }
      let tags = try server.python(
        "print(cf.describe_stacks(StackName='shop')['Stacks'][0]['Tags'])")
      #expect(tags == "[{'Key': 'team', 'Value': 'a'}]")
    }
  }
}
