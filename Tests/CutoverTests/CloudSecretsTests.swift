import AWS
import Harness
import Resources
import Testing
import Wire

@testable import Program

/// Secrets that moto keeps, written with boto3.
@Suite("Secrets of the cloud", .waiting)
struct CloudSecretsTests {
  private let server: MotoServer
  private let secrets: Secrets

  init() throws {
    let server = try MotoServer.shared()
    self.server = server
    let clock = ManualClock(movesByItself: true)
    let session = AWSSession(
      AWSSession.Settings(environment: server.environment, homeFolder: "/nonexistent"),
      clock: clock
    ) {
      HTTPClient(HTTPClient.Settings(userAgent: "cutover-tests", proxies: .none))
    }
    secrets = SecretSources.standard(
      environment: [:], cloud: AWSCloud(session), clock: clock)
  }

  private func reveal(_ reference: String) async throws -> String {
    try await secrets.reveal("${secret:\(reference)}")
  }

  private func failure(_ reference: String) async throws -> Failure {
    try await #require(throws: Failure.self) { try await reveal(reference) }
  }

  @Test("a parameter is decrypted, by version too and in another region, and struck out of texts")
  func parameters() async throws {
    _ = try server.python(
      """
      ssm = client('ssm')
      ssm.put_parameter(Name='/secrets/key', Value='first-value', Type='SecureString')
      ssm.put_parameter(Name='/secrets/key', Value='hunter22', Type='SecureString', Overwrite=True)
      west = client('ssm', region_name='eu-west-1')
      west.put_parameter(Name='/secrets/west', Value='western', Type='SecureString')
      """)
    #expect(try await secrets.reveal("a ${secret:ssm:/secrets/key} b") == "a hunter22 b")
    #expect(secrets.redact("it was hunter22") == "it was [secret]")
    #expect(try await reveal("ssm:/secrets/key:1") == "first-value")
    #expect(try await reveal("ssm:/secrets/west?region=eu-west-1") == "western")
    #expect(try await failure("ssm:/secrets/west").summary.contains("is not set"))
    #expect(
      try await failure("ssm:/secrets/key?place=a").summary
        == "'place=a' means nothing in ${secret:…}")
  }

  @Test("a secret is read whole, by key, by its full name and by stage")
  func secretsManager() async throws {
    let arn = try server.python(
      """
      store = client('secretsmanager')
      value = json.dumps({'user': 'admin-user', 'port': 5432})
      store.create_secret(Name='secrets/login', SecretString='former-value')
      store.put_secret_value(SecretId='secrets/login', SecretString=value)
      store.create_secret(Name='secrets/bytes', SecretBinary=b'plain-bytes')
      west = client('secretsmanager', region_name='eu-west-1')
      print(west.create_secret(Name='secrets/west', SecretString='western')['ARN'], end='')
      """)
    #expect(try await reveal("secretsmanager:secrets/login#user") == "admin-user")
    #expect(try await reveal("secretsmanager:secrets/login#port") == "5432")
    #expect(try await reveal("secretsmanager:secrets/login").contains(#""port": 5432"#))
    #expect(
      try await reveal("secretsmanager:secrets/login?stage=AWSPREVIOUS") == "former-value")
    #expect(try await reveal("secretsmanager:secrets/bytes") == "plain-bytes")
    #expect(try await reveal("secretsmanager:\(arn)") == "western")
    let noKey = try await failure("secretsmanager:secrets/login#pass")
    #expect(noKey.summary == "the secret secrets/login has no key 'pass'")
    #expect(try await failure("secretsmanager:secrets/none").summary.contains("is not set"))
    #expect(try await failure("secretsmanager:secrets/bytes#a").summary.contains("has no key"))
  }

  @Test("a store that does not answer is not taken for one without the secret")
  func unreachable() async throws {
    let secrets = SecretSources.standard(environment: [:], clock: ManualClock())
    let failure = try await #require(throws: Failure.self) {
      try await secrets.reveal("${secret:ssm:/secrets/key}")
    }
    #expect(!failure.summary.contains("is not set"))
    let kind = try await self.failure("vault:x")
    #expect(kind.summary == "there is no source of secrets called 'vault'")
  }
}
