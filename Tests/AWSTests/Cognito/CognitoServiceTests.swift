import Foundation
import Harness
import JSON
import Resources
import Testing
import Wire

@testable import AWS

/// What moto does not show, spoken by a server of our own after botocore's model and the developer
/// guide.
@Suite("User pools as the service is", .waiting)
struct CognitoServiceTests {
  private static let script = """
    users = ["user%03d" % i for i in range(150)]
    state = {"token": 0, "throttled": 0, "job": None, "polls": 0, "file": None}
    log = []

    def fail(self, code, message, status=400):
        self.answer(status, [], json.dumps({"__type": code, "message": message}))

    def handle(self, path, query):
        if path == "/log":
            return self.answer(200, [], "\\n".join(log))
        if path == "/upload":
            state["file"] = self.body().decode()
            log.append("upload " + (self.headers.get("x-amz-server-side-encryption") or ""))
            return self.answer()
        operation = self.headers["X-Amz-Target"].split(".")[1]
        body = json.loads(self.body())
        log.append(operation)
        with changed:
            result = call(self, operation, body)
        if result is not None: self.answer(200, [], json.dumps(result))

    def call(self, operation, body):
        if operation == "DescribeUserPool":
            return {"UserPool": {"Name": "p", "SchemaAttributes": [{"Name": "sub"}]}}
        if operation == "ListGroups":
            return {"Groups": []}
        if operation == "ListUsers":
            assert body["Limit"] == 60
            start, token = 0, body.get("PaginationToken")
            if token:
                life, start = map(int, token.split("-"))
                if life < state["token"]:
                    return fail(self, "InvalidParameterException",
                                "Paging marker %s is invalid for request" % token)
            end = start + 60
            page = {"Users": [{"Username": u, "Enabled": True, "UserStatus": "CONFIRMED",
                               "Attributes": [{"Name": "sub", "Value": "id-" + u}]}
                              for u in users[start:end]]}
            if end < len(users): page["PaginationToken"] = "%d-%d" % (state["token"], end)
            return page
        if operation == "AdminDeleteUser":
            if body["Username"] == "expire": state["token"] += 1
            if body["Username"] in users: users.remove(body["Username"])
            return {}
        if operation == "AdminGetUser":
            state["throttled"] += 1
            if state["throttled"] <= 3:
                return fail(self, "TooManyRequestsException", "Rate exceeded")
            return fail(self, "UserNotFoundException", "User does not exist.")
        if operation == "GetCSVHeader":
            return {"CSVHeader": ["email", "email_verified", "phone_number",
                                  "phone_number_verified", "name", "cognito:mfa_enabled",
                                  "cognito:username"]}
        if operation == "CreateUserImportJob":
            state["job"] = "Created"
            url = "http://%s/upload" % self.headers["Host"]
            return {"UserImportJob": {"JobId": "import-1", "Status": "Created",
                                      "PreSignedUrl": url}}
        if operation == "StartUserImportJob":
            if state["job"] != "Created" or not state["file"]:
                return fail(self, "PreconditionNotMetException", "not in a state to be started")
            state["job"] = "Pending"
            return {"UserImportJob": {"Status": "Pending"}}
        if operation == "DescribeUserImportJob":
            if state["job"] != "Created": state["polls"] += 1
            job = {"Status": state["job"], "ImportedUsers": 0}
            if state["polls"] > 2:
                job = {"Status": "Succeeded", "ImportedUsers": 1, "SkippedUsers": 1,
                       "FailedUsers": 2, "CompletionMessage": "done"}
            return {"UserImportJob": job}
        return fail(self, "InternalErrorException", operation, 500)
    """

  private func session(_ server: ScriptedServer, _ clock: any WallClock) -> AWSSession {
    let environment = [
      "AWS_ENDPOINT_URL": server.base, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
      "AWS_REGION": "us-east-1",
    ]
    return AWSSession(
      AWSSession.Settings(environment: environment, homeFolder: "/nonexistent"), clock: clock
    ) { HTTPClient(HTTPClient.Settings(userAgent: "t", proxies: HTTPProxies(environment: [:]))) }
  }

  @Test("an answer without its list or its user says nothing, and never that nobody is there")
  func missingMembers() async throws {
    let script = """
      def handle(self, path, query):
          operation = self.headers["X-Amz-Target"].split(".")[1]
          self.body()
          with changed: shared[operation] = shared.get(operation, 0) + 1
          if operation == "DescribeUserPool" and path == "/":
              return self.answer(body=json.dumps({"UserPool": {"Name": "p"}}))
          self.answer(body=b"" if shared[operation] % 2 else b"{}")
      """
    try await ScriptedServer.run(script) { server in
      let looks: [@Sendable (CognitoPool) async throws -> Void] = [
        { _ = try await $0.outline(after: nil, limit: 10) },
        { _ = try await $0.page(after: nil, limit: 10) },
        { _ = try await $0.groups() }, { _ = try await $0.removeGroup("staff") },
        { _ = try await $0.user(named: "ada") }, { _ = try await $0.importState("job") },
      ]
      for look in looks {
        let failure = await #expect(throws: Failure.self) { try await look(open(server)) }
        #expect(failure?.isTransient == true)
        #expect(failure?.summary.contains("cannot be believed") == true)
      }
    }
  }

