import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("Changes of a CloudFormation stack")
struct StackChangesTests {
  private static func twoTables(key: String = "id", nested: String = "id") -> [String: JSONValue] {
    [
      "Orders": StackWorld.table(key: key), "Queue": StackWorld.queue,
      "Storage": StackWorld.nested([
        "Assets1A2B3C4D": StackWorld.table(key: nested), "Users": StackWorld.queue,
        "Inner": StackWorld.queue,
      ]),
    ]
  }

  @Test("the plan lists every resource through nested stacks and pages, and asking makes nothing")
  func listsCreation() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let template = try world.template(Self.twoTables())
      let lines = try await world.stack().changes(template)
      #expect(
        lines.sorted() == [
          "add Orders (AWS::DynamoDB::Table)", "add Queue (AWS::SQS::Queue)",
          "add Storage (AWS::CloudFormation::Stack)",
          "add Storage/Assets1A2B3C4D (AWS::DynamoDB::Table)",
          "add Storage/Inner (AWS::SQS::Queue)", "add Storage/Users (AWS::SQS::Queue)",
        ])
      let seen = try server.python(
        """
        try: print(cf.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"])
        except Exception as e: print(e.response["Error"]["Code"])
        """)
      #expect(seen == "ValidationError")
    }
  }

  @Test("replacing a table is refused before anything is carried out, and done when agreed to")
  func refusesReplacement() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(
        world.template(Self.twoTables()), as: try await prepared(world, Self.twoTables()),
        watch: world.watch)
      let other = Self.twoTables(key: "number")
      let plan = try await prepared(world, other)
      #expect(
        plan.lines.contains { $0.hasPrefix("replace Orders (AWS::DynamoDB::Table, shop-Orders-") })
      #expect(plan.lines.contains { $0.contains("because of Properties.AttributeDefinitions") })
      #expect(plan.refused(allowing: []).map(\.allowance) == ["replace:Orders"])
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().deploy(world.template(other), as: plan, watch: world.watch)
      }
      #expect(failure?.kind == .refused)
      #expect(failure?.hint.contains("\"replace:Orders\"") == true)
      #expect(try server.calls("ExecuteChangeSet").count == 1)
      let settings = StackSettings(allow: ["replace:Orders"])
      _ = try await world.stack().deploy(
        world.template(other, settings: settings), as: try await prepared(world, other),
        watch: world.watch)
      #expect(try server.calls("ExecuteChangeSet").count == 2)
    }
  }

  @Test("a table that goes with its nested stack needs an allowance of its own")
  func refusesNestedLoss() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(Self.twoTables())) { _ in }
      var without = Self.twoTables()
      without["Storage"] = nil
      let plan = try await prepared(world, without)
      #expect(plan.refused(allowing: []).map(\.resource.name) == ["Storage/Assets1A2B3C4D"])
      #expect(plan.refused(allowing: ["remove:Assets"]).isEmpty)
      #expect(!plan.refused(allowing: ["replace:Assets", "remove:Asset"]).isEmpty)
      let changed = try await prepared(world, Self.twoTables(nested: "number"))
      #expect(
        changed.changes.filter { $0.kind == .replace }.map(\.resource.name) == [
          "Storage/Assets1A2B3C4D"
        ])
    }
  }

  @Test("the planned change set is the one that is carried out")
  func carriesOutPlanned() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let template = try world.template(Self.twoTables())
      let plan = try await world.stack().prepare(template, isKept: true)
      _ = try await world.stack().deploy(template, as: plan, watch: world.watch)
      let call = try #require(try server.calls("ExecuteChangeSet").first)
      #expect(call["ChangeSetName"] == plan.id)
      #expect(call["ClientRequestToken"]?.hasPrefix("cutover-r1-deploy-") == true)
      #expect(try server.calls("CreateChangeSet").count == 1)
      #expect(try server.calls("CreateChangeSet").first?["IncludeNestedStacks"] == "true")
    }
  }

  @Test("a stack that changed since is refused when the change would be another one")
  func refusesDrift() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(["Queue": StackWorld.queue])) { _ in }
      let wanted: [String: JSONValue] = ["Queue": StackWorld.queue, "Second": StackWorld.queue]
      let plan = try await prepared(world, wanted)
      let others: [String: JSONValue] = ["Queue": StackWorld.queue, "Theirs": StackWorld.queue]
      _ = try await world.stack(step: "someone").deploy(world.template(others)) { _ in }
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().deploy(world.template(wanted), as: plan, watch: world.watch)
      }
      #expect(failure?.kind == .refused)
      #expect(failure?.summary.contains("remove Theirs") == true)
    }
  }

  @Test("parameters that are not given keep their values, unknown ones are refused")
  func keepsParameters() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let parameters: [String: JSONValue] = ["A": ["Default": "x"], "B": ["Default": "y"]]
      func template(_ given: [String: String], _ more: [String: JSONValue] = [:]) throws
        -> StackTemplate
      {
        try world.template(
          more.merging(["Queue": StackWorld.queue]) { $1 }, parameters: parameters, given: given)
      }
      _ = try await world.stack().deploy(template(["A": "1", "B": "2"])) { _ in }
      _ = try await world.stack().deploy(template(["B": "3"])) { _ in }
      let values = try server.python(
        """
        print({p["ParameterKey"]: p["ParameterValue"]
               for p in cf.describe_stacks(StackName="shop")["Stacks"][0]["Parameters"]})
        """)
      #expect(values == "{'A': '1', 'B': '3'}")
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().deploy(template(["C": "4"])) { _ in }
      }
      #expect(failure?.summary.contains("no parameter C") == true)
    }
  }

  @Test("access denied is not taken for a stack that is not there")
  func deniedIsNotAbsent() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      try server.fail("DescribeStacks", "AccessDenied", "User is not authorized")
      let failure = await #expect(throws: Failure.self) { try await world.stack().description() }
      #expect(failure?.kind == .refused)
      #expect(try await world.stack().description() == nil)
      try server.fail("DescribeStacks", "ValidationError", "1 validation error detected")
      await #expect(throws: Failure.self) { try await world.stack().description() }
    }
  }

  @Test("a template too long for a request goes to the bucket, or names the input that it takes")
  func uploads() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let long: [String: JSONValue] = [
        "Queue": StackWorld.resource(
          "AWS::SQS::Queue", ["Note": .string(String(repeating: "x", count: 60_000))])
      ]
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().deploy(world.template(long)) { _ in }
      }
      #expect(failure?.hint.contains("templateBucket") == true)
      let settings = StackSettings(templateBucket: try ResourceURL("s3://templates/old"))
      _ = try await world.stack().deploy(world.template(long, settings: settings)) { _ in }
      let url = try #require(try server.calls("CreateChangeSet").last?["TemplateURL"])
      #expect(url.hasPrefix("https://templates.s3.us-east-1.amazonaws.com/old/cutover-templates/"))
    }
  }

  @Test("a preparation that is given up leaves neither change set nor shell")
  func discards() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let plan = try await prepared(world, ["Queue": StackWorld.queue])
      #expect(try await world.stack().description() == nil)
      let seen = "print(len(cf.list_change_sets(StackName='shop')['Summaries']))"
      #expect(try server.python(seen) == "1")
      try await world.stack().discard(plan)
      #expect(throws: HarnessError.self) { try server.python(seen) }
    }
  }

  @Test("a secret is not given to a parameter that everybody can read")
  func refusesShownSecrets() async throws {
    try await CloudFormationEmulator.run { server in
      let secrets = Secrets { (_, _) throws(Failure) in "hunter22" }
      let value = try await secrets.reveal("${secret:env:KEY}")
      let world = try StackWorld(server.environment, secrets: secrets)
      for isHidden in [false, true] {
        let template = try world.template(
          ["Queue": StackWorld.queue],
          parameters: ["Key": ["Type": "String", "NoEcho": .bool(isHidden)]], given: ["Key": value])
        if isHidden {
          _ = try await world.stack().deploy(template) { _ in }
        } else {
          let failure = await #expect(throws: Failure.self) {
            try await world.stack().deploy(template) { _ in }
          }
          #expect(failure?.hint.contains("NoEcho") == true)
        }
      }
    }
  }

  private func prepared(
    _ world: StackWorld, _ resources: [String: JSONValue]
  ) async throws -> StackChangePlan {
    try await world.stack().prepare(world.template(resources), isKept: true)
  }
}
