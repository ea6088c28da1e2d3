import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// Segments for an SQS that loses entries, and for moto's.
@Suite("Filling a queue with segments", .waiting)
struct QueueSegmentsTests {
  /// Takes what it is sent, but for what the test has it refuse or lose at first.
  private final class Queue: Sendable {
    struct State {
      var bodies: [String] = []
      var failed: Set<String> = []
      var lost: Set<String> = []
      var faults: Set<String> = []
      var held = 0
      var purges = 0
    }
    let state = Mutex(State())

    func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    var bodies: [String] { state.withLock { $0.bodies } }
    var purges: Int { state.withLock { $0.purges } }

    var cloud: ScriptedCloud {
      ScriptedCloud { [self] (call) throws(CloudFailure) in
        switch call.operation {
        case "GetQueueUrl": return ["QueueUrl": "https://sqs/1/segments"]
        case "GetQueueAttributes":
          let count = state.withLock { $0.held + $0.bodies.count }
          return [
            "Attributes": [
              "ApproximateNumberOfMessages": .string("\(count)"),
              "ApproximateNumberOfMessagesNotVisible": "0",
              "ApproximateNumberOfMessagesDelayed": "0", "QueueArn": "arn:aws:sqs:us-east-1:1:q",
            ]
          ]
        case "PurgeQueue":
          set { state in
            state.bodies = []
            state.purges += 1
          }
          return [:]
        case _: return state.withLock { Self.send(call.input, &$0) }
        }
      }
    }

    private static func send(_ input: JSONValue, _ state: inout State) -> JSONValue {
      var taken: [JSONValue] = []
      var refused: [JSONValue] = []
      for entry in input["Entries"]?.elements ?? [] {
        let id = entry["Id"]?.string ?? ""
        if state.faults.contains(id) {
          refused.append(["Id": .string(id), "SenderFault": true, "Code": "InvalidMessage"])
        } else if state.failed.remove(id) != nil {
          refused.append(["Id": .string(id), "SenderFault": false, "Code": "InternalError"])
        } else if state.lost.remove(id) == nil {
          taken.append(["Id": .string(id)])
          state.bodies.append(entry["MessageBody"]?.string ?? "")
        }
      }
      return ["Successful": .array(taken), "Failed": .array(refused)]
    }
  }

  private let queue = Queue()
  private let stage: ScriptedStage

  init() throws { stage = try ScriptedStage(queue.cloud) }

  private func rig(_ segments: Int, journal: ActionJournal = ActionJournal()) throws -> ActionRig {
    try stage.rig(
      QueueSegments.self, "{queue: 'segments', segments: \(segments)}", journal: journal)
  }

  private func wanted(_ count: Int) -> Set<String> {
    Set((0..<count).map { "{\"segment\":\($0),\"totalSegments\":\(count)}" })
  }

  @Test("entries that fail or are lost are sent again until every one is acknowledged")
  func acknowledges() async throws {
    queue.set {
      $0.failed = ["segment-3", "segment-17"]
      $0.lost = ["segment-8"]
    }
    let rig = try rig(25)
    #expect(try await rig.plan().changes == ["send 25 segments to segments"])
    let report = try await rig.apply()
    #expect(report.outputs == ["segments": "25"])
    #expect(queue.bodies.count == 25 && Set(queue.bodies) == wanted(25))
    // Not in their own order.
    #expect(queue.bodies.first != "{\"segment\":0,\"totalSegments\":25}")
    #expect(try await rig.verify().isPassed)
    try await rig.undo()
    #expect(queue.purges == 1)
  }

