import Foundation
import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// Environments of a Lambda that takes its time and counts revisions, and of moto's.
@Suite("Environments of functions", .waiting)
struct FunctionEnvironmentTests {
  struct State {
    var variables: [String: String] = [:]
    var revision = 1
    var looks = 0
    var ending = "Successful"
    var status = "Successful"
    /// Changed by somebody else right before the next update.
    var rival: [String: String]?
    var errors: [CloudFailure] = []
    var updates = 0
    var isGone = false
  }

  private final class Lambda: Sendable {
    let state = Mutex(State())

    func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    var variables: [String: String] { state.withLock { $0.variables } }
    var updates: Int { state.withLock { $0.updates } }

    var cloud: ScriptedCloud {
      ScriptedCloud { [self] (call) throws(CloudFailure) in
        let result = state.withLock { state -> Result<JSONValue, CloudFailure> in
          if state.isGone { return .failure(ScriptedCloud.error("ResourceNotFoundException")) }
          return call.operation == "GetFunctionConfiguration"
            ? .success(Self.get(&state)) : Self.update(call.input, &state)
        }
        return try result.get()
      }
    }

    private static func get(_ state: inout State) -> JSONValue {
      if state.looks > 0 {
        state.looks -= 1
        if state.looks == 0 { state.status = state.ending }
      }
      let members = state.variables.map { JSONValue.Member($0.key, .string($0.value)) }
      return [
        "FunctionName": "f", "RevisionId": .string("r\(state.revision)"),
        "LastUpdateStatus": .string(state.status), "LastUpdateStatusReason": "why",
        "Environment": ["Variables": .object(members)],
      ]
    }

    private static func update(
      _ input: JSONValue, _ state: inout State
    ) -> Result<JSONValue, CloudFailure> {
      if !state.errors.isEmpty { return .failure(state.errors.removeFirst()) }
      if let rival = state.rival {
        state.variables.merge(rival) { $1 }
        state.revision += 1
        state.rival = nil
      }
      guard input["RevisionId"]?.string == "r\(state.revision)" else {
        return .failure(ScriptedCloud.error("PreconditionFailedException"))
      }
      state.updates += 1
      state.revision += 1
      state.variables = [:]
      for member in input["Environment"]?["Variables"]?.members ?? [] {
        state.variables[member.name] = member.value.string
      }
      state.status = "InProgress"
      state.looks = 2
      return .success([:])
    }
  }

  private static let changes = """
    set: {DISABLE_ALL_TRAFFIC: 'false', KEY: '${secret:env:KEY}'}, remove: ['OLD'],
    replace: {TABLE: {from: 'exp-alpha', to: 'exp-beta'}}
    """

  private let lambda = Lambda()
  private let stage: ScriptedStage

  init() throws {
    stage = try ScriptedStage(lambda.cloud)
    stage.world.setSecret("env:KEY", "hunter22-value")
    lambda.set {
      $0.variables = [
        "TABLE": "efcms-exp-alpha", "OLD": "old-value", "OTHER": "other-secret",
        "DISABLE_ALL_TRAFFIC": "true",
      ]
    }
  }

  private func rig(_ input: String = Self.changes, journal: ActionJournal = ActionJournal())
    throws -> ActionRig
  { try stage.rig(FunctionEnvironment.self, "{function: 'f', \(input)}", journal: journal) }

