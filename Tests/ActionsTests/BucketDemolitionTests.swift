import AWS
import Harness
import Local
import Resources
import Rollouts
import Testing
import Wire

@testable import Actions

@Suite("buckets.delete and buckets.empty", .waiting)
struct BucketDemolitionTests {
  private static let server = NameServer(host: "127.0.0.1", port: 53)

  /// A world whose DNS shows green, with a bucket of blue's in a folder.
  private func world(providers: [Provider] = LocalProviders.all) throws -> FakeWorld {
    let world = try FakeWorld(providers: providers)
    let blue = try world.stack("fakestack://region/blue")
    let green = try world.stack("fakestack://region/green")
    show(world, "green.example.test.")
    world.zone.set { $0.servers = [Self.server] }
    world.resolver.serve(world.zone, on: Self.server)
    world.setLive(
      LiveIndicator(
        zone: world.zone.url, name: "www.example.test", type: "CNAME",
        blue: .init(value: "blue.example.test", stack: blue.url),
        green: .init(value: "green.example.test", stack: green.url)))
    return world
  }

  private func show(_ world: FakeWorld, _ value: String) {
    world.zone.set {
      $0.sets = [
        RecordSet(name: "www.example.test.", type: "CNAME", ttlSeconds: 60, values: [value])
      ]
    }
  }

  private func fill(_ world: FakeWorld) throws -> String {
    let folder = world.folder.file("assets")
    _ = try Tool.run(["sh", "-c", "mkdir -p \"$1\" && echo x > \"$1/a\"", "sh", folder])
    return folder
  }

  private func rig(
    _ world: FakeWorld, _ action: ActionDescriptor, _ folder: String, _ more: String = ""
  ) throws -> ActionRig {
    try ActionRig(
      action, "{bucket: 'dir://\(folder)', name: 'assets' \(more)}",
      in: world.site(step: "demolish"))
  }

  @Test(
    "a bucket is neither emptied nor deleted while DNS shows its side, or cannot be asked",
    arguments: [ActionDescriptor(BucketsEmpty.self), ActionDescriptor(BucketsDelete.self)])
  func interlock(action: ActionDescriptor) async throws {
    let world = try world()
    let folder = try fill(world)
    func refusal(_ more: String = "") async throws -> String {
      let rig = try self.rig(world, action, folder, more)
      let failure = try await #require(throws: Failure.self) { try await rig.apply() }
      #expect(failure.kind == .refused && !rig.journal.hasCrossed)
      #expect(try Tool.run(["cat", "\(folder)/a"]).text == "x\n")
      return failure.summary
    }
    show(world, "blue.example.test.")
    #expect(try await refusal().contains("since blue may be live: fakezone://main still shows"))
    // The zone is right already, but a name server is behind.
    show(world, "green.example.test.")
    world.resolver.answer(Self.server) { (name, type) throws(Failure) in
      .records(RecordSet(name: name, type: type, ttlSeconds: 9, values: ["blue.example.test."]))
    }
    #expect(try await refusal().contains("name server 127.0.0.1:53 still shows"))
    world.resolver.answer(Self.server) { (_, _) throws(Failure) in
      throw .transient("timed out", hint: "")
    }
    #expect(try await refusal().contains("cannot be asked: timed out"))
    world.resolver.serve(world.zone, on: Self.server)
    // What is of green may not go while green is shown.
    #expect(try await refusal(", side: 'to'").contains("since green may be live"))
    let rig = try self.rig(world, action, folder)
    try await rig.apply()
    #expect(rig.journal.hasCrossed)
    #expect(try await rig.verify().isPassed)
    #expect(try Tool.run(["cat", "\(folder)/a"]).status != 0)
  }

  @Test("DNS is waived with a reason only, and that is written down")
  func waives() async throws {
    let world = try world()
    let folder = try fill(world)
    show(world, "blue.example.test.")
    let action = ActionDescriptor(BucketsEmpty.self)
    #expect(throws: Failure.self) { try self.rig(world, action, folder, ", waive: ['dns']") }
    let rig = try self.rig(world, action, folder, ", waive: ['dns'], reason: 'no users yet'")
    try await rig.apply()
    #expect(rig.journal.notes.contains { $0.contains("dns") && $0.contains("no users yet") })
    #expect(try await rig.verify().isPassed)
  }

