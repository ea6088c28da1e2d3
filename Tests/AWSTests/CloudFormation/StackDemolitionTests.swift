import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("The end of a CloudFormation stack", .waiting)
struct StackDemolitionTests {
  private static func bucket(
    items: Int, _ more: [String: JSONValue] = [:], key: String? = nil
  ) -> JSONValue {
    var meta: JSONValue = ["items": JSONValue(items)]
    if let key { meta["key"] = .string(key) }
    return StackWorld.resource("AWS::S3::Bucket", [:], more.merging(["Metadata": meta]) { $1 })
  }

  private static let full: [String: JSONValue] = [
    "Orders": StackWorld.table(["Metadata": ["items": 7]]),
    "Assets": bucket(items: 3, ["DeletionPolicy": "Retain"]),
    "Web": bucket(items: 2),
    "Inner": StackWorld.nested([
      "Deep1A2B3C4D": StackWorld.table(["Metadata": ["items": 5]]),
      "Logs": bucket(items: 0, ["DeletionPolicy": "RetainExceptOnCreate"]),
    ]),
  ]

  @Test("a survey tells what goes, what stays and what holds data, in nested stacks too")
  func surveys() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(Self.full)) { _ in }
      let survey = try #require(try await world.stack().survey(StackDemolition()))
      #expect(survey.retained.map(\.name).sorted() == ["Assets", "Inner/Logs"])
      #expect(
        survey.deleted.map(\.name).sorted() == ["Inner", "Inner/Deep1A2B3C4D", "Orders", "Web"])
      let data = survey.data.joined(separator: "\n")
      #expect(data.contains("holds about 7 items and is deleted at once"))
      #expect(data.contains("holds about 5 items and is deleted at once"))
      #expect(data.contains("holds 3 object versions and stays"))
      #expect(data.contains("holds 2 object versions and must be empty to go"))
      #expect(survey.warnings.contains { $0.contains("name Web in emptyBuckets") })
      #expect(survey.obstacles.isEmpty)
    }
  }

  @Test("a bucket that stays though its key goes is warned of")
  func warnsOfKeys() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(
        world.template([
          "Key": StackWorld.resource("AWS::KMS::Key"),
          "Assets": Self.bucket(items: 1, ["DeletionPolicy": "Retain"], key: "Key"),
          "Other": Self.bucket(items: 1, ["DeletionPolicy": "Retain"], key: "elsewhere"),
        ])
      ) { _ in }
      let survey = try #require(try await world.stack().survey(StackDemolition()))
      #expect(survey.warnings.filter { $0.contains("cannot be read any more") }.count == 1)
    }
  }

  @Test("protection and exports in use stand in the way")
  func namesObstacles() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(
        world.template(
          ["Queue": StackWorld.queue],
          outputs: ["Name": ["Value": ["Ref": "Queue"], "Export": ["Name": "shared-queue"]]])
      ) { _ in }
      #expect(try await world.stack().survey(StackDemolition())?.obstacles.isEmpty == true)
      _ = try server.python(
        """
        import urllib.request, os
        url = os.environ["AWS_ENDPOINT_URL"]
        urllib.request.urlopen(url, b"Action=_put&imports=shared-queue&by=billing").read()
        cf.update_termination_protection(StackName="shop", EnableTerminationProtection=True)
        """)
      let obstacles = try #require(try await world.stack().survey(StackDemolition())?.obstacles)
      #expect(obstacles.contains { $0.contains("disableProtection") })
      #expect(obstacles.contains { $0.contains("shared-queue is in use by billing") })
      let failure = await #expect(throws: Failure.self) { try await world.stack().destroy { _ in } }
      #expect(failure?.kind == .refused)
      #expect(try server.calls("DeleteStack").isEmpty)
      let wishes = StackDemolition(disablesProtection: true)
      let survey = try #require(try await world.stack().survey(wishes))
      try await world.stack().destroy(survey, wishes, watch: world.watch)
      #expect(try await world.stack().description() == nil)
    }
  }

  @Test("buckets are emptied only where asked for, and what stays is left as it was")
  func empties() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(Self.full)) { _ in }
      let wishes = StackDemolition(emptyBuckets: ["Web"])
      let survey = try #require(try await world.stack().survey(wishes))
      try await world.stack().destroy(survey, wishes, watch: world.watch)
      #expect(try await world.stack().description() == nil)
      #expect(try await world.stack().leftovers(of: survey).isEmpty)
      let assets = try #require(survey.retained.first { $0.name == "Assets" }?.physicalID)
      let left = try server.python(
        """
        s3 = boto3.client("s3")
        print(len(s3.list_object_versions(Bucket="\(assets)").get("Versions", [])))
        """)
      #expect(left == "3")
      #expect(world.history.lines.contains { $0.contains("2 object versions were deleted") })
    }
  }

  @Test("what cannot be deleted is named with its reason, after a second try")
  func namesWhatStays() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(Self.full)) { _ in }
      let failure = await #expect(throws: Failure.self) { try await world.stack().destroy { _ in } }
      #expect(failure?.summary.contains("shop/Web (AWS::S3::Bucket) DELETE_FAILED") == true)
      #expect(failure?.summary.contains("not empty") == true)
      #expect(try server.calls("DeleteStack").count == 2)
      // Another process, later: the rest goes once the bucket may stay.
      let wishes = StackDemolition(retain: ["Web"])
      let survey = try #require(try await world.stack().survey(wishes))
      try await world.stack().destroy(survey, wishes, watch: world.watch)
      #expect(try server.calls("DeleteStack").last?["RetainResources.member.1"] == "Web")
      #expect(try await world.stack().description() == nil)
      #expect(try await world.stack().leftovers(of: survey).count == 1)
    }
  }

  @Test("what is in the way for a moment is gone with the second try")
  func triesTwice() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let shy = StackWorld.resource(
        "AWS::SQS::Queue", [:], ["Metadata": ["fail": "delete", "times": 1]])
      _ = try await world.stack().deploy(world.template(["Shy": shy])) { _ in }
      try await world.stack().destroy { _ in }
      #expect(try await world.stack().description() == nil)
    }
  }

  @Test("a nested stack stays when it can, and is left with what may stay in it")
  func retainsInNested() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let inner = StackWorld.nested(["Logs": Self.bucket(items: 1), "Queue": StackWorld.queue])
      _ = try await world.stack().deploy(world.template(["Inner": inner])) { _ in }
      let wishes = StackDemolition(retain: ["Inner/Logs"])
      let survey = try #require(try await world.stack().survey(wishes))
      try await world.stack().destroy(survey, wishes, watch: world.watch)
      #expect(try await world.stack().description() == nil)
    }
  }

  @Test("a stack made anew under the same name is another one, and a nested one is refused")
  func refusesOthers() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(Self.full)) { _ in }
      var survey = try #require(try await world.stack().survey(StackDemolition()))
      survey.id += "0"
      let failure = await #expect(throws: Failure.self) {
        try await world.stack().destroy(survey, StackDemolition(), watch: world.watch)
      }
      #expect(failure?.kind == .refused)
      let nested = try #require(
        try await world.stack().contents()?.resources.first { $0.logicalID == "Inner" }?.physicalID)
      let name = try #require(nested.split(separator: "/").dropFirst().first.map(String.init))
      let inner = try StackWorld(server.environment, name: name)
      await #expect(throws: Failure.self) { try await inner.stack().destroy { _ in } }
      #expect(try server.calls("DeleteStack").isEmpty)
    }
  }

  private static let moved: [String: JSONValue] = [
    "Inner": StackWorld.nested([
      "Web1A2B3C4D": StackWorld.resource(
        "AWS::S3::Bucket", [:], ["Metadata": ["items": 2, "owner": "stack/other"]]),
      "Helper1A2B3C4D": StackWorld.resource(
        "AWS::SQS::Queue", [:], ["Metadata": ["fail": "delete"]]),
    ])
  ]

  @Test("a bucket that is another stack's by now is neither emptied nor deleted")
  func sparesForeignBuckets() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      _ = try await world.stack().deploy(world.template(Self.moved)) { _ in }
      let bare = try #require(try await world.stack().survey(StackDemolition()))
      #expect(bare.obstacles.count == 1)
      #expect(
        bare.obstacles.first?.contains("that of stack/other by now; name Web1A2B3C4D") == true)
      let emptying = StackDemolition(emptyBuckets: ["Web"], retain: ["Web"])
      let refused = try #require(try await world.stack().survey(emptying)).obstacles
      #expect(refused.first?.contains("out of emptyBuckets") == true, "\(refused)")
      let wishes = StackDemolition(retain: ["Web", "Helper"])
      let survey = try #require(try await world.stack().survey(wishes))
      #expect(survey.obstacles.isEmpty)
      #expect(survey.warnings.contains { $0.contains("such as its policy") })
    }
  }

  @Test("what comes up only once something else was left is left too, where it may be")
  func leavesInTurns() async throws {
    try await CloudFormationEmulator.run { server in
      let world = try StackWorld(server.environment)
      let inner = StackWorld.nested([
        "Web1A2B3C4D": StackWorld.resource(
          "AWS::S3::Bucket", [:], ["Metadata": ["items": 2], "DependsOn": "Helper1A2B3C4D"]),
        "Helper1A2B3C4D": StackWorld.resource(
          "AWS::SQS::Queue", [:], ["Metadata": ["fail": "delete"]]),
      ])
      _ = try await world.stack().deploy(world.template(["Inner": inner])) { _ in }
      let wishes = StackDemolition(retain: ["Web", "Helper"])
      let survey = try #require(try await world.stack().survey(wishes))
      try await world.stack().destroy(survey, wishes, watch: world.watch)
      #expect(try await world.stack().description() == nil)
      let left = try server.calls("DeleteStack").compactMap { $0["RetainResources.member.1"] }
      #expect(left == ["Helper1A2B3C4D", "Web1A2B3C4D"])
    }
  }
}