  @Test("named variables change, all others stay, and only names are kept")
  func merges() async throws {
    let rig = try rig()
    let plan = try await rig.plan()
    #expect(
      plan.changes == [
        "change DISABLE_ALL_TRAFFIC, KEY, OLD, TABLE in the environment of the function f"
      ])
    let report = try await rig.apply()
    let now = [
      "TABLE": "efcms-exp-beta", "OTHER": "other-secret", "DISABLE_ALL_TRAFFIC": "false",
      "KEY": "hunter22-value",
    ]
    #expect(lambda.variables == now)
    #expect(try await rig.verify().isPassed)
    try await rig.apply()
    #expect(lambda.updates == 1)
    let kept = "\(plan) \(report) \(rig.journal.checkpoint ?? "") \(rig.journal.notes)"
    for value in ["hunter22", "old-value", "other-secret", "efcms-exp"] {
      #expect(!kept.contains(value))
    }
    let path = "\(stage.world.site().workFolder)/former-variables.json"
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    #expect(try !String(contentsOfFile: path, encoding: .utf8).contains("other-secret"))
    try await rig.undo()
    #expect(
      lambda.variables == [
        "TABLE": "efcms-exp-alpha", "OLD": "old-value", "OTHER": "other-secret",
        "DISABLE_ALL_TRAFFIC": "true",
      ])
  }

  @Test("what somebody else changes at the same time is not lost, nor put back")
  func rivals() async throws {
    lambda.set { $0.rival = ["OTHER": "rival"] }
    let rig = try rig()
    try await rig.apply()
    #expect(lambda.variables["OTHER"] == "rival" && lambda.updates == 1)
    lambda.set { $0.variables["TABLE"] = "efcms-exp-gamma" }
    try await rig.undo()
    #expect(lambda.variables["TABLE"] == "efcms-exp-gamma")
    #expect(lambda.variables["DISABLE_ALL_TRAFFIC"] == "true" && lambda.variables["KEY"] == nil)
    #expect(rig.journal.notes.last?.hasPrefix("TABLE in the environment of the") == true)
    // Nothing is left to undo, and a function that is gone is not missed.
    lambda.set { $0.isGone = true }
    try await rig.undo()
  }

  @Test(
    "killed right after the update, the next process changes nothing twice and knows the former")
  func killed() async throws {
    let journal = ActionJournal()
    lambda.set { $0.ending = "InProgress" }
    let rig = try rig("\(Self.changes), within: '10s'", journal: journal)
    await #expect(throws: Failure.self) { try await rig.apply() }
    lambda.set {
      $0.status = "Successful"
      $0.ending = "Successful"
    }
    journal.forgetCheckpoint()
    try await self.rig(journal: journal).apply()
    #expect(lambda.updates == 1)
    try await self.rig(journal: journal).undo()
    #expect(lambda.variables["OLD"] == "old-value" && lambda.variables["KEY"] == nil)
  }

  @Test("failed updates and refusals are told, without any value")
  func failures() async throws {
    lambda.set { $0.ending = "Failed" }
    let failed = try await #require(throws: Failure.self) { try await rig().apply() }
    #expect(failed.summary == "the update of the environment of the function f failed: why")
    lambda.set { state in
      state.status = "Successful"
      state.variables = ["TABLE": "other"]
    }
    let absent = try await #require(throws: Failure.self) {
      try await stage.rig(
        FunctionEnvironment.self,
        "{function: 'f', replace: {TABLE: {from: 'exp-alpha', to: 'exp-beta'}}}", step: "b"
      ).plan()
    }
    #expect(absent.kind == .refused && absent.summary.contains("holds neither"))
    lambda.set {
      $0.errors = [
        ScriptedCloud.error(
          "InvalidParameterValueException",
          "the value other is bad; exceeded the 4KB limit. String measured: {'A':'secret-thing'}")
      ]
    }
    let large = try await #require(throws: Failure.self) {
      try await stage.rig(
        FunctionEnvironment.self, "{function: 'f', set: {A: 'long-value'}}", step: "c"
      ).apply()
    }
    #expect(!large.summary.contains("secret-thing") && large.summary.contains("4KB limit"))
    #expect(!large.summary.contains("value other"))
    lambda.set { $0.isGone = true }
    let gone = try await #require(throws: Failure.self) { try await rig().plan() }
    #expect(gone.summary == "there is no function f")
    #expect(throws: Failure.self) { try rig("set: {A: '1'}, remove: ['A']") }
  }

  @Test("against moto: one variable changes, and the variable tells which table is live")
  func moto() async throws {
    let server = try MotoServer.shared()
    let stage = try CloudStage(server.environment)
    _ = try server.python(
      LambdaMaking.script + "make('env-api', {'TABLE': 'exp-alpha', 'B': '2'}, 'us-west-1')")
    let rig = try stage.rig(
      FunctionEnvironment.self,
      "{function: 'env-api', region: 'us-west-1', set: {TABLE: 'exp-beta', C: '3'}}")
    try await rig.apply()
    func variables() throws -> String {
      try server.python(
        """
        lam = client('lambda', region_name='us-west-1')
        found = lam.get_function_configuration(FunctionName='env-api')
        print(sorted(found['Environment']['Variables'].items()))
        """)
    }
    #expect(try variables() == "[('B', '2'), ('C', '3'), ('TABLE', 'exp-beta')]\n")
    let site = stage.world.site()
    func read(_ function: String, _ variable: String) async throws -> FunctionVariable.Reading {
      let place = FunctionVariable(function: function, region: "us-west-1", variable: variable)
      return try await place.reading(CloudAccount(), in: site)
    }
    #expect(try await read("env-api", "TABLE") == .value("exp-beta"))
    #expect(try await read("env-api", "NONE") == .noVariable)
    #expect(try await read("env-none", "TABLE") == .noFunction)
    try await rig.undo()
    #expect(try variables() == "[('B', '2'), ('TABLE', 'exp-alpha')]\n")
  }
}
