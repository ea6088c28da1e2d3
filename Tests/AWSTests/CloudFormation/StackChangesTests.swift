import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("Changes of a CloudFormation stack", .waiting)
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

  @Test("a nested change set that cannot be found stops the plan, since it may replace anything")
  func needsNestedSets() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(Self.twoTables())) { _ in }
      try server.fail("DescribeChangeSet", "ChangeSetNotFound", "does not exist", about: "-n/")
      let failure = await #expect(throws: Failure.self) {
        try await prepared(world, Self.twoTables(nested: "number"))
      }
      #expect(failure?.isTransient == true)
      #expect(failure?.summary.contains("the nested stack Storage cannot be found") == true)
      let found = try await prepared(world, Self.twoTables(nested: "number"))
      #expect(found.changes.contains { $0.kind == .replace })
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

  /// What a preview of a step left when it was killed: a change set, and its stack if that is new.
  private static let killed = """
    def leave(stack, name, kind, resources):
        body = {"Resources": {r: {"Type": "AWS::SQS::Queue"} for r in resources}}
        cf.create_change_set(StackName=stack, ChangeSetName=name, ChangeSetType=kind,
            TemplateBody=json.dumps(body))
        return cf.describe_change_set(ChangeSetName=name, StackName=stack)["Status"]
    def settle(stack, name):
        while leave_status(stack, name) not in ("CREATE_COMPLETE", "FAILED"): pass
    def leave_status(stack, name):
        return cf.describe_change_set(ChangeSetName=name, StackName=stack)["Status"]
    def sets(stack):
        found = []
        for page in cf.get_paginator("list_change_sets").paginate(StackName=stack):
            found += [s["ChangeSetName"] for s in page["Summaries"]]
        return sorted(found)

    """

  @Test("what a killed preview left of a new stack is in nobody's way, and goes with the next look")
  func clearsKilledCreation() async throws {
    for isRun in [false, true] {
      try await CloudFormationEmulator.run { server in
        let world = try StackWorld(server.environment)
        _ = try server.python(
          Self.killed + "leave('shop', 'cutover-preview-other-step-1', 'CREATE', ['Queue'])")
        #expect(try await world.stack().description() == nil)
        let template = try world.template(["Queue": StackWorld.queue])
        if isRun {
          let plan = try await world.stack().prepare(template, isKept: true)
          _ = try await world.stack().deploy(template, as: plan, watch: world.watch)
          #expect(
            try server.python(Self.killed + "print(sets('shop'))").contains("preview") == false)
        } else {
          let lines = try await world.stack(step: "preview-deploy").changes(template)
          #expect(lines == ["add Queue (AWS::SQS::Queue)"])
          #expect(throws: HarnessError.self) { try server.python(Self.killed + "sets('shop')") }
        }
      }
    }
  }

  @Test("a killed preview's change set on a stack that is there goes with the next look")
  func clearsKilledUpdate() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(["Queue": StackWorld.queue])) { _ in }
      _ = try server.python(
        Self.killed + """
          leave('shop', 'cutover-preview-a-1', 'UPDATE', ['Queue', 'Old'])
          settle('shop', 'cutover-preview-a-1')
          leave('shop', 'cutover-r7-deploy-1', 'UPDATE', ['Queue', 'Theirs'])
          leave('shop', 'by-others', 'UPDATE', ['Queue', 'Theirs'])
          leave('shop', 'cutover-preview-b-2', 'UPDATE', ['Queue', 'Pending'])
          """)
      let more: [String: JSONValue] = ["Queue": StackWorld.queue, "Second": StackWorld.queue]
      _ = try await world.stack(step: "preview-deploy").changes(try world.template(more))
      let left = try server.python(Self.killed + "print(*sets('shop'))").split(separator: " ")
      // One that is only just being made may be somebody's who waits for it.
      #expect(
        left.filter { !$0.hasPrefix("cutover-r1-") }
          == ["by-others", "cutover-preview-b-2", "cutover-r7-deploy-1"])
    }
  }

  @Test("a preview leaves alone what another rollout prepared on a stack that is not there yet")
  func sparesPreparations() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let template = try world.template(["Queue": StackWorld.queue])
      let plan = try await world.stack(step: "r1-deploy").prepare(template, isKept: true)
      _ = try await world.stack(step: "preview-deploy").changes(template)
      #expect(try server.python(Self.killed + "print(len(sets('shop')))") == "1")
      _ = try await world.stack(step: "r1-deploy").deploy(template, as: plan, watch: world.watch)
      let executed = try server.calls("ExecuteChangeSet").map { $0["ChangeSetName"] }
      #expect(executed == [plan.id])
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
