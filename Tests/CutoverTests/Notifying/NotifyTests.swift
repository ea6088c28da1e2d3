import Foundation
import Harness
import JSON
import Testing

@Suite("Notifications of a rollout", .waiting)
struct NotifyTests {
  private static let secret = "whsec_c2VzYW1lLXNlc2FtZS1zZXNhbWUh"
  private static let environment = ["HOOK": secret]

  /// Takes calls of `/hook`, checks their signatures itself, and refuses the first `fail` of them.
  private static let receiver = #"""
    import base64, hashlib, hmac
    shared.update(calls=[], tries=0, fail=1, status=503)
    key = base64.b64decode("c2VzYW1lLXNlc2FtZS1zZXNhbWUh")
    def handle(self, path, query):
        body = self.body()
        if path == "/log":
            return self.answer(200, [], json.dumps(shared["calls"]))
        if path == "/set":
            shared.update({name: int(value) for name, value in query.items()})
            return self.answer(200)
        if path == "/tried":
            with changed: changed.wait_for(lambda: shared["tries"] > 0, 60)
            return self.answer(200)
        with changed:
            shared["tries"] += 1
            changed.notify_all()
            if shared["fail"] > 0:
                shared["fail"] -= 1
                return self.answer(shared["status"])
            id, stamp = self.headers["webhook-id"], self.headers["webhook-timestamp"]
            code = hmac.new(key, f"{id}.{stamp}.".encode() + body, hashlib.sha256).digest()
            wanted = "v1," + base64.b64encode(code).decode()
            shared["calls"].append({
                "right": self.headers["webhook-signature"] == wanted,
                "fresh": abs(int(stamp) - time.time()) < 60, "id": id,
                "body": json.loads(body)})
        self.answer(200)
    """#

  private func get(_ server: ScriptedServer, _ path: String) throws -> String {
    let program = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())"
    let output = try Tool.run(["python3", "-c", program, server.base + path])
    #expect(output.status == 0, "\(output.errorText)")
    return output.text
  }

  /// The events that arrived, each once and signed as it should be.
  private func events(_ server: ScriptedServer) throws -> [String] {
    let calls = try JSONValue(reading: Array(try get(server, "/log").utf8)).elements ?? []
    #expect(calls.allSatisfy { $0["right"] == true && $0["fresh"] == true })
    #expect(calls.allSatisfy { $0["id"] == $0["body"]?["data"]?["id"] })
    #expect(Set(calls.compactMap { $0["id"]?.string }).count == calls.count)
    return calls.map { call in
      let data = call["body"]?["data"]
      let step = data?["step"]?.string.map { " \($0)" } ?? ""
      return (data?["event"]?.string ?? "?") + step
    }
  }

  private func hook(_ server: ScriptedServer, _ more: String = "") -> String {
    "{ webhook: \"\(server.base)/hook\", secret: \"${secret:env:HOOK}\"\(more) },"
  }

  @Test("a receiver that fails at first gets every transition in order, signed, without secrets")
  func everything() async throws {
    try await ScriptedServer.run(Self.receiver) { server in
      let stage = try Stage()
      try stage.write(
        stage.step("one"), stage.step("two", more: "promotes: true, "), stage.gate("ask"),
        stage.step("three"), notify: hook(server))
      let first = try stage.run("--no-wait", environment: Self.environment)
      #expect(first.code == 2, "\(first.all)")
      let early = ["started", "step-verified one", "promoted two", "waiting ask"]
      #expect(try events(server) == early)
      #expect(try stage.cutover("approve", "ask", "--comment", "fine").code == 0)
      #expect(try events(server) == early)
      let last = try stage.cutover("resume", environment: Self.environment)
      #expect(last.code == 0, "\(last.all)")
      #expect(
        try events(server) == early + ["approved ask", "step-verified three", "completed"])
      let leak = try Tool.run(["grep", "-rl", Self.secret, stage.folder])
      #expect(leak.status == 1, "\(leak.text)")
      #expect(!(first.all + last.all).contains(Self.secret))
    }
  }

  @Test("what a killed driver has left untold comes first from the next one")
  func killed() async throws {
    try await ScriptedServer.run(Self.receiver) { server in
      _ = try get(server, "/set?fail=1000000")
      let stage = try Stage()
      try stage.write(stage.waiting("one"), notify: hook(server))
      let child = try stage.begin(until: "one", environment: Self.environment)
      _ = try get(server, "/tried")
      child.signal(SIGKILL)
      _ = child.wait()
      #expect(try events(server) == [])
      _ = try get(server, "/set?fail=0")
      try stage.go("one")
      let resumed = try stage.cutover("resume", environment: Self.environment)
      #expect(resumed.code == 0, "\(resumed.all)")
      #expect(
        try events(server) == ["started", "taken-over", "step-verified one", "completed"])
    }
  }

  @Test("a receiver that refuses does not hold the rollout up, and that is said")
  func refused() async throws {
    try await ScriptedServer.run(Self.receiver) { server in
      _ = try get(server, "/set?fail=1000000&status=401")
      let stage = try Stage()
      try stage.write(stage.step("one"), notify: hook(server) + hook(server, ", on: ['paused']"))
      let output = try stage.run(environment: Self.environment)
      #expect(output.code == 0, "\(output.all)")
      #expect(output.all.contains("3 notifications not delivered: it answered with status 401"))
      #expect(output.all.contains("the rollout has ended, so they are not sent any more"))
    }
  }

  @Test("a message that the receiver does not want is given up, and the next one is sent")
  func unwanted() async throws {
    try await ScriptedServer.run(Self.receiver) { server in
      _ = try get(server, "/set?fail=1&status=422")
      let stage = try Stage()
      try stage.write(stage.step("one"), notify: hook(server))
      let output = try stage.run(environment: Self.environment)
      #expect(output.code == 0, "\(output.all)")
      #expect(output.all.contains("given up: it answered with status 422"))
      #expect(try events(server) == ["step-verified one", "completed"])
    }
  }

  @Test("a secret that is not set is told, without stopping anything")
  func noSecret() async throws {
    try await ScriptedServer.run(Self.receiver) { server in
      let stage = try Stage()
      try stage.write(stage.step("one"), notify: hook(server, ", on: ['completed']"))
      let output = try stage.run()
      #expect(output.code == 0, "\(output.all)")
      #expect(output.all.contains("the secret ${secret:env:HOOK} is not set"))
      #expect(try events(server) == [])
    }
  }

  @Test("topics, FIFO ones too, carry what happens to their subscribers")
  func topics() throws {
    let server = try MotoServer.shared()
    let made = try server.python(
      """
      sns, sqs = client("sns"), client("sqs")
      for suffix, fifo in [("", {}), (".fifo", {"FifoTopic": "true"})]:
        name = "told-" + sys.argv[1] + suffix
        topic = sns.create_topic(Name=name, Attributes=fifo)["TopicArn"]
        more = {"FifoQueue": "true"} if fifo else {}
        queue = sqs.create_queue(QueueName=name, Attributes=more)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        sns.subscribe(TopicArn=topic, Protocol="sqs",
          Endpoint=arn["Attributes"]["QueueArn"], Attributes={} if fifo else
            {"FilterPolicy": json.dumps({"event": ["completed"]})})
        print(topic)
      """, [String(UUID().uuidString.prefix(8))]
    ).split(separator: "\n").map(String.init)
    try #require(made.count == 2)
    let stage = try Stage()
    try stage.write(
      stage.step("one"), notify: made.map { "{ sns: \"\($0)\" }" }.joined(separator: ", "))
    let output = try stage.run(environment: server.environment)
    #expect(output.code == 0, "\(output.all)")
    let told = try server.python(
      """
      sqs = client("sqs")
      for topic in sys.argv[1:]:
        queue = sqs.get_queue_url(QueueName=topic.split(":")[-1])["QueueUrl"]
        seen = []
        while True:
          got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
          if not got: break
          for message in got:
            note = json.loads(message["Body"])
            event = json.loads(note["Message"])["data"]["event"]
            assert note["MessageAttributes"]["event"]["Value"] == event, note
            seen.append(event + "|" + note["Subject"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        print("; ".join(seen))
      """, made
    ).split(separator: "\n").map(String.init)
    #expect(
      told == [
        "completed|cutover stage: completed",
        "started|cutover stage: started; step-verified|cutover stage: step-verified at one; "
          + "completed|cutover stage: completed",
      ])
  }
}