  private func open(
    _ server: ScriptedServer, clock: any WallClock = HastyClock(), share: Int = 10_000
  ) throws -> CognitoPool {
    try CognitoPool(
      ResourceURL("cognito://us-east-1/us-east-1_P?share=\(share)"), in: session(server, clock),
      purpose: nil)
  }

  private func log(_ server: ScriptedServer) throws -> [String] {
    try Tool.run(["curl", "--silent", "\(server.base)/log"]).text
      .split(separator: "\n").map(String.init)
  }

  @Test(
    "after its token has expired a listing goes on where it was, even if users are gone by then",
    arguments: [0, 3])
  func expiredToken(gone: Int) async throws {
    try await ScriptedServer.run(Self.script) { server in
      var names: [String] = []
      let first = try await open(server).outline(after: nil, limit: 100)
      let second = try await open(server).outline(after: first.next, limit: 25)
      names = (first.elements + second.elements).map(\.name)
      #expect(names.count == 85)
      try await open(server).remove(["expire"] + names.suffix(gone))
      var position = second.next
      while let at = position {
        let page = try await open(server).outline(after: at, limit: 100)
        names += page.elements.map(\.name)
        position = page.next
      }
      let all = (0..<150).map { "user\(String(1000 + $0).dropFirst())" }
      #expect(names == all)
    }
  }

  @Test("a listing whose every mark is gone says so, and does not begin anew in silence")
  func lostPlace() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let first = try await open(server).outline(after: nil, limit: 60)
      try await open(server).remove(["expire"] + first.elements.map(\.name))
      let failure = try #require(
        await #expect(throws: Failure.self) {
          try await open(server).outline(after: first.next, limit: 60)
        })
      #expect(failure.summary.contains("user059"))
    }
  }

  @Test("throttling slows the requests of that kind down, and says so")
  func throttling() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let clock = HastyClock()
      let pool = try open(server, clock: clock, share: 100)
      #expect(pool.slowdown == nil)
      #expect(try await pool.user(named: "nobody") == nil)
      #expect(try log(server).filter { $0 == "AdminGetUser" }.count == 4)
      let slowdown = try #require(pool.slowdown)
      #expect(slowdown.contains("UserRead") && !slowdown.contains("UserList"))
      for _ in 0..<400 where pool.slowdown != nil {
        pool.calls.pacer.noteSuccess(of: .userRead)
      }
      #expect(pool.slowdown == nil)
    }
  }

  @Test("requests of one kind have turns at the distance of their quota")
  func pacing() {
    let pacer = CognitoPacer(share: 0.5)
    let start = Timestamp(milliseconds: 1000)
    let turns = (0..<51).map { _ in pacer.turn(of: .userCreation, at: start) }
    #expect(turns[0] == start && turns[50] - start == .seconds(2))
    #expect(pacer.turn(of: .userRead, at: start) == start)
  }

  @Test("an import job is made, gets its file, is begun once, and its counts are believed")
  func importJob() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let pool = try open(server)
      let ada = User(
        name: "ada", attributes: ["email": "a@x.test", "email_verified": "true", "name": "L, A"],
        factors: SecondFactors([.sms], preferred: nil))
      #expect(try await pool.importObstacle(to: ada) == nil)
      var other = ada
      other.attributes["email_verified"] = "false"
      #expect(try await pool.importObstacle(to: other)?.contains("verified") == true)
      other = ada
      other.attributes["custom:x"] = "1"
      #expect(try await pool.importObstacle(to: other)?.contains("custom:x") == true)
      other = ada
      other.attributes["name"] = "a\nb"
      #expect(try await pool.importObstacle(to: other)?.contains("line break") == true)
      let job = try await pool.prepareImport(of: [ada], name: "j", role: "arn:aws:iam::1:role/r")
      try await pool.beginImport(job)
      try await pool.beginImport(job)
      var states: [UserImportState] = []
      repeat { states.append(try await pool.importState(job)) } while states.last?.phase == .open
      let last = try #require(states.last)
      #expect(last.phase == .succeeded && states.count > 1)
      #expect(last.imported == 1 && last.skipped == 1 && last.failed == 2)
      #expect(try log(server).contains("upload aws:kms"))
      let file = try UserImportFile(columns: ["cognito:username", "name", "cognito:mfa_enabled"])
        .bytes([ada])
      #expect(
        String(decoding: file, as: UTF8.self)
          == "cognito:username,name,cognito:mfa_enabled\nada,L\\, A,true\n")
    }
  }
}
