import Harness
import Resources
import Rollouts
import Testing

@testable import Actions

/// Parameters of moto's SSM, written with boto3.
@Suite("Reading parameters", .waiting)
struct ParametersReadTests {
  private let server: MotoServer
  private let stage: CloudStage

  init() throws {
    server = try MotoServer.shared()
    stage = try CloudStage(server.environment)
  }

  @Test("parameters become outputs, more than one request holds, by version and by full name")
  func reads() async throws {
    let arn = try server.python(
      """
      ssm = client('ssm')
      for n in range(12): ssm.put_parameter(Name='/read/%d' % n, Value='v%d' % n, Type='String')
      ssm.put_parameter(Name='/read/0', Value='newer', Type='String', Overwrite=True)
      ssm.put_parameter(Name='/read/two', Value='first', Type='String')
      ssm.put_parameter(Name='/read/two', Value='second', Type='String', Overwrite=True)
      ssm.put_parameter(Name='/read/list', Value='a,b', Type='StringList')
      print(ssm.get_parameter(Name='/read/1')['Parameter']['ARN'], end='')
      """)
    let names = (0..<12).map { "p\($0): '/read/\($0)'" }.joined(separator: ", ")
    let rig = try stage.rig(
      ParametersRead.self,
      "{parameters: {\(names), old: '/read/two:1', list: '/read/list', full: '\(arn)'}}")
    #expect(try await rig.plan().changes.isEmpty)
    let outputs = try await rig.apply().outputs
    #expect(outputs.count == 15)
    #expect(outputs["p0"] == "newer" && outputs["old"] == "first" && outputs["p11"] == "v11")
    #expect(outputs["list"] == "a,b" && outputs["full"] == "v1")
  }

  @Test("a secret is refused with what to write instead, and one that is missing is named")
  func refuses() async throws {
    _ = try server.python(
      """
      client('ssm').put_parameter(Name='/read/secret', Value='hunter22', Type='SecureString')
      client('ssm').put_parameter(Name='/read/plain', Value='v', Type='String')
      """)
    let secret = try await #require(throws: Failure.self) {
      try await stage.rig(ParametersRead.self, "{parameters: {a: '/read/secret'}}").apply()
    }
    #expect(secret.kind == .refused)
    #expect(secret.hint == "Write ${secret:ssm:/read/secret} where it is used.")
    #expect(!"\(secret)".contains("hunter22"))
    let missing = try await #require(throws: Failure.self) {
      try await stage.rig(ParametersRead.self, "{parameters: {a: '/read/plain', b: '/read/none'}}")
        .apply()
    }
    #expect(missing.summary == "there is no SSM parameter '/read/none'")
  }
}
