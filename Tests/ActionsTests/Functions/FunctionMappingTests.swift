import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// Mappings with all their states, which moto has not, and one of moto's own.
@Suite("Event source mappings", .waiting)
struct FunctionMappingTests {
  /// One mapping that takes two looks to change, in the second of two pages.
  private final class Lambda: Sendable {
    struct State {
      var uuid = "u-1"
      var now = "Enabled"
      var next = "Enabled"
      var looks = 0
      var busy = 0
      var more: [JSONValue] = []
      var isDenied = false
    }
    let state = Mutex(State())

    func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    var now: String { state.withLock { $0.now } }

    var cloud: ScriptedCloud {
      ScriptedCloud { [self] (call) throws(CloudFailure) in
        let result = state.withLock { state -> Result<JSONValue, CloudFailure> in
          if state.isDenied { return .failure(ScriptedCloud.error("AccessDeniedException")) }
          return call.operation == "UpdateEventSourceMapping"
            ? Self.update(call, &state) : .success(Self.list(call, &state))
        }
        return try result.get()
      }
    }

    private static func list(_ call: ScriptedCloud.Call, _ state: inout State) -> JSONValue {
      guard call.path.contains("Marker=page2") else {
        return ["EventSourceMappings": [], "NextMarker": "page2"]
      }
      if state.looks > 0 {
        state.looks -= 1
        if state.looks == 0 { state.now = state.next }
      }
      return [
        "EventSourceMappings": .array(
          [
            [
              "UUID": .string(state.uuid), "State": .string(state.now),
              "EventSourceArn": "arn:aws:dynamodb:us-east-1:1:table/efcms-exp-beta/stream/1",
              "StartingPosition": "TRIM_HORIZON",
            ]
          ] + state.more)
      ]
    }

    private static func update(
      _ call: ScriptedCloud.Call, _ state: inout State
    ) -> Result<JSONValue, CloudFailure> {
      if state.busy > 0 || state.now.hasSuffix("ing") {
        state.busy -= 1
        return .failure(ScriptedCloud.error("ResourceInUseException"))
      }
      guard call.path.hasSuffix("/\(state.uuid)") else {
        return .failure(ScriptedCloud.error("ResourceNotFoundException"))
      }
      let isOn = call.input["Enabled"]?.bool == true
      state.now = isOn ? "Enabling" : "Disabling"
      state.next = isOn ? "Enabled" : "Disabled"
      state.looks = 3
      return .success([:])
    }
  }

  private let lambda = Lambda()
  private let cloud: ScriptedCloud
  private let stage: ScriptedStage

  init() throws {
    cloud = lambda.cloud
    stage = try ScriptedStage(cloud)
  }

  private func rig(_ more: String = "enabled: false", journal: ActionJournal = ActionJournal())
    throws -> ActionRig
  {
    try stage.rig(
      FunctionMappingStep.self, "{function: 'streams_exp_green', region: 'us-east-1', \(more)}",
      journal: journal)
  }

  @Test("it waits for Disabled, not for Disabling, and undo for Enabled again")
  func states() async throws {
    lambda.set { $0.busy = 2 }
    let rig = try rig("enabled: false, startingAt: 'LATEST'")
    let plan = try await rig.plan()
    #expect(plan.changes == ["disable the event source mapping of streams_exp_green"])
    let report = try await rig.apply()
    #expect(report.outputs == ["uuid": "u-1", "state": "Disabled"])
    #expect(report.notes.first?.contains("began at TRIM_HORIZON, not at LATEST") == true)
    #expect(rig.journal.readings.contains { $0.waitingFor?.contains("Disabling") == true })
    #expect(try await rig.verify().isPassed)
    let updates = cloud.seen("UpdateEventSourceMapping").count
    #expect(updates == 3)
    try await rig.apply()
    #expect(cloud.seen("UpdateEventSourceMapping").count == updates)
    try await rig.undo()
    #expect(lambda.now == "Enabled")
  }

  @Test("one that is off already is left alone, and by undo too")
  func already() async throws {
    lambda.set { $0.now = "Disabled" }
    let rig = try rig()
    #expect(try await rig.plan().changes.isEmpty)
    try await rig.apply()
    try await rig.undo()
    #expect(lambda.now == "Disabled" && cloud.seen("UpdateEventSourceMapping").isEmpty)
  }

  @Test("one that is still being made is waited for, and put back as it then was")
  func creating() async throws {
    lambda.set {
      $0.now = "Creating"
      $0.next = "Enabled"
      $0.looks = 4
    }
    let rig = try rig()
    _ = try await rig.plan()
    try await rig.apply()
    #expect(lambda.now == "Disabled")
    try await rig.undo()
    #expect(lambda.now == "Enabled")
  }

