import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

@Suite("Looking names up in a stack", .waiting)
struct StackLookupTests {
  private let stack: FakeCloudStack
  private let world: FakeWorld

  init() throws {
    stack = FakeCloudStack(try ResourceURL("fakecloud://region/blue"))
    world = try FakeWorld(providers: [FakeCloudStack.provider([stack])])
    func resource(
      _ path: [String], _ id: String, _ name: String, _ type: String = "AWS::DynamoDB::Table"
    ) -> StackResource {
      StackResource(path: path, logicalID: id, physicalID: name, type: type)
    }
    let storage = ["StorageResourcesBuilderNestedStackStorageResourcesBuilderNestedStackRes0A1B"]
    stack.set { state in
      state.found = StackDescription(state: .healthy, outputs: [:], resources: [])
      state.contents = StackContents(
        resources: [
          resource(storage, "AssetVersionsStorageTable1A2B3C4D", "versions-one"),
          resource(storage, "AssetVersionsStorageTableV21A2B3C4D", "versions-two"),
          resource(storage, "AssetLinksStorageTableV22FFFFFFFF", "links"),
          resource(["ApiNestedStackX"], "Handler1A2B3C4D", "api-fn", "AWS::Lambda::Function"),
          resource(
            ["ApiBuilderNestedStackX"], "Handler5E6F7A8B", "builder-fn", "AWS::Lambda::Function"),
          resource(["ApiBuilderNestedStackX"], "Handler5E6F7A8C", "builder-role", "AWS::IAM::Role"),
          resource([], "Plain", "plain-name", "AWS::S3::Bucket"),
        ],
        outputs: [
          StackOutput(path: [], key: "AuthCognitoUserPoolId", value: "pool"),
          StackOutput(path: storage, key: "AssetBucketNameOutput0", value: "inner-bucket"),
          StackOutput(path: ["Search"], key: "ReindexerFunctionNameOutput1A2B3C4D", value: "fn"),
          StackOutput(path: ["One"], key: "Twice", value: "1"),
          StackOutput(path: ["Two"], key: "Twice", value: "2"),
        ])
    }
  }

  private func rig(_ inputs: String) throws -> ActionRig {
    try ActionRig(
      ActionDescriptor(StackLookup.self), "{stack: 'fakecloud://region/blue', \(inputs)}",
      in: world.site())
  }

  private func outputs(_ inputs: String) async throws -> [String: String] {
    let rig = try rig(inputs)
    let plan = try await rig.plan()
    #expect(plan.changes.isEmpty && plan.isReversible)
    return try await rig.apply().outputs
  }

  private func problem(_ inputs: String) async throws -> String {
    let failure = try await #require(throws: Failure.self) { try await rig(inputs).plan() }
    #expect(failure.kind == .refused)
    return failure.summary
  }

  @Test("a construct is found by its id and exactly eight digits, not by what only begins so")
  func constructs() async throws {
    #expect(
      try await outputs(
        """
        find: {one: 'AssetVersionsStorageTable', two: 'AssetVersionsStorageTableV2',
               links: 'AssetLinksStorageTableV2.2', plain: 'Plain',
               whole: 'AssetVersionsStorageTable1A2B3C4D'}
        """) == [
          "one": "versions-one", "two": "versions-two", "links": "links", "plain": "plain-name",
          "whole": "versions-one",
        ])
  }

  @Test("type and nested stack tell namesakes apart; Api is not ApiBuilder")
  func tellsApart() async throws {
    #expect(
      try await outputs(
        """
        find: {a: {construct: 'Handler', in: 'Api'},
               b: {construct: 'Handler', in: 'ApiBuilder', type: 'Function'},
               c: {construct: 'Handler', type: 'AWS::IAM::Role'}}
        """) == ["a": "api-fn", "b": "builder-fn", "c": "builder-role"])
  }

  @Test("outputs are found in both spellings, and in nested stacks")
  func findsOutputs() async throws {
    #expect(
      try await outputs(
        """
        outputsOf: {a: 'AuthCognito_UserPoolId', b: 'AuthCognitoUserPoolId',
                    c: 'AssetBucketNameOutput0', d: 'ReindexerFunctionNameOutput'}
        """) == ["a": "pool", "b": "pool", "c": "inner-bucket", "d": "fn"])
  }

  @Test("what is missing or ambiguous is refused, all at once, naming what there is")
  func refuses() async throws {
    let summary = try await problem(
      """
      find: {a: 'Handler', b: 'AssetVersions', c: 'Nothing'},
      outputsOf: {d: 'Twice', e: 'Nowhere'}
      """)
    #expect(summary.contains("a: 'Handler' means ApiNestedStackX/Handler1A2B3C4D"))
    #expect(summary.contains("b: there is no 'AssetVersions'; there is "))
    #expect(summary.contains("AssetVersionsStorageTableV21A2B3C4D"))
    #expect(summary.contains("c: there is no 'Nothing'"))
    #expect(summary.contains("d: the output 'Twice' is in One/Twice, Two/Twice"))
    #expect(summary.contains("e: there is no output 'Nowhere'"))
  }

  @Test("a stack that is not there is refused, but not by a preview")
  func absent() async throws {
    stack.set { $0.found = nil }
    #expect(try await problem("find: {a: 'Plain'}").contains("is not there"))
    world.setPreview(true)
    _ = try await rig("find: {a: 'Plain'}").plan()
  }

  @Test("looking for nothing, twice for one name, or in a plain stack is refused at once")
  func refusesInput() throws {
    for inputs in ["find: {}", "find: {a: 'Plain'}, outputsOf: {a: 'Twice'}"] {
      #expect(throws: Failure.self) { try rig(inputs) }
    }
    #expect(throws: Failure.self) {
      try ActionRig(
        ActionDescriptor(StackLookup.self), "{stack: 'fakestack://a', find: {a: 'Plain'}}",
        in: world.site())
    }
  }
}
