import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

/// `aws.call` against moto, read back with boto3.
@Suite("Calls of any API", .waiting)
struct CloudStepTests {
  private let server: MotoServer
  private let stage: CloudStage

  init() throws {
    server = try MotoServer.shared()
    stage = try CloudStage(server.environment)
  }

  private func rig(_ input: String, _ journal: ActionJournal = ActionJournal()) throws -> ActionRig
  {
    try stage.rig(CloudStep.self, input, journal: journal)
  }

  private func queues(_ prefix: String) throws -> String {
    try server.python(
      """
      urls = client('sqs').list_queues(QueueNamePrefix=sys.argv[1]).get('QueueUrls', [])
      print(','.join(url.split('/')[-1] for url in urls), end='')
      """, [prefix])
  }

  private func queue(_ name: String, more: String = "") -> String {
    """
    {service: 'sqs', operation: 'CreateQueue',
     input: {QueueName: '\(name)', Attributes: {VisibilityTimeout: '77'}},
     outputs: {url: 'QueueUrl'}, expect: {json: {QueueUrl: {matches: '\(name)$'}}},
     check: {operation: 'GetQueueUrl', input: {QueueName: '\(name)'},
             done: {QueueUrl: {exists: true}}, missing: ['QueueDoesNotExist',
             'AWS.SimpleQueueService.NonExistentQueue']},
     undo: {operation: 'DeleteQueue', input: {QueueUrl: '{url}'}}\(more)}
    """
  }

  @Test("made once however often it is killed, and gone after undo", arguments: [true, false])
  func makesAndUndoes(afterWriting: Bool) async throws {
    let name = "step-kill-\(afterWriting)"
    let journal = ActionJournal()
    let plan = try await rig(queue(name), journal).plan()
    #expect(plan.changes == ["call sqs CreateQueue"])
    #expect(plan.isReversible)
    journal.kill(atWrite: 1, afterWriting: afterWriting)
    await #expect(throws: Failure.self) { try await rig(queue(name), journal).apply() }
    journal.kill(atWrite: nil, afterWriting: false)
    let report = try await rig(queue(name), journal).apply()
    #expect(report.outputs["url"]?.hasSuffix("/\(name)") == true)
    #expect(report.notes == (afterWriting ? [] : ["its work was done already"]))
    #expect(try await rig(queue(name), journal).verify().isPassed)
    #expect(try queues(name) == name)
    try await rig(queue(name), journal).undo()
    #expect(try queues(name) == "")
    try await rig(queue(name), journal).undo()
  }

  @Test("what was there before is neither made nor undone")
  func leavesAlone() async throws {
    _ = try server.python("client('sqs').create_queue(QueueName='step-before')")
    let rig = try rig(queue("step-before"))
    #expect(try await rig.plan().changes.isEmpty)
    #expect(try await rig.apply().notes == ["its work was done already"])
    try await rig.undo()
    #expect(try queues("step-before") == "step-before")
  }

  @Test("a step that was never begun undoes nothing")
  func undoesNothing() async throws {
    let rig = try rig(queue("step-never"))
    _ = try await rig.plan()
    _ = try server.python("client('sqs').create_queue(QueueName='step-never')")
    try await rig.undo()
    #expect(try queues("step-never") == "step-never")
  }

  @Test("a call is polled for, and undone with what was remembered")
  func polls() async throws {
    _ = try server.python(
      """
      client('dynamodb').create_table(
          TableName='step-backups', BillingMode='PAY_PER_REQUEST',
          KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}],
          AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}])
      """)
    func state() throws -> String {
      try server.python(
        """
        answer = client('dynamodb').describe_continuous_backups(TableName='step-backups')
        point = answer['ContinuousBackupsDescription']['PointInTimeRecoveryDescription']
        print(point['PointInTimeRecoveryStatus'], end='')
        """)
    }
    let path = "ContinuousBackupsDescription.PointInTimeRecoveryDescription"
    let look = "operation: 'DescribeContinuousBackups', input: {TableName: 'step-backups'}"
    let status = "'\(path).PointInTimeRecoveryStatus'"
    func update(_ on: Bool) -> String {
      """
      operation: 'UpdateContinuousBackups', input: {TableName: 'step-backups',
        PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: \(on)}}
      """
    }
    let rig = try rig(
      """
      {service: 'dynamodb', \(update(true)),
       check: {\(look), done: {\(status): 'ENABLED'}, remember: {former: \(status)}},
       poll: {\(look), until: {\(status): {in: ['ENABLED']}}, failed: {\(status): 'BROKEN'}},
       undo: {\(update(false)), poll: {\(look), until: {\(status): 'DISABLED'}}}}
      """)
    let plan = try await rig.plan()
    #expect(plan.plan.contains("DISABLED"))
    try await rig.apply()
    #expect(try state() == "ENABLED")
    #expect(try await rig.verify().isPassed)
    try await rig.undo()
    #expect(try state() == "DISABLED")
  }

