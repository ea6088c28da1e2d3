import Harness
import JSON
import Resources
import Rollouts
import Synchronization
import Testing

@testable import Actions

/// Moving tasks, which moto has not, and looks into a queue of moto's.
@Suite("Redriving and peeking", .waiting)
struct QueueRedriveTests {
  struct State {
    var held = 7
    var tasks: [(started: Int, status: String, looks: Int)] = []
    var ending = "COMPLETED"
    var starts: [JSONValue] = []
  }

  private final class Fake: Sendable {
    let state = Mutex(State())

    func set(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    var starts: [JSONValue] { state.withLock { $0.starts } }

    var cloud: ScriptedCloud {
      ScriptedCloud { [self] (call) throws(CloudFailure) in
        let result = state.withLock { state -> Result<JSONValue, CloudFailure> in
          switch call.operation {
          case "GetQueueUrl": return .success(["QueueUrl": call.input["QueueName"] ?? ""])
          case "StartMessageMoveTask":
            if state.tasks.last?.status == "RUNNING" {
              return .failure(ScriptedCloud.error("UnsupportedOperation", "already running"))
            }
            state.starts.append(call.input)
            state.tasks.append((100 + state.tasks.count, "RUNNING", 2))
            return .success(["TaskHandle": "h"])
          case "ListMessageMoveTasks": return .success(Self.list(&state))
          case _:
            let name = call.input["QueueUrl"]?.string ?? ""
            return .success([
              "Attributes": [
                "ApproximateNumberOfMessages": .string("\(state.held)"),
                "ApproximateNumberOfMessagesNotVisible": "0",
                "ApproximateNumberOfMessagesDelayed": "0",
                "QueueArn": .string("arn:aws:sqs:us-east-1:1:\(name)"),
              ]
            ])
          }
        }
        return try result.get()
      }
    }

    private static func list(_ state: inout State) -> JSONValue {
      if let last = state.tasks.indices.last, state.tasks[last].status == "RUNNING" {
        state.tasks[last].looks -= 1
        if state.tasks[last].looks < 0 {
          state.tasks[last].status = state.ending
          state.held = 0
        }
      }
      return [
        "Results": .array(
          state.tasks.reversed().map {
            [
              "Status": .string($0.status), "StartedTimestamp": JSONValue($0.started),
              "ApproximateNumberOfMessagesMoved": 7, "ApproximateNumberOfMessagesToMove": 7,
              "FailureReason": "AccessDenied",
            ]
          })
      ]
    }
  }

  private let fake = Fake()
  private let stage: ScriptedStage

  init() throws { stage = try ScriptedStage(fake.cloud) }

  private func rig(_ more: String = "", journal: ActionJournal = ActionJournal()) throws
    -> ActionRig
  { try stage.rig(QueueRedrive.self, "{from: 'dead', \(more)}", journal: journal) }

  @Test("the task is begun once and waited for; a former one is not taken for it")
  func moves() async throws {
    fake.set { $0.tasks = [(100, "COMPLETED", 0)] }
    let rig = try rig("to: 'segments', messagesPerSecond: 5")
    #expect(try await rig.plan().changes == ["move about 7 messages of dead"])
    #expect(try await rig.apply().outputs == ["moved": "7"])
    #expect(
      fake.starts == [
        [
          "SourceArn": "arn:aws:sqs:us-east-1:1:dead",
          "DestinationArn": "arn:aws:sqs:us-east-1:1:segments", "MaxNumberOfMessagesPerSecond": 5,
        ]
      ])
    // Another process, or another retry, finds it done.
    #expect(try await rig.apply().outputs == ["moved": "7"])
    #expect(try await self.rig().apply().outputs == ["moved": "0"])
    #expect(fake.starts.count == 1)
  }

