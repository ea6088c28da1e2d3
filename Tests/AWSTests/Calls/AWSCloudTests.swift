import Harness
import JSON
import Resources
import Testing

@testable import AWS

@Suite("Calls of any operation", .waiting)
struct AWSCloudTests {
  private let context = ProviderContext(
    secrets: Secrets { (_, _) throws(Failure) in nil }, clock: RunningClock())

  private func cloud() throws -> AWSCloud { AWSCloud(MotoSession.make(try MotoServer.shared())) }

  private func answer(_ call: CloudCall) async throws -> JSONValue {
    try JSONValue(reading: try await cloud().call(call, in: context).body)
  }

  private func call(
    _ service: String, _ operation: String, _ input: JSONValue = [:],
    route: (method: String, path: String)? = nil
  ) -> CloudCall {
    CloudCall(
      service: service, operation: operation, input: route == nil ? input.compact() : [],
      route: route)
  }

  @Test("a JSON service")
  func callsJSON() async throws {
    let server = try MotoServer.shared()
    let made = try await answer(call("sqs", "CreateQueue", ["QueueName": "calls-json"]))
    let url = try #require(made["QueueUrl"]?.string)
    let seen = try server.python(
      "print(client('sqs').get_queue_url(QueueName='calls-json')['QueueUrl'])")
    #expect(seen.contains(url))
  }

  @Test("a query service, with a list of one and a map in the answer")
  func callsQuery() async throws {
    let server = try MotoServer.shared()
    _ = try server.python(
      "client('sns').create_topic(Name='calls-query', Attributes={'DisplayName': 'Hello'})")
    let topics = try await answer(call("sns", "ListTopics"))
    let arn = "arn:aws:sns:us-east-1:123456789012:calls-query"
    #expect(topics["Topics"]?.elements?.contains { $0["TopicArn"]?.string == arn } == true)
    let topic = try await answer(call("sns", "GetTopicAttributes", ["TopicArn": .string(arn)]))
    #expect(topic["Attributes"]?["DisplayName"]?.string == "Hello")
  }

  @Test("a REST service with JSON and one with XML, by their routes")
  func callsREST() async throws {
    let server = try MotoServer.shared()
    _ = try server.python("client('s3').create_bucket(Bucket='calls-rest')")
    let functions = try await answer(
      call("lambda", "ListFunctions", route: ("GET", "/2015-03-31/functions/?MaxItems=10")))
    #expect(functions["Functions"]?.elements != nil)
    let buckets = try await answer(call("s3", "ListBuckets", route: ("GET", "/")))
    #expect(
      buckets["Buckets"]?.elements?.contains { $0["Name"]?.string == "calls-rest" } == true)
  }

  @Test("the error code of a service is told apart from no answer")
  func tellsErrors() async throws {
    do {
      _ = try await answer(call("dynamodb", "DescribeTable", ["TableName": "calls-none"]))
      Issue.record("there is such a table")
    } catch CloudFailure.service(let code, let failure) {
      #expect(code == "ResourceNotFoundException")
      #expect(!failure.isTransient)
    }
    let nowhere = AWSCloud(
      MotoSession.make(
        try MotoServer.shared(),
        more: ["AWS_ENDPOINT_URL": "http://127.0.0.1:\(try FreePort.find())"]
      ))
    do {
      _ = try await nowhere.call(
        CloudCall(
          service: "sts", operation: "GetCallerIdentity", isRepeatable: false,
          timeLimit: .seconds(5)), in: context)
      Issue.record("nobody listens there")
    } catch CloudFailure.wire(let failure, let wasSent) {
      #expect(!wasSent)
      #expect(failure.isTransient)
    }
  }

  @Test("a REST service without a route is refused before anything is sent")
  func wantsRoute() async throws {
    do {
      _ = try await answer(call("lambda", "ListFunctions"))
      Issue.record("it was sent")
    } catch CloudFailure.wire(let failure, let wasSent) {
      #expect(!wasSent && failure.hint.contains("route"))
    }
  }
}
