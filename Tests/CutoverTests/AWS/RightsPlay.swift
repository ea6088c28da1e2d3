import Foundation
import Harness
import JSON

/// One playbook of Fixtures/rights with what it needs, on the server that all suites share.
struct RightsPlay {
  let server: MotoServer
  private let stage: AWSStage
  private let playbook: String
  private let settings: [String]

  /// What the playbook needs is made anew; what an earlier one has left is removed.
  init(_ name: String) throws {
    server = try MotoServer.shared()
    stage = try AWSStage(server)
    let folder = "\(AWSStage.fixtures)/rights"
    playbook = "\(folder)/\(name).json5"
    try stage.cutover.write(
      "template.json",
      """
      { "Resources": { "Topic": { "Type": "AWS::SNS::Topic" },
        "Queue": { "Type": "AWS::SQS::Queue" } } }
      """
    )
    let made = try stage.script("\(folder)/making.py", name, stage.cutover.folder.path)
    settings = made.split(separator: "\n").flatMap { ["--set", String($0)] }
  }

  var forward: [String] {
    ["run", playbook, "--live", "blue", "--yes", "--no-wait"] + settings
  }

  /// What `cutover policy` prints for it.
  func policies() throws -> JSONValue {
    let output = try stage.run(["policy", playbook, "--json"] + settings)
    guard output.code == 0 else { throw HarnessError("policy: \(output.all)") }
    return try JSONValue(parsing: output.text)
  }

  func plan(through proxy: FaultProxy, _ words: String...) throws -> Binary.Output {
    try cutover(
      ["plan", playbook, "--live", "blue"] + settings + words, as: "planner", through: proxy)
  }

  /// Runs the program with an access key of one's own.
  func cutover(_ words: [String], as key: String, through proxy: FaultProxy) throws -> Binary.Output
  {
    try stage.run(words, endpoint: proxy.url, more: ["AWS_ACCESS_KEY_ID": key])
  }

  /// The name of the role that an access key of the proxy stands for.
  static func arn(_ key: String) -> String { "arn:aws:iam::123456789012:role/teams/\(key)" }

  /// The policies by access key, if wanted without one action of those who change something.
  static func roles(
    _ policies: JSONValue, without action: String? = nil
  ) throws -> [String: JSONValue] {
    var roles: [String: JSONValue] = [:]
    for (key, role) in [("planner", "plan"), ("applier", "apply"), ("destroyer", "destroy")] {
      guard let policy = policies[role] else { throw HarnessError("no policy '\(role)'") }
      // Null would allow everything.
      let held: JSONValue = policy.isNull ? ["Statement": []] : policy
      roles[key] = role == "plan" ? held : Self.policy(held, without: action)
    }
    return roles
  }

  private static func policy(_ policy: JSONValue, without action: String?) -> JSONValue {
    guard let action else { return policy }
    var policy = policy
    let statements = (policy["Statement"]?.elements ?? []).map { statement in
      var statement = statement
      statement["Action"] = .array(
        (statement["Action"]?.elements ?? []).filter { $0.string != action })
      return statement
    }
    policy["Statement"] = .array(statements)
    return policy
  }
}