  @Test("none, several and a list that may not be read are three different answers")
  func exactlyOne() async throws {
    let none = try await #require(throws: Failure.self) {
      try await rig("enabled: true, source: 'efcms-exp-alpha'").plan()
    }
    #expect(none.kind == .permanent && none.summary.hasPrefix("there is no such thing"))
    lambda.set {
      $0.more = [["UUID": "u-2", "State": "Enabled", "EventSourceArn": "arn:aws:sqs:x:1:q"]]
    }
    let several = try await #require(throws: Failure.self) { try await rig().plan() }
    #expect(several.kind == .refused && several.summary.contains("u-2 (arn:aws:sqs:x:1:q"))
    _ = try await rig("enabled: true, source: 'table/efcms-exp-beta/'").plan()
    lambda.set { $0.isDenied = true }
    let denied = try await #require(throws: Failure.self) { try await rig().plan() }
    #expect(denied.kind == .refused && denied.summary.contains("AccessDenied"))
  }

  @Test("a mapping whose state is not told is not passed over: it may be the second one")
  func stateless() async throws {
    let queue: JSONValue = ["UUID": "u-2", "EventSourceArn": "arn:aws:sqs:x:1:q"]
    lambda.set { $0.more = [queue] }
    let rig = try rig("enabled: false, within: '1m'")
    let failure = try await #require(throws: Failure.self) { try await rig.plan() }
    #expect(failure.isTransient && failure.summary.hasSuffix("the state of one of them, u-2"))
    // Another source's is none of its business.
    let other = try self.rig("enabled: false, source: 'table/efcms-exp-beta/'")
    _ = try await other.plan()
    lambda.set { $0.more = [["State": "Enabled", "EventSourceArn": "arn:aws:sqs:x:1:q"]] }
    let nameless = try await #require(throws: Failure.self) { try await rig.plan() }
    #expect(nameless.isTransient)
    lambda.set { $0.more = [] }
    _ = try await rig.plan()
    lambda.set { $0.more = [queue] }
    let late = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(late.summary.contains("does not tell the state"))
    #expect(lambda.now == "Enabled" && cloud.seen("UpdateEventSourceMapping").isEmpty)
    guard case .inconclusive = try await rig.verify() else {
      Issue.record("what cannot be told was judged")
      return
    }
  }

  @Test("one that was made anew is told, and not turned on by undo")
  func anew() async throws {
    let rig = try rig()
    _ = try await rig.plan()
    try await rig.apply()
    lambda.set { $0.uuid = "u-9" }
    guard case .inconclusive(let text) = try await rig.verify() else {
      Issue.record("a mapping made anew passed")
      return
    }
    #expect(text.contains("it was u-1 and is u-9") && text.contains("TRIM_HORIZON"))
    try await rig.undo()
    #expect(lambda.now == "Disabled")
    #expect(rig.journal.notes.first?.contains("left alone") == true)
    #expect(try await rig.apply().notes.first?.contains("it was u-1 and is u-9") == true)
  }

  @Test("one that does not settle in time fails with its state")
  func late() async throws {
    lambda.set { $0.now = "Updating" }
    let rig = try rig("enabled: false, within: '1m'")
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("is not disabled in time: Updating"))
    try await stage.clock.sleep(for: .seconds(3600))
    let begin = stage.clock.now()
    await #expect(throws: Failure.self) { try await rig.apply() }
    #expect(stage.clock.now() == begin)
    // A person who tries again gives it as long again.
    rig.journal.retry(at: begin)
    lambda.set {
      $0.looks = 4
      $0.next = "Disabled"
    }
    try await rig.apply()
    #expect(lambda.now == "Disabled")
  }

  @Test("against moto: the mapping of a queue is turned off and on again")
  func moto() async throws {
    let server = try MotoServer.shared()
    let stage = try CloudStage(server.environment)
    _ = try server.python(LambdaMaking.script + "make('map-indexer', {})\nmapped('map-indexer')")
    let rig = try stage.rig(
      FunctionMappingStep.self, "{function: 'map-indexer', source: 'map-queue', enabled: false}")
    func state() throws -> String {
      try server.python(
        """
        lam = client('lambda')
        found = lam.list_event_source_mappings(FunctionName='map-indexer')
        print([m['State'] for m in found['EventSourceMappings']])
        """)
    }
    try await rig.apply()
    #expect(try state() == "['Disabled']\n")
    #expect(try await rig.verify().isPassed)
    try await rig.undo()
    #expect(try state() == "['Enabled']\n")
  }
}

/// Functions of moto, made with boto3.
///
/// Without a container moto keeps functions elsewhere, so all tests that share it must say so.
enum LambdaMaking {
  static let script = """
    import io, urllib.request, zipfile
    urllib.request.urlopen(urllib.request.Request(
        client('lambda').meta.endpoint_url + '/moto-api/config',
        json.dumps({'lambda': {'use_docker': False}}).encode(), method='POST',
        headers={'Content-Type': 'application/json'}))
    def package():
        held = io.BytesIO()
        with zipfile.ZipFile(held, 'w') as z: z.writestr('f.py', 'def h(e, c): return e')
        return held.getvalue()
    def make(name, variables, region='us-east-1'):
        role = client('iam').create_role(RoleName='role-' + name,
                                         AssumeRolePolicyDocument='{}')['Role']['Arn']
        client('lambda', region_name=region).create_function(
            FunctionName=name, Runtime='python3.12', Handler='f.h', Role=role,
            Code=dict(ZipFile=package()), Environment=dict(Variables=variables))
    def mapped(name):
        sqs = client('sqs')
        url = sqs.create_queue(QueueName='map-queue')['QueueUrl']
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])
        client('lambda').create_event_source_mapping(
            EventSourceArn=arn['Attributes']['QueueArn'], FunctionName=name)

    """
}
