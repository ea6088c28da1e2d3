import Harness
import JSON
import Resources
import Rollouts
import Testing

@testable import Actions

/// Rules, health checks and subscriptions of moto, read back with boto3.
@Suite("Rules, health checks and subscriptions", .waiting)
struct EdgeStepsTests {
  private let server: MotoServer
  private let stage: CloudStage

  init() throws {
    server = try MotoServer.shared()
    stage = try CloudStage(server.environment)
  }

  @Test("a rule is switched on and off, and as it was")
  func schedule() async throws {
    func state() throws -> String {
      try server.python(
        "print(client('events').describe_rule(Name='edge-cron')['State'], end='')")
    }
    _ = try server.python(
      """
      client('events').put_rule(Name='edge-cron', ScheduleExpression='rate(2 minutes)',
                                State='DISABLED')
      """)
    let rig = try stage.rig(ScheduleSet.self, "{rule: 'edge-cron', enabled: true}")
    #expect(try await rig.plan().changes == ["switch the rule edge-cron on"])
    #expect(try await rig.apply().outputs == ["former": "DISABLED"])
    #expect(try state() == "ENABLED")
    #expect(try await rig.verify().isPassed)
    let same = try stage.rig(ScheduleSet.self, "{rule: 'edge-cron', enabled: true}", step: "same")
    #expect(try await same.plan().changes.isEmpty)
    try await same.apply()
    try await same.undo()
    #expect(try state() == "ENABLED")
    for _ in 1...2 { try await rig.undo() }
    #expect(try state() == "DISABLED")
    let missing = try stage.rig(ScheduleSet.self, "{rule: 'edge-none', enabled: true}")
    await #expect(throws: Failure.self) { try await missing.plan() }
    stage.world.setPreview(true)
    let preview = try stage.rig(ScheduleSet.self, "{rule: 'edge-none', enabled: true}")
    #expect(try await preview.plan().changes.count == 1)
  }

