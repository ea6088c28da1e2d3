import Digests
import Foundation
import Harness
import Resources
import Synchronization
import Testing
import Wire

@testable import AWS

@Suite("Credentials", .waiting, .timeLimit(.minutes(15)))
struct CredentialTests {
  private static let off = ["AWS_EC2_METADATA_DISABLED": "true", "PATH": "/usr/bin:/bin"]

  private func find(
    _ session: AWSSession, _ place: CloudPlace = CloudPlace(), purpose: String? = nil
  ) async throws -> SigningCredentials {
    try await session.credentials(at: place, purpose: purpose).credentials(refusing: nil)
  }

  private func failure(
    _ session: AWSSession, _ place: CloudPlace = CloudPlace()
  ) async -> String {
    do {
      return "found \(try await find(session, place).accessKey)"
    } catch {
      return "\(error)"
    }
  }

  @Test("the environment goes before the default profile, a named profile before both")
  func orders() async throws {
    let home = try TestSession.home(
      config: "[profile one]\naws_access_key_id = ONE\naws_secret_access_key = s",
      credentials: "[default]\naws_access_key_id = DEF\naws_secret_access_key = s")
    let keys = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s"]
    let both = TestSession.make(keys, home: home)
    #expect(try await find(both).accessKey == "ENV")
    #expect(try await find(both, CloudPlace(profile: "one")).accessKey == "ONE")
    #expect(try await find(TestSession.make([:], home: home)).accessKey == "DEF")
    let chosen = TestSession.make(keys, home: home) { $0.profile = "one" }
    #expect(try await find(chosen).accessKey == "ONE")
    let named = TestSession.make(["AWS_PROFILE": "one"], home: home)
    #expect(try await find(named).accessKey == "ONE")
  }

  @Test("what is missing, half there or broken is told apart, and no secret is shown")
  func tellsFailures() async throws {
    let home = try TestSession.home(
      config: """
        [profile empty]
        region = us-east-1
        [profile half]
        aws_secret_access_key = hunter2
        [profile circle]
        role_arn = arn:aws:iam::1:role/x
        source_profile = circle2
        [profile circle2]
        role_arn = arn:aws:iam::1:role/y
        source_profile = circle
        [profile bare]
        role_arn = arn:aws:iam::1:role/x
        [profile process]
        credential_process = sh -c 'echo hunter2; echo hunter2 >&2; exit 3'
        [profile json]
        credential_process = echo '{"Version": 1, "AccessKeyId": "hunter2"}'
        """)
    let session = TestSession.make(Self.off, home: home)
    let expected = [
      "nobody": "there is no AWS profile 'nobody'", "empty": "says nothing of credentials",
      "half": "config:4, 'aws_secret_access_key': it needs 'aws_access_key_id'",
      "circle": "round in a circle", "bare": "it needs 'source_profile'",
      "process": "the process 'sh' of the profile 'process': it ended with status 3",
      "json": "its answer has no AccessKeyId and SecretAccessKey",
    ]
    for (profile, words) in expected {
      let text = await failure(session, CloudPlace(profile: profile))
      #expect(text.contains(words), "\(text)")
      #expect(!text.contains("hunter2"), "\(text)")
    }
    #expect(await failure(session).contains("no AWS credentials were found"))
    let half = TestSession.make(["AWS_ACCESS_KEY_ID": "A"], home: home)
    #expect(await failure(half).contains("only one of AWS_ACCESS_KEY_ID"))
    // A profile named by the environment is not fallen away from either.
    let named = TestSession.make(["AWS_PROFILE": "nobody"], home: home)
    #expect(await failure(named).contains("there is no AWS profile 'nobody'"))
  }

  @Test(
    "a process gets its words as written and nothing of our secrets, and is asked again in time")
  func runsProcesses() async throws {
    let home = try TestSession.home()
    let program = home.file("my helper")
    try """
    #!/bin/sh
    echo x >> "\(home.file("runs"))"
    env > "\(home.file("env"))"
    n=$(wc -l < "\(home.file("runs"))" | tr -d ' ')
    echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"K$n$1\\", \\"SecretAccessKey\\": \\"s\\","
    echo "\\"SessionToken\\": \\"t\\", \\"Expiration\\": \\"$2\\"}"
    """.write(toFile: program, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: program)
    // An hour after the clock's start.
    let end = Timestamp(milliseconds: (TestSession.start + 3600) * 1000)
    try """
    [profile p]
    credential_process = "\(program)" 'a b' \(end)
    """.write(toFile: home.file(".aws/config"), atomically: true, encoding: .utf8)
    let clock = ManualClock(at: TestSession.start * 1000)
    let session = TestSession.make(
      ["PATH": "/usr/bin:/bin", "AWS_SECRET_ACCESS_KEY": "hunter2", "MY_TOKEN": "hunter2"],
      home: home, clock: clock)
    let place = CloudPlace(profile: "p")
    #expect(try await find(session, place).accessKey == "K1a b")
    #expect(try await find(session, place, purpose: "r1-deploy").accessKey == "K1a b")
    let seen = try String(contentsOfFile: home.file("env"), encoding: .utf8)
    #expect(!seen.contains("hunter2") && seen.contains("PATH="))
    clock.advance(by: .seconds(3200))
    #expect(try await find(session, place).accessKey == "K1a b")
    clock.advance(by: .seconds(200))
    #expect(try await find(session, place).accessKey == "K2a b")
  }