  @Test("killed in between, the next process goes on where batches were acknowledged")
  func resumes() async throws {
    let journal = ActionJournal()
    journal.kill(atWrite: 1, afterWriting: true)
    await #expect(throws: Failure.self) { try await rig(200, journal: journal).apply() }
    #expect(queue.bodies.count == 80)
    journal.kill(atWrite: nil, afterWriting: false)
    try await rig(200, journal: journal).apply()
    #expect(queue.bodies.count == 200 && Set(queue.bodies) == wanted(200))
    // A kill before the checkpoint sends a wave twice, and loses none.
    queue.set { $0.bodies = [] }
    let other = ActionJournal()
    other.kill(atWrite: 1, afterWriting: false)
    await #expect(throws: Failure.self) { try await rig(100, journal: other).apply() }
    other.kill(atWrite: nil, afterWriting: false)
    try await rig(100, journal: other).apply()
    #expect(queue.bodies.count == 180 && Set(queue.bodies) == wanted(100))
  }

  @Test("what SQS refuses for good fails, and what it never takes does too")
  func refused() async throws {
    queue.set { $0.faults = ["segment-2"] }
    let failure = try await #require(throws: Failure.self) { try await rig(5).apply() }
    #expect(failure.kind == .permanent && failure.summary.contains("InvalidMessage"))
    let silent = ScriptedCloud { (call) throws(CloudFailure) in
      call.operation == "GetQueueUrl"
        ? ["QueueUrl": "https://q"]
        : [
          "Attributes": [
            "ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0",
            "ApproximateNumberOfMessagesDelayed": "0",
          ]
        ]
    }
    let never = try await #require(throws: Failure.self) {
      try await ScriptedStage(silent).rig(QueueSegments.self, "{queue: 'q', segments: 3}").apply()
    }
    #expect(never.isTransient && never.summary.contains("did not acknowledge 3 segments"))
  }

  @Test("a queue that holds messages of others is not purged, and it says so")
  func sharedQueue() async throws {
    queue.set { $0.held = 2 }
    let rig = try rig(3)
    #expect(try await rig.plan().changes.last == "  it holds 2 messages already")
    try await rig.apply()
    try await rig.undo()
    #expect(queue.purges == 0 && rig.journal.notes.first?.contains("is not purged") == true)
  }

  @Test("against moto: as many segments as the table's items need, and none for none but said so")
  func moto() async throws {
    let server = try MotoServer.shared()
    let stage = try CloudStage(server.environment)
    _ = try server.python(
      """
      client('sqs').create_queue(QueueName='fill-queue')
      db = client('dynamodb')
      for name in ('fill-five', 'fill-none'):
          db.create_table(TableName=name, BillingMode='PAY_PER_REQUEST',
            AttributeDefinitions=[dict(AttributeName='pk', AttributeType='S')],
            KeySchema=[dict(AttributeName='pk', KeyType='HASH')])
      for n in range(5): db.put_item(TableName='fill-five', Item=dict(pk=dict(S=str(n))))
      """)
    func rig(_ table: String, _ more: String = "") throws -> ActionRig {
      try stage.rig(
        QueueSegments.self,
        "{queue: 'fill-queue', table: 'dynamodb://us-east-1/\(table)', segmentSize: 2, \(more)}")
    }
    let five = try rig("fill-five")
    #expect(try await five.apply().outputs == ["segments": "3"])
    let told = try server.python(
      """
      sqs = client('sqs')
      url = sqs.get_queue_url(QueueName='fill-queue')['QueueUrl']
      found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
      print(sorted(m['Body'] for m in found['Messages']))
      """)
    #expect(
      told
        == #"['{"segment":0,"totalSegments":3}', '{"segment":1,"totalSegments":3}', "#
        + #"'{"segment":2,"totalSegments":3}']"# + "\n")
    try await five.undo()
    let none = try await #require(throws: Failure.self) { try await rig("fill-none").plan() }
    #expect(none.kind == .refused && none.summary.contains("empty copy"))
    #expect(
      try await rig("fill-none", "emptyIsFine: true").apply().outputs == ["segments": "0"])
    await #expect(throws: Failure.self) { try await rig("fill-nowhere").plan() }
    #expect(
      try server.python(
        """
        sqs = client('sqs')
        url = sqs.get_queue_url(QueueName='fill-queue')['QueueUrl']
        print(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['All'])
              ['Attributes']['ApproximateNumberOfMessages'])
        """) == "0\n")
  }
}
