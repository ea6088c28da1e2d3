import Foundation
import Harness
import Resources
import Synchronization
import Testing
import Wire

@testable import AWS

/// Profiles over profiles, as botocore's own chain goes through them.
///
/// The server gives keys whose name is the role, and behind it the keys that signed for it.
@Suite("Roles over roles", .waiting, .timeLimit(.minutes(15)))
struct RoleChainTests {
  private static let script = #"""
    def keys(name):
        return json.dumps({"AccessKeyId": name, "SecretAccessKey": "s", "Token": "t",
                           "Expiration": "2040-01-01T00:00:00Z", "Code": "Success"})

    def handle(self, path, query):
        form = dict(urllib.parse.parse_qsl(self.body().decode()))
        if path == "/latest/api/token": return self.answer(body="token")
        if path.endswith("/security-credentials/"): return self.answer(body="r")
        if path.endswith("/security-credentials/r"): return self.answer(body=keys("IMDS"))
        if path == "/container": return self.answer(body=keys("ECS"))
        signer = self.headers["Authorization"].split("Credential=")[1].split("/")[0]
        with changed:
            shared[signer] = shared.get(signer, 0) + 1
            if signer.startswith("OLD") and shared[signer] > 1:
                return self.answer(403, body="<ErrorResponse><Error><Code>ExpiredToken</Code>"
                                             "<Message>old</Message></Error></ErrorResponse>")
        name = ".".join([form["RoleArn"].split("/")[-1], form["RoleSessionName"],
                         form.get("DurationSeconds", "-"), signer])
        self.answer(body="<R><AssumeRoleResult><Credentials><AccessKeyId>" + name +
            "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            "<Expiration>2040-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></R>")
    """#

  private static let off = ["AWS_EC2_METADATA_DISABLED": "true", "PATH": "/usr/bin:/bin"]

  private func find(
    _ session: AWSSession, _ profile: String? = nil, purpose: String? = nil
  ) async throws -> SigningCredentials {
    try await session.credentials(at: CloudPlace(profile: profile), purpose: purpose)
      .credentials(refusing: nil)
  }

  private func words(_ session: AWSSession, _ profile: String? = nil) async -> String {
    do {
      return "found \(try await find(session, profile).accessKey)"
    } catch {
      return "\(error)"
    }
  }

  @Test("a role stands on a role on a role, each with its own duration, and the last with its name")
  func chains() async throws {
    let home = try TestSession.home(
      config: """
        [profile top]
        role_arn = arn:aws:iam::1:role/top
        source_profile = middle
        duration_seconds = 3600
        [profile middle]
        role_arn = arn:aws:iam::1:role/middle
        source_profile = low
        role_session_name = fixed
        [profile low]
        role_arn = arn:aws:iam::1:role/low
        source_profile = keys
        [profile both]
        role_arn = arn:aws:iam::1:role/unused
        source_profile = nobody
        aws_access_key_id = BOTH
        aws_secret_access_key = s
        [profile over]
        role_arn = arn:aws:iam::1:role/over
        source_profile = both
        [profile itself]
        role_arn = arn:aws:iam::1:role/itself
        source_profile = itself
        aws_access_key_id = OWN
        aws_secret_access_key = s
        """, credentials: "[keys]\naws_access_key_id = KEYS\naws_secret_access_key = s")
    try await ScriptedServer.run(Self.script) { server in
      let session = TestSession.make(
        ["AWS_ENDPOINT_URL": server.base, "AWS_REGION": "us-east-1"], home: home)
      let top = try await find(session, "top", purpose: "r1-a")
      #expect(top.accessKey == "top.r1-a.3600.middle.fixed.-.low.cutover.-.KEYS")
      // Keys of a source go before its role; of the profile itself, only if it names itself.
      #expect(try await find(session, "over").accessKey == "over.cutover.-.BOTH")
      #expect(try await find(session, "itself").accessKey == "itself.cutover.-.OWN")
    }
  }

  @Test("the surroundings lend their credentials to a role, and a profile says where they are")
  func surroundings() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let home = try TestSession.home(
        config: """
          [profile environment]
          role_arn = arn:aws:iam::1:role/a
          credential_source = Environment
          [profile machine]
          role_arn = arn:aws:iam::1:role/b
          credential_source = Ec2InstanceMetadata
          ec2_metadata_service_endpoint = \(server.base)
          metadata_service_timeout = 3
          [profile container]
          role_arn = arn:aws:iam::1:role/c
          credential_source = EcsContainer
          endpoint_url = \(server.base)
          [profile odd]
          role_arn = arn:aws:iam::1:role/d
          credential_source = Moon
          [profile two]
          role_arn = arn:aws:iam::1:role/e
          credential_source = Environment
          source_profile = machine
          [profile slow]
          role_arn = arn:aws:iam::1:role/f
          credential_source = Ec2InstanceMetadata
          metadata_service_num_attempts = many
          """)
      let environment = [
        "AWS_ENDPOINT_URL_STS": server.base, "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.base + "/container",
      ]
      let session = TestSession.make(environment, home: home)
      #expect(try await find(session, "environment").accessKey == "a.cutover.-.ENV")
      #expect(try await find(session, "machine").accessKey == "b.cutover.-.IMDS")
      #expect(await words(session, "odd").contains("Environment, Ec2InstanceMetadata or"))
      #expect(await words(session, "two").contains("'source_profile' stands there too"))
      #expect(await words(session, "slow").contains("metadata_service_num_attempts in a profile"))
      // The profile that takes the role on may say where STS is.
      let plain = TestSession.make(
        environment.filter { $0.key != "AWS_ENDPOINT_URL_STS" }, home: home)
      #expect(try await find(plain, "container").accessKey == "c.cutover.-.ECS")
      let none = TestSession.make(Self.off.merging(["AWS_REGION": "x"]) { $1 }, home: home)
      #expect(await words(none, "environment").contains("no credentials from Environment"))
    }
  }

  @Test("profiles that lead round, stop short or say nonsense are told before anybody is asked")
  func mistakes() async throws {
    let home = try TestSession.home(
      config: """
        [profile a]
        role_arn = arn:aws:iam::1:role/a
        source_profile = b
        [profile b]
        role_arn = arn:aws:iam::1:role/b
        source_profile = c
        [profile c]
        role_arn = arn:aws:iam::1:role/c
        source_profile = b
        [profile far]
        role_arn = arn:aws:iam::1:role/x
        source_profile = near
        [profile near]
        role_arn = arn:aws:iam::1:role/x
        source_profile = nobody
        [profile long]
        role_arn = arn:aws:iam::1:role/x
        source_profile = keys
        duration_seconds = 12h
        [profile keys]
        aws_access_key_id = K
        aws_secret_access_key = s
        [profile old]
        credential_process = echo '{"AccessKeyId": "K", "SecretAccessKey": "hunter2"}'
        [profile login]
        login_session = arn:aws:iam::1:user/me
        [profile tokens]
        sso_session = corp
        [profile other]
        sso_session = corp
        sso_region = us-east-1
        sso_account_id = 1
        sso_role_name = r
        [profile half]
        sso_session = corp
        sso_account_id = 1
        [sso-session corp]
        sso_region = eu-west-1
        sso_start_url = https://corp.example/start
        """)
    let session = TestSession.make(Self.off, home: home)
    let expected = [
      "a": "round in a circle", "far": "there is no profile 'nobody'",
      "long": "'duration_seconds': it is a number from 900", "old": "\"Version\": 1",
      "login": "uses 'aws login'", "tokens": "says nothing of credentials",
      "other": "'sso_region': it is another one at", "half": "it needs 'sso_role_name' beside it",
    ]
    for (profile, words) in expected {
      let text = await self.words(session, profile)
      #expect(text.contains(words), "\(profile): \(text)")
      #expect(!text.contains("hunter2"), "\(text)")
    }
    // A name that nothing has is told although there are keys, as the tools of AWS do.
    let keys = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s"]
    let named = TestSession.make(keys.merging(["AWS_PROFILE": "nobody"]) { $1 }, home: home)
    #expect(await words(named).contains("there is no AWS profile 'nobody'"))
    let known = TestSession.make(keys.merging(["AWS_PROFILE": "keys"]) { $1 }, home: home)
    #expect(try await find(known).accessKey == "ENV")
  }

  @Test("botocore finds the same keys in the same files, of processes and old tokens too")
  func agreesWithBotocore() async throws {
    let home = try TestSession.home(
      config: """
        [profile process]
        credential_process = printf '{"Version": 1, "AccessKeyId": "PROC", "SecretAccessKey": "s"}'
        aws_access_key_id = CONFIG
        aws_secret_access_key = s
        aws_account_id = 42
        [profile shared]
        credential_process = false
        [profile plain]
        aws_access_key_id = PLAIN
        aws_secret_access_key = s
        aws_security_token = old
        """, credentials: "[shared]\naws_access_key_id = SHARED\naws_secret_access_key = s")
    let script = """
      import botocore.session, sys
      c = botocore.session.Session(profile=sys.argv[1]).get_credentials()
      print(c.access_key, c.token, c.account_id)
      """
    for profile in ["process", "shared", "plain"] {
      let output = try Tool.run([
        "env", "AWS_CONFIG_FILE=\(home.file(".aws/config"))",
        "AWS_SHARED_CREDENTIALS_FILE=\(home.file(".aws/credentials"))", "python3", "-c", script,
        profile,
      ])
      let found = try await find(TestSession.make(Self.off, home: home), profile)
      let line = [found.accessKey, found.sessionToken ?? "None", found.account ?? "None"]
      #expect(output.text == line.joined(separator: " ") + "\n", "\(output.errorText)")
    }
    let environment = [
      "AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SECURITY_TOKEN": "old",
    ]
    #expect(try await find(TestSession.make(environment)).sessionToken == "old")
    let ended = ["AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"]
    let late = TestSession.make(environment.merging(ended) { $1 })
    #expect(await words(late).contains("have expired"))
    let odd = TestSession.make(
      environment.merging(["AWS_CREDENTIAL_EXPIRATION": "soon"]) { $1 })
    #expect(await words(odd).contains("AWS_CREDENTIAL_EXPIRATION is not a moment"))
  }

  @Test("the process of a source is run once for all steps, and again when its keys have expired")
  func sharesSources() async throws {
    let home = try TestSession.home()
    try """
    [profile role]
    role_arn = arn:aws:iam::1:role/x
    source_profile = base
    [profile base]
    credential_process = sh -c 'r="\(home.file("runs"))"; echo x >> "$r"; \
    [ $(wc -l < "$r") = 1 ] && k=OLD || k=NEW; \
    echo "{\\"Version\\": 1, \\"AccessKeyId\\": \\"$k\\", \\"SecretAccessKey\\": \\"s\\"}"'
    """.write(toFile: home.file(".aws/config"), atomically: true, encoding: .utf8)
    try await ScriptedServer.run(Self.script) { server in
      let session = TestSession.make(
        [
          "AWS_ENDPOINT_URL": server.base, "AWS_REGION": "us-east-1", "PATH": "/usr/bin:/bin",
        ], home: home)
      func runs() throws -> Int {
        try String(contentsOfFile: home.file("runs"), encoding: .utf8).count / 2
      }
      let first = try await find(session, "role", purpose: "r1-a")
      #expect(first.accessKey == "x.r1-a.-.OLD")
      #expect(try runs() == 1)
      // The second session finds them expired: the source is asked anew, once.
      #expect(try await find(session, "role", purpose: "r1-b").accessKey == "x.r1-b.-.NEW")
      #expect(try await find(session, "role", purpose: "r1-c").accessKey == "x.r1-c.-.NEW")
      #expect(try runs() == 2)
    }
  }

  @Test("whoever waits for another's renewal stops when told to, and the others get it")
  func stopsWaiting() async throws {
    let (begun, hasBegun) = AsyncStream<Void>.makeStream()
    let (gate, opener) = AsyncStream<Void>.makeStream()
    let fetch: RefreshingCredentials.Fetch = { (_) async throws(Failure) in
      hasBegun.yield()
      for await _ in gate { break }
      return SigningCredentials(accessKey: "K", secretKey: "s")
    }
    let source = RefreshingCredentials(now: { TestSession.start }, fetch: fetch)
    func ask() -> Task<String, Never> {
      Task {
        do throws(Failure) {
          return try await source.credentials(refusing: nil).accessKey
        } catch {
          return "\(error.kind)"
        }
      }
    }
    let first = ask()
    for await _ in begun { break }
    let impatient = ask()
    let patient = ask()
    impatient.cancel()
    #expect(await impatient.value == "cancelled")
    let late = ask()
    late.cancel()
    #expect(await late.value == "cancelled")
    opener.yield()
    #expect(await first.value == "K")
    #expect(await patient.value == "K")
  }
}
