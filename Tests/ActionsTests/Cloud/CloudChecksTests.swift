import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

/// Alarms, metrics and any other question to AWS as checks, set up with boto3 in moto.
@Suite("Checks of the cloud", .waiting)
struct CloudChecksTests {
  private let server: MotoServer
  private let stage: CloudStage

  init() throws {
    server = try MotoServer.shared()
    stage = try CloudStage(server.environment)
  }

  private func verdict(_ check: String) async throws -> Verdict {
    try await stage.rig(Validate.self, "{checks: [{title: 't', \(check)}], within: '0s'}").verify()
  }

  /// Makes alarms, each in a state of its own.
  private func setAlarms(_ states: [(name: String, state: String)]) throws {
    let pairs = states.map { "('\($0.name)', '\($0.state)')" }.joined(separator: ", ")
    _ = try server.python(
      """
      watch = client('cloudwatch')
      for name, state in [\(pairs)]:
          watch.put_metric_alarm(
              AlarmName=name, Namespace='T', MetricName='m', Period=60, EvaluationPeriods=1,
              Threshold=1, Statistic='Sum', ComparisonOperator='GreaterThanThreshold')
          watch.set_alarm_state(AlarmName=name, StateValue=state, StateReason='because')
      """)
  }

  @Test("alarms that are quiet pass, loud ones fail, and what is not known is left to a person")
  func alarms() async throws {
    try setAlarms([
      ("check-ok-1", "OK"), ("check-ok-2", "OK"), ("check-loud", "ALARM"),
      ("check-new", "INSUFFICIENT_DATA"),
    ])
    #expect(
      try await verdict("alarm: {names: ['check-ok-1', 'check-ok-2']}") == .passed("t: 2 quiet"))
    #expect(try await verdict("alarm: {prefix: 'check-ok'}") == .passed("t: 2 quiet"))
    #expect(
      try await verdict("alarm: {names: ['check-ok-1', 'check-loud', 'check-new']}")
        == .failed("t: check-loud is in alarm: because"))
    #expect(
      try await verdict("alarm: {names: ['check-new']}")
        == .inconclusive("t: check-new is INSUFFICIENT_DATA"))
    #expect(
      try await verdict("alarm: {names: ['check-new'], insufficient: 'passed'}").isPassed)
    #expect(
      try await verdict("alarm: {names: ['check-ok-1', 'check-none']}")
        == .inconclusive("t: there is no alarm check-none"))
    #expect(
      try await verdict("alarm: {prefix: 'check-nothing'}")
        == .inconclusive("t: no alarm begins with check-nothing"))
  }

  @Test("an alarm that goes off during a bake ends it")
  func bakes() async throws {
    try setAlarms([("check-bake", "OK")])
    let input = """
      {period: '5m', every: '1m', tolerate: 1, checks: [{alarm: {names: ['check-bake']}}]}
      """
    #expect(try await stage.rig(Bake.self, input).apply().outputs["misses"] == "0")
    try setAlarms([("check-bake", "ALARM")])
    let failure = try await #require(throws: Failure.self) {
      try await stage.rig(Bake.self, input).apply()
    }
    #expect(failure.summary.contains("check-bake is in alarm: because"))
  }

  @Test("a metric is held against its bounds, over the window that ends now")
  func metrics() async throws {
    let now = stage.clock.now().milliseconds / 1000
    _ = try server.python(
      """
      import datetime
      watch = client('cloudwatch')
      for ago, value in [(60, 3), (130, 5), (7200, 900)]:
          when = datetime.datetime.fromtimestamp(\(now) - ago, datetime.timezone.utc)
          watch.put_metric_data(Namespace='Check', MetricData=[
              {'MetricName': 'Errors', 'Value': value, 'Timestamp': when,
               'Dimensions': [{'Name': 'Api', 'Value': 'a'}]}])
      """)
    let metric = "namespace: 'Check', metric: 'Errors', dimensions: {Api: 'a'}"
    #expect(try await verdict("metric: {\(metric), atMost: 5}").isPassed)
    #expect(
      try await verdict("metric: {\(metric), atMost: 4.5}") == .failed("t: 5.0 is above 4.5"))
    #expect(
      try await verdict("metric: {\(metric), atLeast: '4'}") == .failed("t: 3.0 is below 4.0"))
    #expect(
      try await verdict("metric: {\(metric), atMost: 5, window: '3h', statistic: 'Maximum'}")
        == .failed("t: 900.0 is above 5.0"))
    let none = "namespace: 'Check', metric: 'Nothing', atMost: 5"
    #expect(
      try await verdict("metric: {\(none)}")
        == .inconclusive("t: it has no points in the last 5m"))
    #expect(try await verdict("metric: {\(none), noData: 'passed'}").isPassed)
    #expect(
      try await verdict("metric: {\(none), noData: 'failed', window: '1h'}")
        == .failed("t: it has no points in the last 1h"))
    let queries = """
      queries: [{Id: 'e', MetricStat: {Metric: {Namespace: 'Check', MetricName: 'Errors',
        Dimensions: [{Name: 'Api', Value: 'a'}]}, Period: 300, Stat: 'Sum'}}]
      """
    #expect(try await verdict("metric: {\(queries), atMost: 7}") != .passed(""))
    #expect(try await !verdict("metric: {\(queries), of: 'e', atMost: 2}").isPassed)
  }

  @Test("any question may be asked, an error may be the right answer, and nothing is changed")
  func questions() async throws {
    _ = try server.python("client('sqs').create_queue(QueueName='check-queue')")
    let queue = "service: 'sqs', operation: 'GetQueueUrl', input: {QueueName: 'check-queue'}"
    #expect(
      try await verdict("aws: {\(queue), expect: {QueueUrl: {matches: '/check-queue$'}}}")
        == .passed("t: as expected"))
    let other = try await verdict("aws: {\(queue), expect: {QueueUrl: 'x'}}")
    #expect(other.detail.hasPrefix("t: QueueUrl is \""))
    let table = "service: 'dynamodb', operation: 'DescribeTable', input: {TableName: 'check-none'}"
    let gone = "errors: ['ResourceNotFoundException']"
    #expect(
      try await verdict("aws: {\(table), \(gone)}")
        == .passed("t: answered ResourceNotFoundException"))
    #expect(try await verdict("aws: {\(table)}").detail.contains("ResourceNotFoundException"))
    #expect(
      try await verdict("aws: {\(queue), \(gone)}") == .failed("t: it answered, but should not"))
    let silent = try CloudStage(
      server.environment.merging([
        "AWS_ENDPOINT_URL": "http://127.0.0.1:\(try FreePort.find())"
      ]) { $1 })
    let unknown = try await silent.rig(
      Validate.self, "{checks: [{aws: {\(queue)}}], within: '0s'}"
    ).verify()
    guard case .inconclusive = unknown else {
      Issue.record("no answer is \(unknown)")
      return
    }
  }

  @Test(
    "what cannot be judged is refused beforehand",
    arguments: [
      ("alarm: {}", "either 'names' or a 'prefix'"),
      ("alarm: {names: ['a'], prefix: 'b'}", "either 'names' or a 'prefix'"),
      ("metric: {namespace: 'a', metric: 'b'}", "has no bound"),
      ("metric: {metric: 'b', atMost: 1}", "either 'namespace' and 'metric', or 'queries'"),
      ("metric: {namespace: 'a', metric: 'b', atMost: 'x'}", "'x' is not a number"),
      ("aws: {service: 'sqs', operation: 'DeleteQueue'}", "DeleteQueue may change something"),
      ("alarm: {names: ['a']}, ledgers: true", "holds 2 kinds of checks"),
    ])
  func refuses(check: String, message: String) throws {
    let failure = #expect(throws: Failure.self) {
      try stage.rig(Validate.self, "{checks: [{\(check)}]}")
    }
    #expect(failure?.summary.contains(message) == true)
  }
}