  @Test("one that is under way is waited for, and one that fails says why")
  func failures() async throws {
    fake.set { $0.tasks = [(100, "RUNNING", 3)] }
    try await rig().apply()
    #expect(fake.starts.isEmpty)
    fake.set { state in
      state.held = 7
      state.ending = "FAILED"
    }
    let failure = try await #require(throws: Failure.self) { try await rig().apply() }
    #expect(failure.summary == "moving the messages of dead ended FAILED after 7: AccessDenied")
    // Killed right after it was begun: the next process finds the task by its time.
    fake.set { state in
      state.held = 7
      state.ending = "COMPLETED"
    }
    let journal = ActionJournal()
    journal.askToStop()
    await #expect(throws: Failure.self) { try await rig(journal: journal).apply() }
    journal.askToStop(false)
    try await rig(journal: journal).apply()
    #expect(fake.starts.count == 2)
  }

  @Test("against moto: messages are named by their keys, and stay")
  func peeks() async throws {
    let server = try MotoServer.shared()
    let stage = try CloudStage(server.environment)
    stage.world.setSecret("env:KEY", "hunter22-value")
    _ = try server.python(
      """
      sqs = client('sqs')
      dead = sqs.create_queue(QueueName='peek-dead')['QueueUrl']
      for n in range(12):
          body = dict(pk='case|%d' % n, inner=json.dumps(dict(token='hunter22-value')))
          sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(body))
      arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=['QueueArn'])
      policy = dict(deadLetterTargetArn=arn['Attributes']['QueueArn'], maxReceiveCount=3)
      sqs.create_queue(QueueName='peek-live',
                       Attributes=dict(RedrivePolicy=json.dumps(policy)))
      """)
    _ = try await stage.world.secrets.reveal("${secret:env:KEY}")
    let report = try await stage.rig(
      QueuePeek.self, "{queue: 'peek-dead', most: 11, keys: ['pk', 'inner.token', 'none']}"
    ).apply()
    #expect(report.outputs == ["count": "12", "seen": "11"])
    #expect(report.notes.count == 11)
    let text = try #require(report.notes.first)
    #expect(text.contains("received 1 times: pk case|"))
    #expect(text.contains("inner.token [secret], none missing"))
    #expect(
      try server.python(
        """
        sqs = client('sqs')
        url = sqs.get_queue_url(QueueName='peek-dead')['QueueUrl']
        print(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['All'])
              ['Attributes']['ApproximateNumberOfMessages'])
        """) == "12\n")
    let live = try await #require(throws: Failure.self) {
      try await stage.rig(QueuePeek.self, "{queue: 'peek-live'}").apply()
    }
    #expect(live.kind == .refused && live.summary.contains("nearer to its dead-letter queue"))
    #expect(
      try await stage.rig(QueuePeek.self, "{queue: 'peek-live', mayCount: true}").apply().outputs
        == ["count": "0", "seen": "0"])
  }

  @Test("after a task that failed, a retry has the messages moved anew, in a time of its own")
  func retried() async throws {
    fake.set { $0.ending = "FAILED" }
    let journal = ActionJournal()
    await #expect(throws: Failure.self) { try await rig(journal: journal).apply() }
    fake.set { state in
      state.held = 7
      state.ending = "COMPLETED"
    }
    try await stage.clock.sleep(for: .seconds(10_000))
    journal.retry(at: stage.clock.now())
    #expect(try await rig(journal: journal).apply().outputs == ["moved": "7"])
    #expect(fake.starts.count == 2)
    // One that is slow is waited for as long again.
    fake.set { $0.tasks.append((200, "RUNNING", 1000)) }
    let slow = ActionJournal()
    await #expect(throws: Failure.self) {
      try await rig("within: '1m'", journal: slow).apply()
    }
    let begin = stage.clock.now()
    slow.retry(at: begin)
    await #expect(throws: Failure.self) {
      try await rig("within: '1m'", journal: slow).apply()
    }
    #expect(stage.clock.now() - begin == .seconds(60))
    #expect(fake.starts.count == 2)
  }
}
