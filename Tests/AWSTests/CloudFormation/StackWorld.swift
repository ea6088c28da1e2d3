import Foundation
import Harness
import JSON
import Resources
import Synchronization
import Wire

@testable import AWS

/// A stack under test with the server that it is on, a folder of templates, and its history.
struct StackWorld {
  let session: AWSSession
  let folder: TemporaryFolder
  let name: String
  let history = History()

  final class History: Sendable {
    private let state = Mutex<[String]>([])
    var lines: [String] { state.withLock { $0 } }
    func add(_ line: String) { state.withLock { $0.append(line) } }
  }

  private let secrets: Secrets

  init(
    _ environment: [String: String], name: String = "shop",
    secrets: Secrets = Secrets { (_, _) throws(Failure) in nil }
  ) throws {
    self.secrets = secrets
    // Nobody checks the signature's time here, so that retries need not wait either.
    session = AWSSession(
      AWSSession.Settings(environment: environment, homeFolder: "/nonexistent"),
      clock: ManualClock(movesByItself: true)
    ) {
      HTTPClient(
        HTTPClient.Settings(userAgent: "cutover-tests", proxies: HTTPProxies(environment: [:])))
    }
    folder = try TemporaryFolder()
    self.name = name
  }

  /// The stack as a process of that step would open it; waiting costs no time.
  func stack(
    step: String? = "r1-deploy", query: String = "", clock: (any WallClock)? = nil
  ) throws -> CloudFormationStack {
    try CloudFormationStack(
      ResourceURL("cloudformation://us-east-1/\(name)\(query)"),
      in: ProviderContext(
        secrets: secrets, clock: clock ?? ManualClock(movesByItself: true), purpose: step),
      session: session)
  }

  /// Writes a template and gives what deploys it.
  func template(
    _ resources: [String: JSONValue], outputs: [String: JSONValue] = [:],
    parameters: [String: JSONValue] = [:], given: [String: String] = [:],
    settings: StackSettings? = nil
  ) throws -> StackTemplate {
    var members: [JSONValue.Member] = []
    for (key, part) in [("Parameters", parameters), ("Resources", resources), ("Outputs", outputs)]
    where !part.isEmpty {
      members.append(.init(key, .object(part.sorted { $0.key < $1.key }.map { .init($0, $1) })))
    }
    let path = "\(folder.path)/\(UUID().uuidString).json"
    try Data(JSONValue.object(members).compact()).write(to: URL(filePath: path))
    return StackTemplate(location: path, parameters: given, settings: settings)
  }

  var watch: StackWatch {
    StackWatch(
      note: { [history] (line) async throws(Failure) in history.add(line) }, show: { _ in },
      checkStop: { () throws(Failure) in })
  }

  /// A table as a template has it; more members of it as they come.
  static func table(
    key: String = "id", _ more: [String: JSONValue] = [:]
  ) -> JSONValue {
    resource(
      "AWS::DynamoDB::Table",
      [
        "AttributeDefinitions": [["AttributeName": .string(key), "AttributeType": "S"]],
        "KeySchema": [["AttributeName": .string(key), "KeyType": "HASH"]],
        "BillingMode": "PAY_PER_REQUEST",
      ], more)
  }

  static func resource(
    _ type: String, _ properties: [String: JSONValue] = [:], _ more: [String: JSONValue] = [:]
  ) -> JSONValue {
    var value: JSONValue = ["Type": .string(type)]
    if !properties.isEmpty {
      value["Properties"] = .object(
        properties.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) })
    }
    for (key, part) in more.sorted(by: { $0.key < $1.key }) { value[key] = part }
    return value
  }

  /// A nested stack as the emulator takes it, with its template inside.
  static func nested(_ resources: [String: JSONValue], outputs: [String: JSONValue] = [:])
    -> JSONValue
  {
    resource(
      "AWS::CloudFormation::Stack",
      [
        "Template": [
          "Resources": .object(
            resources.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }),
          "Outputs": .object(outputs.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }),
        ]
      ])
  }

  static let queue = resource("AWS::SQS::Queue")
  static func failing(_ verb: String, _ reason: String) -> JSONValue {
    resource(
      "AWS::SQS::Queue", [:], ["Metadata": ["fail": .string(verb), "reason": .string(reason)]])
  }
}