  @Test("what is not done in time fails the step, with the last answer in the message")
  func givesUpPolling() async throws {
    let begin = stage.clock.now()
    let rig = try rig(
      """
      {service: 'sqs', operation: 'CreateQueue', input: {QueueName: 'step-slow'},
       poll: {operation: 'ListQueues', input: {QueueNamePrefix: 'step-slow'},
              until: {'QueueUrls[1]': {exists: true}}, every: '20s', within: '1m'},
       undo: {operation: 'DeleteQueue', input: {QueueUrl: 'x'}}}
      """)
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.kind == .permanent)
    #expect(failure.summary.contains("is not done in time: QueueUrls[1] is missing"))
    #expect(stage.clock.now() - begin == .seconds(60))
  }

  @Test("a service with routes is asked, without changing anything")
  func routes() async throws {
    let rig = try rig(
      """
      {service: 'lambda', operation: 'ListFunctions',
       route: {method: 'GET', path: '/2015-03-31/functions/?MaxItems=10'},
       expect: {json: {'Functions[0].Nothing': {exists: false}}}}
      """)
    let plan = try await rig.plan()
    #expect(plan.changes.isEmpty && plan.isReversible)
    #expect(try await rig.apply().outputs.isEmpty)
    #expect(!rig.journal.hasCrossed)
  }

  @Test("a secret goes to the service and nowhere else")
  func hidesSecrets() async throws {
    stage.world.setSecret("env:KEY", "hunter22-value")
    let rig = try rig(
      """
      {service: 'ssm', operation: 'PutParameter', repeatable: true, outputs: {version: 'Version'},
       input: {Name: '/step/key', Value: 'a ${secret:env:KEY}', Type: 'SecureString',
               Overwrite: true},
       poll: {operation: 'GetParameter', input: {Name: '/step/key', WithDecryption: true},
              until: {'Parameter.Value': 'other'}, within: '0s'},
       undo: {operation: 'DeleteParameter', input: {Name: '/step/key'}}}
      """)
    let plan = try await rig.plan()
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("[secret]"))
    let kept = [
      plan.plan, rig.journal.checkpoint ?? "", failure.summary, failure.hint,
      "\(rig.journal.notes) \(rig.journal.readings)", "\(try await rig.verify())",
    ]
    #expect(kept.allSatisfy { !$0.contains("hunter22") })
    #expect(rig.journal.checkpoint?.contains("version") == true)
    let seen = try server.python(
      """
      answer = client('ssm').get_parameter(Name='/step/key', WithDecryption=True)
      print(answer['Parameter']['Value'], end='')
      """)
    #expect(seen == "a hunter22-value")
    let echo = try self.rig(
      """
      {service: 'ssm', operation: 'GetParameter', outputs: {value: 'Parameter.Value'},
       input: {Name: '/step/key', WithDecryption: true}}
      """)
    let refusal = try await #require(throws: Failure.self) { try await echo.apply() }
    #expect(refusal.kind == .refused)
    #expect(!"\(refusal)".contains("hunter22"))
    try await rig.undo()
    try await rig.undo()
  }

  @Test("a call that may not be repeated goes to a person after a crash, and again if they say so")
  func asksPerson() async throws {
    let url = try server.python(
      "print(client('sqs').create_queue(QueueName='step-once')['QueueUrl'], end='')")
    func count() throws -> String {
      try server.python(
        """
        answer = client('sqs').get_queue_attributes(QueueUrl=sys.argv[1], AttributeNames=['All'])
        print(answer['Attributes']['ApproximateNumberOfMessages'], end='')
        """, [url])
    }
    let input = """
      {service: 'sqs', operation: 'SendMessage', input: {QueueUrl: '\(url)', MessageBody: 'go'}}
      """
    let journal = ActionJournal()
    #expect(try await !rig(input, journal).plan().isReversible)
    // Writes: the point of no return, then the checkpoint.
    journal.kill(atWrite: 2, afterWriting: false)
    await #expect(throws: Failure.self) { try await rig(input, journal).apply() }
    journal.kill(atWrite: nil, afterWriting: false)
    let failure = try await #require(throws: Failure.self) { try await rig(input, journal).apply() }
    #expect(failure.kind == .refused)
    #expect(failure.summary.contains("was begun before, and how it ended is not known"))
    #expect(try count() == "1")
    stage.setRetries(1)
    try await rig(input, journal).apply()
    try await rig(input, journal).apply()
    #expect(try count() == "2")
  }

  @Test("an answer that is not as expected fails the step; an error code may be expected")
  func expects() async throws {
    let topic = try rig(
      """
      {service: 'sns', operation: 'CreateTopic', input: {Name: 'step-topic'}, repeatable: true,
       expect: {json: {TopicArn: {matches: ':other$'}}}}
      """)
    let failure = try await #require(throws: Failure.self) { try await topic.apply() }
    #expect(failure.kind == .permanent)
    #expect(failure.summary.contains(#"TopicArn is "arn:aws:sns:us-east-1:"#))
    let missing = "service: 'dynamodb', operation: 'DeleteTable', input: {TableName: 'step-none'}"
    let codes = "expect: {errors: ['ResourceNotFoundException']}"
    for _ in 1...2 {
      let refusal = try await #require(throws: Failure.self) {
        try await stage.rig(CloudStep.self, "{\(missing)}", step: "missing").apply()
      }
      #expect(refusal.summary.contains("ResourceNotFoundException"))
    }
    try await stage.rig(CloudStep.self, "{\(missing), \(codes)}", step: "coded").apply()
  }

  @Test(
    "what means nothing is refused before anything is sent",
    arguments: [
      ("check: {operation: 'ListQueues'}", "does not say what means that its work is done"),
      ("poll: {operation: 'ListQueues'}", "does not say for what"),
      ("expect: {json: {a: {above: 3}}}", "'above' at a is not a condition"),
      ("expect: {json: {a: {matches: '('}}}", "takes a regular expression"),
      ("outputs: {a: 'b..c'}", "is not a path into JSON"),
    ])
  func refuses(more: String, message: String) throws {
    let failure = #expect(throws: Failure.self) {
      try rig("{service: 'sqs', operation: 'CreateQueue', \(more)}")
    }
    #expect(failure?.summary.contains(message) == true)
  }

  @Test("a service that does not exist is told, with the nearest name")
  func namesServices() async throws {
    let rig = try rig("{service: 'dynamodbb', operation: 'ListTables'}")
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.hint == "Did you mean 'dynamodb'?")
  }
}