  @Test("a health check looks at another name, and at the former one again")
  func healthCheck() async throws {
    let id = try server.python(
      """
      c = client('route53').create_health_check(CallerReference='edge', HealthCheckConfig={
          'Type': 'HTTPS', 'FullyQualifiedDomainName': 'api-blue.test', 'Port': 443,
          'ResourcePath': '/health'})
      print(c['HealthCheck']['Id'], end='')
      """)
    func target() throws -> String {
      try server.python(
        """
        c = client('route53').get_health_check(HealthCheckId='\(id)')
        c = c['HealthCheck']['HealthCheckConfig']
        print(c['FullyQualifiedDomainName'], c['Port'], c['ResourcePath'], end='')
        """)
    }
    let rig = try stage.rig(
      HealthCheckTarget.self, "{check: '\(id)', fqdn: 'api-green.test', path: '/up?a&b'}")
    #expect(
      try await rig.plan().changes == [
        "turn the health check \(id) from api-blue.test:443/health to api-green.test:443/up?a&b"
      ])
    try await rig.apply()
    try await rig.apply()
    #expect(try target() == "api-green.test 443 /up?a&b")
    #expect(try await rig.verify().isPassed)
    for _ in 1...2 { try await rig.undo() }
    #expect(try target() == "api-blue.test 443 /health")
    // What somebody else has set since is left alone.
    try await rig.apply()
    _ = try server.python(
      """
      client('route53').update_health_check(HealthCheckId='\(id)',
                                            FullyQualifiedDomainName='other.test')
      """)
    try await rig.undo()
    #expect(try target() == "other.test 443 /up?a&b")
    #expect(rig.journal.notes.last?.contains("left alone") == true)
  }

  @Test("a version that is old by now is read anew, and an address is no name")
  func healthCheckVersions() async throws {
    let cloud = ScriptedCloud { (call) throws(CloudFailure) in
      let isAddress = call.path.hasSuffix("address")
      let config: JSONValue = [
        "FullyQualifiedDomainName": "old.test", "Port": "443",
        "IPAddress": isAddress ? "192.0.2.1" : "",
      ]
      if call.operation == "UpdateHealthCheck" {
        throw ScriptedCloud.error("HealthCheckVersionMismatch")
      }
      return ["HealthCheck": ["HealthCheckVersion": "7", "HealthCheckConfig": config]]
    }
    let stage = try ScriptedStage(cloud)
    let rig = try stage.rig(HealthCheckTarget.self, "{check: 'name', fqdn: 'new.test'}")
    await #expect(throws: Failure.self) { try await rig.apply() }
    let tries = cloud.seen("UpdateHealthCheck")
    #expect(tries.count > 10)
    #expect(
      tries[0].input.string?.contains("<HealthCheckVersion>7</HealthCheckVersion>") == true)
    let refused = try stage.rig(HealthCheckTarget.self, "{check: 'address', fqdn: 'new.test'}")
    let failure = try await #require(throws: Failure.self) { try await refused.plan() }
    #expect(failure.kind == .refused && failure.summary.contains("192.0.2.1"))
  }

  @Test("the new subscription has the settings of the old one, which undo gives back")
  func topic() async throws {
    let queues = try server.python(
      """
      sqs, sns = client('sqs'), client('sns')
      arns = []
      for name in ['edge-blue', 'edge-green']:
          url = sqs.create_queue(QueueName=name)['QueueUrl']
          arns.append(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])
                      ['Attributes']['QueueArn'])
      topic = sns.create_topic(Name='edge-bounces')['TopicArn']
      sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arns[0], Attributes={
          'RawMessageDelivery': 'true', 'FilterPolicy': '{"kind": ["bounce"]}'})
      print(' '.join(arns), end='')
      """
    ).split(separator: " ").map(String.init)
    func subscribed() throws -> String {
      try server.python(
        """
        sns = client('sns')
        topic = [t['TopicArn'] for t in sns.list_topics()['Topics']
                 if t['TopicArn'].endswith(':edge-bounces')][0]
        for s in sns.list_subscriptions_by_topic(TopicArn=topic)['Subscriptions']:
            a = sns.get_subscription_attributes(SubscriptionArn=s['SubscriptionArn'])['Attributes']
            print(s['Endpoint'].split(':')[-1], a['RawMessageDelivery'], a['FilterPolicy'], end=';')
        """)
    }
    let settings = "true {\"kind\": [\"bounce\"]};"
    #expect(try subscribed() == "edge-blue \(settings)")
    let rig = try stage.rig(
      TopicSubscribe.self,
      """
      {topic: 'edge-bounces', protocol: 'sqs', endpoint: '\(queues[1])', replaces: '\(queues[0])'}
      """)
    #expect(try await rig.plan().changes.count == 2)
    try await rig.apply()
    #expect(try subscribed() == "edge-green \(settings)")
    try await rig.apply()
    #expect(try subscribed() == "edge-green \(settings)")
    #expect(try await rig.verify().isPassed)
    for _ in 1...2 { try await rig.undo() }
    #expect(try subscribed() == "edge-blue \(settings)")
  }

  @Test("the old subscription is kept until the new one is confirmed")
  func unconfirmed() async throws {
    let cloud = ScriptedCloud { (call) throws(CloudFailure) in
      switch call.operation {
      case "ListSubscriptionsByTopic":
        [
          "Subscriptions": [
            [
              "Protocol": "https", "Endpoint": "https://new",
              "SubscriptionArn": "PendingConfirmation",
            ],
            ["Protocol": "https", "Endpoint": "https://old", "SubscriptionArn": "arn:old"],
          ]
        ]
      case _: ["Attributes": .object([])]
      }
    }
    let rig = try ScriptedStage(cloud).rig(
      TopicSubscribe.self,
      """
      {topic: 'arn:aws:sns:us-east-1:1:t', protocol: 'https', endpoint: 'https://new',
       replaces: 'https://old', within: '1m'}
      """)
    let failure = try await #require(throws: Failure.self) { try await rig.apply() }
    #expect(failure.summary.contains("PendingConfirmation"))
    #expect(cloud.seen("Unsubscribe").isEmpty)
  }
}
