import Digests
import Foundation
import Harness
import JSON
import Resources
import Testing
import Wire

@testable import AWS

/// Containers, machines, web identities and Identity Center, each spoken by a small server as AWS's
/// documentation has it.
@Suite("Credentials from services", .waiting, .timeLimit(.minutes(15)))
struct MachineCredentialTests {
  private static let script = #"""
    import datetime
    def keys(name, **more):
        return json.dumps({"AccessKeyId": name, "SecretAccessKey": "hunter2", "Token": "t",
                           "Expiration": "2040-01-01T00:00:00Z", **more})

    def handle(self, path, query):
        body = self.body().decode()
        form = dict(urllib.parse.parse_qsl(body))
        if path == "/latest/api/token" and self.command == "PUT":
            if shared.get("role") is None: return self.answer(404)
            self.answer(body="imds-token")
        elif path.startswith("/latest/meta-data"):
            if self.headers.get("X-aws-ec2-metadata-token") != "imds-token":
                return self.answer(401)
            if path.endswith("/security-credentials/"): return self.answer(body=shared["role"])
            self.answer(body=keys("IMDS-" + path.split("/")[-1], Code="Success"))
        elif path == "/role":
            shared["role"] = "machine-role"
            self.answer()
        elif path == "/container":
            if self.headers.get("Authorization") != "secret-token": return self.answer(401)
            self.answer(body=keys("ECS"))
        elif form.get("Action") == "AssumeRoleWithWebIdentity":
            if self.headers.get("Authorization") or form["WebIdentityToken"] != "jwt":
                return self.answer(403)
            self.answer(body="<R><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>" +
                form["RoleSessionName"] + "</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
                "<SessionToken>t</SessionToken><Expiration>2040-01-01T00:00:00Z</Expiration>"
                "</Credentials></AssumeRoleWithWebIdentityResult></R>")
        elif path == "/federation/credentials":
            if self.headers.get("x-amz-sso_bearer_token") not in ("good", "renewed"):
                return self.answer(401, [("x-amzn-ErrorType", "UnauthorizedException")],
                                   '{"message": "Session token not found or invalid"}')
            self.answer(body=json.dumps({"roleCredentials": {
                "accessKeyId": query["account_id"] + query["role_name"], "secretAccessKey": "s",
                "sessionToken": self.headers.get("x-amz-sso_bearer_token"),
                "expiration": 2208988800000}}))
        elif path == "/token":
            given = json.loads(body)
            if given["refreshToken"] != "r1" or given["grantType"] != "refresh_token":
                return self.answer(400, body='{"error": "invalid_grant"}')
            self.answer(body=json.dumps({"accessToken": "renewed", "expiresIn": 3600,
                                         "refreshToken": "r2", "tokenType": "Bearer"}))
        else:
            self.answer(404)
    """#

  private func find(
    _ session: AWSSession, profile: String? = nil, purpose: String? = nil
  ) async throws -> SigningCredentials {
    try await session.credentials(at: CloudPlace(profile: profile), purpose: purpose)
      .credentials(refusing: nil)
  }

  @Test("a machine's role is asked for with a token, and a machine without one has no credentials")
  func asksMachine() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let environment = ["AWS_EC2_METADATA_SERVICE_ENDPOINT": server.base + "/"]
      let session = TestSession.make(environment)
      let none = await #expect(throws: Failure.self) { try await find(session) }
      #expect(none?.summary.contains("no AWS credentials were found") == true)
      let client = HTTPClient(.init(userAgent: "t", proxies: .none))
      _ = try await client.send(HTTPRequest("GET", server.base + "/role"))
      let found = try await find(session)
      #expect(found.accessKey == "IMDS-machine-role" && found.sessionToken == "t")
      let off = TestSession.make(environment.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 })
      await #expect(throws: Failure.self) { try await find(off) }
    }
  }

  @Test("a container is asked with its token, and only a trusted host over plain HTTP")
  func asksContainer() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let folder = try TemporaryFolder()
      try "secret-token\n".write(toFile: folder.file("t"), atomically: true, encoding: .utf8)
      var environment = [
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.base + "/container",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": folder.file("t"),
      ]
      #expect(try await find(TestSession.make(environment)).accessKey == "ECS")
      environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = nil
      environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "wrong"
      let refused = TestSession.make(environment)
      let denied = await #expect(throws: Failure.self) { try await find(refused) }
      #expect(denied?.summary.contains("status 401") == true)
      environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://example.org/x"
      let foreign = TestSession.make(environment)
      let unsafe = await #expect(throws: Failure.self) { try await find(foreign) }
      #expect(unsafe?.summary.contains("example.org may not be asked over plain HTTP") == true)
    }
  }

  @Test("a web identity is exchanged without a signature")
  func exchangesWebIdentity() async throws {
    try await ScriptedServer.run(Self.script) { server in
      let folder = try TemporaryFolder()
      try "jwt\n".write(toFile: folder.file("jwt"), atomically: true, encoding: .utf8)
      let session = TestSession.make([
        "AWS_ENDPOINT_URL_STS": server.base, "AWS_WEB_IDENTITY_TOKEN_FILE": folder.file("jwt"),
        "AWS_ROLE_ARN": "arn:aws:iam::1:role/pod", "AWS_EC2_METADATA_DISABLED": "true",
      ])
      #expect(try await find(session, purpose: "r7-bake").accessKey == "r7-bake")
    }
  }

  @Test("Identity Center gives credentials for its token, renews it, or asks for a login")
  func usesIdentityCenter() async throws {
    let home = try TestSession.home(
      config: """
        [profile new]
        sso_session = corp
        sso_account_id = 111
        sso_role_name = Admin
        [profile old]
        sso_start_url = https://corp.example/start
        sso_region = eu-west-1
        sso_account_id = 222
        sso_role_name = Reader
        [sso-session corp]
        sso_start_url = https://corp.example/start
        sso_region = eu-west-1
        """)
    let cache = home.file(".aws/sso/cache")
    try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: true)
    func path(_ name: String) -> String {
      "\(cache)/\(Digest.hex(Digest.sha1(Array(name.utf8)))).json"
    }
    func put(_ name: String, _ token: String, expires: String) throws {
      let text = """
        {"accessToken": "\(token)", "expiresAt": "\(expires)", "region": "eu-west-1",
         "clientId": "c", "clientSecret": "hunter2", "refreshToken": "r1",
         "registrationExpiresAt": "2040-01-01T00:00:00Z", "startUrl": "https://corp.example/start"}
        """
      try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }
    try await ScriptedServer.run(Self.script) { server in
      func session() -> AWSSession {
        TestSession.make(["AWS_ENDPOINT_URL": server.base], home: home)
      }
      func words(_ profile: String) async -> String {
        let failure = await #expect(throws: Failure.self) {
          try await find(session(), profile: profile)
        }
        return failure?.description ?? ""
      }
      #expect(await words("new").contains("aws sso login --profile new"))
      try put("corp", "good", expires: "2039-01-01T00:00:00Z")
      try put("https://corp.example/start", "good", expires: "2039-01-01T00:00:00Z")
      #expect(try await find(session(), profile: "new").accessKey == "111Admin")
      #expect(try await find(session(), profile: "old").accessKey == "222Reader")

      try put("corp", "good", expires: "2020-01-01T00:00:00Z")
      #expect(try await find(session(), profile: "new").sessionToken == "renewed")
      let kept = try JSONValue(reading: Array(try Data(contentsOf: URL(filePath: path("corp")))))
      #expect(kept["accessToken"]?.string == "renewed" && kept["refreshToken"]?.string == "r2")
      #expect(kept["startUrl"]?.string == "https://corp.example/start")
      let mode = try FileManager.default.attributesOfItem(atPath: path("corp"))
      #expect((mode[.posixPermissions] as? NSNumber)?.intValue == 0o600)

      try put("https://corp.example/start", "good", expires: "2020-01-01T00:00:00Z")
      #expect(await words("old").contains("its token has expired"))
      try put("corp", "bad", expires: "2039-01-01T00:00:00Z")
      let refused = await words("new")
      #expect(refused.contains("AWS does not take its token") && !refused.contains("hunter2"))
    }
  }
}