  /// A bucket whose name the service holds on to after the deletion, as often as was set.
  private static let holding = #"""
    shared.update(there=True, held=0, tries=0, code="OperationAborted", objects=1)
    def error(self, status, code):
        self.answer(status, [("Content-Type", "application/xml")],
                    "<Error><Code>%s</Code><Message>m</Message></Error>" % code)
    def handle(self, path, query):
        body = self.body()
        words = self.path.partition("?")[2]
        if path == "/-/set": return self.answer(body=json.dumps(shared.update(json.loads(body))))
        if path == "/-/get": return self.answer(body=json.dumps(shared))
        if self.command == "HEAD": return self.answer(200 if shared["there"] else 404)
        if self.command == "PUT" and not words:
            shared["tries"] += 1
            if shared["tries"] <= shared["held"]: return error(self, 409, shared["code"])
            shared["there"] = True
            return self.answer(200)
        if self.command == "DELETE" and not words:
            shared["tries"] += 1
            if shared["tries"] <= shared["held"]: return error(self, 409, "OperationAborted")
            shared["there"] = False
            return self.answer(204)
        if not shared["there"]: return error(self, 404, "NoSuchBucket")
        for word, name in [("versions", "ListVersionsResult"), ("list-type", "ListBucketResult"),
                           ("uploads", "ListMultipartUploadsResult")]:
            if word in words:
                return self.answer(body="<%s><IsTruncated>false</IsTruncated></%s>" % (name, name))
        if self.command == "DELETE" or self.command == "PUT": return self.answer(200)
        names = {"ownershipControls": "OwnershipControlsNotFoundError", "tagging": "NoSuchTagSet",
                 "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
                 "encryption": "ServerSideEncryptionConfigurationNotFoundError",
                 "cors": "NoSuchCORSConfiguration", "website": "NoSuchWebsiteConfiguration",
                 "lifecycle": "NoSuchLifecycleConfiguration", "policy": "NoSuchBucketPolicy",
                 "object-lock": "ObjectLockConfigurationNotFoundError",
                 "replication": "ReplicationConfigurationNotFoundError"}
        if words in names: return error(self, 404, names[words])
        self.answer(body="<Configuration/>")
    """#

  private func held<Answer>(
    _ body: (FakeWorld, ScriptedServer, (String) throws -> ActionRig) async throws -> Answer
  ) async throws -> Answer {
    try await ScriptedServer.run(Self.holding) { server in
      let clock = ManualClock(movesByItself: true)
      let session = AWSSession(
        AWSSession.Settings(
          environment: [
            "AWS_ENDPOINT_URL": server.base, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "A",
            "AWS_SECRET_ACCESS_KEY": "s",
          ], homeFolder: "/nonexistent"), clock: clock
      ) {
        HTTPClient(
          HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
      }
      let world = try FakeWorld(clock: clock, providers: AWSProviders.all(in: session))
      let journal = ActionJournal()
      return try await body(world, server) { more in
        try ActionRig(
          ActionDescriptor(BucketsDelete.self), "{bucket: 's3://held', name: 'held' \(more)}",
          in: world.site(step: "demolish"), journal: journal)
      }
    }
  }

  private func set(_ server: ScriptedServer, _ settings: String) throws {
    _ = try Tool.run(["curl", "-sS", "-d", settings, "\(server.base)/-/set"])
  }

  private func tries(_ server: ScriptedServer) throws -> String {
    try Tool.run([
      "sh", "-c", "curl -sS \(server.base)/-/get | sed 's/.*\"tries\": \\([0-9]*\\).*/\\1/'",
    ]).text
  }

  @Test(
    "a name that is held after the deletion is waited for by the clock",
    arguments: ["OperationAborted", "BucketAlreadyExists"])
  func waits(code: String) async throws {
    try await held { world, server, rig in
      let first = try rig("")
      try set(server, #"{"held": 3}"#)
      try await first.apply()
      #expect(try await first.verify().isPassed)
      // Forty minutes in tries of twenty seconds.
      try set(server, #"{"held": 120, "tries": 0, "code": "\#(code)"}"#)
      let start = world.clock.now()
      try await first.undo()
      let waited = world.clock.now() - start
      #expect(waited >= .seconds(2400) && waited < .seconds(2500), "\(waited)")
      #expect(try tries(server) == "121")
    }
  }

  @Test("patience has an end, which says who holds the name, and the next try goes on from there")
  func losesPatience() async throws {
    try await held { world, server, rig in
      let first = try rig(", patience: '10m'")
      try await first.apply()
      try set(server, #"{"held": 40, "tries": 0, "code": "BucketAlreadyExists"}"#)
      let start = world.clock.now()
      let failure = await #expect(throws: Failure.self) { try await first.undo() }
      #expect(failure?.summary.contains("'held'") == true, "\(String(describing: failure))")
      let waited = world.clock.now() - start
      #expect(waited >= .seconds(600) && waited < .seconds(660), "\(waited)")
      try await rig(", patience: '10m'").undo()
      #expect(try tries(server) == "41")
    }
  }
}
