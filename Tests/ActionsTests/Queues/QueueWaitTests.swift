import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Queues of moto, filled and drained with boto3, under a clock that the test moves.
@Suite("Waiting for queues", .waiting)
struct QueueWaitTests {
  private let server: MotoServer

  init() throws { server = try MotoServer.shared() }

  private func stage(movesByItself: Bool) throws -> CloudStage {
    try CloudStage(server.environment, movesByItself: movesByItself)
  }

  /// Runs a script that has `sqs` and `url(name)`.
  private func python(_ script: String) throws {
    _ = try server.python(
      "sqs = client('sqs')\ndef url(name): return sqs.get_queue_url(QueueName=name)['QueueUrl']\n"
        + script)
  }

  private func makeWithDeadLetters(_ name: String) throws {
    try python(
      """
      dead = sqs.create_queue(QueueName='\(name)-dead')['QueueUrl']
      arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=['QueueArn'])
      policy = {'deadLetterTargetArn': arn['Attributes']['QueueArn'], 'maxReceiveCount': 3}
      sqs.create_queue(QueueName='\(name)', Attributes={'RedrivePolicy': json.dumps(policy)})
      sqs.send_message(QueueUrl=dead, MessageBody='old')
      """)
  }

  @Test("it waits for what waits, is in work and is delayed, and then for the quiet to last")
  func waits() async throws {
    try makeWithDeadLetters("wait-runs")
    try python(
      """
      queue = url('wait-runs')
      sqs.send_message(QueueUrl=queue, MessageBody='a')
      sqs.send_message(QueueUrl=queue, MessageBody='b')
      sqs.send_message(QueueUrl=queue, MessageBody='c', DelaySeconds=900)
      sqs.receive_message(QueueUrl=queue, VisibilityTimeout=900)
      """)
    let stage = try stage(movesByItself: false)
    let rig = try stage.rig(
      QueueWait.self, "{queue: 'wait-runs', stable: '30s', every: '10s', within: '10m'}")
    let plan = try await rig.plan()
    #expect(plan.changes.isEmpty && plan.isReversible)
    #expect(try await !rig.verify().isPassed)
    let report = Task { try await rig.apply() }
    let clock = stage.clock
    func rest() async { while clock.sleeperCount == 0 { await Task.yield() } }
    await rest()
    #expect(
      rig.journal.readings.last?.waitingFor?.contains("1 waiting, 1 in work, 1 delayed") == true)
    #expect(rig.journal.readings.contains { $0.total == 3 })
    try python("sqs.purge_queue(QueueUrl=url('wait-runs'))")
    // Empty for 20 seconds, then a late message, and the count begins anew.
    for _ in 1...3 {
      clock.advance(by: .seconds(10))
      await rest()
    }
    #expect(rig.journal.readings.last?.waitingFor?.contains("to stay empty") == true)
    try python("sqs.send_message(QueueUrl=url('wait-runs'), MessageBody='late')")
    clock.advance(by: .seconds(10))
    await rest()
    try python(
      """
      for message in sqs.receive_message(QueueUrl=url('wait-runs'))['Messages']:
          sqs.delete_message(QueueUrl=url('wait-runs'), ReceiptHandle=message['ReceiptHandle'])
      """)
    let begin = clock.now()
    for _ in 1...3 {
      clock.advance(by: .seconds(10))
      await rest()
    }
    clock.advance(by: .seconds(10))
    #expect(try await report.value.outputs == ["deadLetters": "1"])
    #expect(clock.now() - begin == .seconds(40))
    #expect(try await rig.verify().isPassed)
  }

  @Test("a message that ends in the dead-letter queue meanwhile fails the step, unless it may")
  func deadLetters() async throws {
    try makeWithDeadLetters("wait-dead")
    let stage = try stage(movesByItself: true)
    let rig = try stage.rig(QueueWait.self, "{queue: 'wait-dead'}")
    _ = try await rig.plan()
    let named = try stage.rig(
      QueueWait.self, "{queue: 'wait-runs-none', deadLetter: 'wait-dead-dead'}")
    await #expect(throws: Failure.self) { try await named.plan() }
    try python("sqs.send_message(QueueUrl=url('wait-dead-dead'), MessageBody='new')")
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .permanent)
    #expect(
      failure.summary
        == "1 messages of wait-dead ended in wait-dead-dead: they were not worked off")
    let mild = try stage.rig(QueueWait.self, "{queue: 'wait-dead', deadLetterMayGrow: true}")
    let begin = stage.clock.now()
    #expect(try await mild.apply().outputs == ["deadLetters": ""])
    #expect(stage.clock.now() - begin == .seconds(60))
  }

  @Test("dead letters that came before the wait was planned fail it by an earlier step's count")
  func deadLettersBefore() async throws {
    try makeWithDeadLetters("wait-since")
    let stage = try stage(movesByItself: true)
    let counted = try await stage.rig(QueueCount.self, "{queue: 'wait-since'}").apply()
    #expect(counted.outputs == ["count": "0", "deadLetters": "1"])
    try python("sqs.send_message(QueueUrl=url('wait-since-dead'), MessageBody='new')")
    func rig(_ before: String) throws -> ActionRig {
      try stage.rig(QueueWait.self, "{queue: 'wait-since', deadLettersBefore: '\(before)'}")
    }
    let failure = try await #require(throws: Failure.self) { try await rig("1").apply() }
    #expect(failure.summary.hasPrefix("1 messages of wait-since ended in wait-since-dead"))
    #expect(try await rig("2").apply().outputs == ["deadLetters": "2"])
    // A queue that had none when it was counted is held against what it has at the plan.
    #expect(try await rig("").apply().outputs == ["deadLetters": "2"])
    await #expect(throws: Failure.self) { try await rig("many").plan() }
    try python("sqs.create_queue(QueueName='wait-alone')")
    let alone = try await stage.rig(QueueCount.self, "{queue: 'wait-alone'}").apply()
    #expect(alone.outputs == ["count": "0", "deadLetters": ""])
  }

  @Test("what does not run dry in time fails with the counts, in the time of the first process")
  func givesUp() async throws {
    try python(
      """
      queue = sqs.create_queue(QueueName='wait-long')['QueueUrl']
      sqs.send_message(QueueUrl=queue, MessageBody='a')
      """)
    let stage = try stage(movesByItself: true)
    let journal = ActionJournal()
    let input = "{queue: 'wait-long', within: '5m'}"
    let begin = stage.clock.now()
    journal.kill(atWrite: 1, afterWriting: true)
    await #expect(throws: Failure.self) {
      try await stage.rig(QueueWait.self, input, journal: journal).apply()
    }
    journal.kill(atWrite: nil, afterWriting: false)
    try await stage.clock.sleep(for: .seconds(200))
    let failure = try await #require(throws: Failure.self) {
      try await stage.rig(QueueWait.self, input, journal: journal).apply()
    }
    #expect(
      failure.summary
        == "wait-long has not run dry in time: 1 waiting, 0 in work, 0 delayed")
    #expect(stage.clock.now() - begin == .seconds(300))
    // A retry after the deadline succeeds if the queue has run dry since, and stays so.
    try python("sqs.purge_queue(QueueUrl=url('wait-long'))")
    _ = try await stage.rig(QueueWait.self, input, journal: journal).apply()
    #expect(stage.clock.now() - begin == .seconds(360))
  }

  @Test("a queue that is not there is named, and only a preview passes over it")
  func missing() async throws {
    let stage = try stage(movesByItself: true)
    let rig = try stage.rig(QueueWait.self, "{queue: 'wait-none'}")
    let failure = try await #require(throws: Failure.self) { try await rig.plan() }
    #expect(failure.kind == .permanent)
    #expect(failure.summary.hasPrefix("wait-none: "))
    stage.world.setPreview(true)
    _ = try await stage.rig(QueueWait.self, "{queue: 'wait-none'}").plan()
  }
}