  @Test("a role is taken on through moto's STS; its session carries rollout and step")
  func takesRoles() async throws {
    let server = try MotoServer.shared()
    let home = try TestSession.home(
      config: """
        [profile base]
        aws_access_key_id = testing
        aws_secret_access_key = testing
        [profile other]
        role_arn = arn:aws:iam::222222222222:role/Deployer
        source_profile = base
        region = eu-west-1
        """)
    var environment = server.environment
    environment["AWS_CONFIG_FILE"] = home.file(".aws/config")
    let session = TestSession.make(environment, home: home, clock: RunningClock())
    let place = CloudPlace(profile: "other")
    #expect(try session.region(at: place) == "eu-west-1")
    let byProfile = try session.client(.sts, at: place, purpose: "r42-copy tables/ü")
    let byURL = try session.client(
      .sts, at: CloudPlace(role: "arn:aws:iam::333333333333:role/Reader"), purpose: "r42-bake")
    let expected = [
      (byProfile, "arn:aws:sts::222222222222:assumed-role/Deployer/r42-copy-tables--"),
      (byURL, "arn:aws:sts::333333333333:assumed-role/Reader/r42-bake"),
    ]
    for (client, arn) in expected {
      let answer = try await client.query("GetCallerIdentity", [])
      #expect(answer.at("GetCallerIdentityResult", "Arn")?.text == arn)
      let keys = try #require(try await client.credentials?.credentials(refusing: nil))
      let seen = try server.python(
        """
        c = client("sts", aws_access_key_id=sys.argv[1], aws_secret_access_key=sys.argv[2],
                   aws_session_token=sys.argv[3])
        print(c.get_caller_identity()["Arn"])
        """, [keys.accessKey, keys.secretKey, keys.sessionToken ?? ""])
      #expect(seen == arn + "\n")
      #expect(keys.expires != nil && keys.account == String(arn.split(separator: ":")[3]))
    }
  }

  @Test("one task fetches while others wait, and expired ones are fetched anew")
  func fetchesOnce() async throws {
    let time = Mutex(TestSession.start)
    let count = Mutex(0)
    let fetch: RefreshingCredentials.Fetch = { (_) async throws(Failure) in
      let number = count.withLock { count in
        count += 1
        return count
      }
      for _ in 0..<50 { await Task.yield() }
      if number == 3 { throw .transient("down", hint: "") }
      return SigningCredentials(
        accessKey: "K\(number)", secretKey: "s", expires: TestSession.start + 3600 * Int64(number))
    }
    let source = RefreshingCredentials(now: { time.withLock { $0 } }, fetch: fetch)
    func ask() async throws -> [String] {
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<20 {
          group.addTask { try await source.credentials(refusing: nil).accessKey }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
    }
    #expect(try await ask().allSatisfy { $0 == "K1" })
    let first = try await source.credentials(refusing: nil)
    #expect(try await source.credentials(refusing: first).accessKey == "K2")
    #expect(try await source.credentials(refusing: first).accessKey == "K2")
    // Shortly before its end the third fetch fails, and what still holds is used on.
    time.withLock { $0 = TestSession.start + 7_000 }
    #expect(try await ask().allSatisfy { $0 == "K2" })
    #expect(count.withLock { $0 } == 3)
    time.withLock { $0 += 120 }
    #expect(try await ask().contains("K4"))
    #expect(count.withLock { $0 } == 4)
  }

  @Test("a second factor is asked for once, and refused where nobody can be asked")
  func asksForFactors() async throws {
    let script = #"""
      def handle(self, path, query):
          form = dict(urllib.parse.parse_qsl(self.body().decode()))
          if form.get("TokenCode") != "123456" or form.get("ExternalId") != "ext":
              return self.answer(403, body="<ErrorResponse><Error><Code>AccessDenied</Code>"
                                           "<Message>wrong code</Message></Error></ErrorResponse>")
          self.answer(body="<R><AssumeRoleResult><Credentials><AccessKeyId>" +
              form["RoleSessionName"] + "</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
              "<SessionToken>t</SessionToken><Expiration>2040-01-01T00:00:00Z</Expiration>"
              "</Credentials></AssumeRoleResult></R>")
      """#
    let home = try TestSession.home(
      config: """
        [profile mfa]
        role_arn = arn:aws:iam::1:role/x
        source_profile = base
        mfa_serial = arn:aws:iam::1:mfa/me
        external_id = ext
        """, credentials: "[base]\naws_access_key_id = B\naws_secret_access_key = s")
    try await ScriptedServer.run(script) { server in
      let asked = Mutex<[String]>([])
      let environment = ["AWS_ENDPOINT_URL": server.base, "AWS_REGION": "us-east-1"]
      let session = TestSession.make(environment, home: home) {
        $0.askFactor = { serial, profile in
          asked.withLock { $0.append("\(serial) \(profile)") }
          return "123456"
        }
      }
      let place = CloudPlace(profile: "mfa")
      let first = try await find(session, place, purpose: "r1-a")
      let second = try await find(session, place, purpose: "r1-b")
      #expect(first.accessKey == "cutover" && second == first)
      #expect(asked.withLock { $0 } == ["arn:aws:iam::1:mfa/me mfa"])
      let silent = TestSession.make(environment, home: home)
      #expect(await failure(silent, place).contains("there is no terminal to ask on"))
      let wrong = TestSession.make(environment, home: home) { $0.askFactor = { _, _ in "1" } }
      #expect(await failure(wrong, place).contains("wrong code"))
    }
  }
}
