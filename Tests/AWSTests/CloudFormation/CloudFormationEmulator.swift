import Foundation
import Harness

/// A small CloudFormation on a loopback port that does what moto does not: events, pages, nested
/// change sets, replacements, failures and the states that they lead to.
///
/// It answers in the XML that botocore's model asks for. Templates are JSON; what shall go wrong
/// stands in a resource's `Metadata`: `{"fail": "create" | "update" | "delete", "times": 1}`. Nested
/// stacks carry their template in `Properties.Template`. An operation goes one event forward with
/// each look at the stack's status, so nothing ever waits.
final class CloudFormationEmulator: Sendable {
  let url: String
  let environment: [String: String]

  private init(port: Int) {
    url = "http://127.0.0.1:\(port)"
    environment = [
      "AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "testing",
      "AWS_SECRET_ACCESS_KEY": "testing", "AWS_REGION": "us-east-1",
      "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
      "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    ]
  }

  /// Starts one, hands it to the closure, and ends it; it also ends with the test's process.
  static func run<Answer>(_ body: (CloudFormationEmulator) async throws -> Answer) async throws
    -> Answer
  {
    let child = Process()
    let input = Pipe.make()
    let output = Pipe.make()
    child.executableURL = URL(filePath: "/usr/bin/env")
    child.arguments = [
      "python3", URL(filePath: #filePath).deletingLastPathComponent().path + "/emulator.py",
    ]
    child.standardInput = input
    child.standardOutput = output
    try child.start()
    defer {
      try? input.fileHandleForWriting.close()
      child.waitUntilExit()
    }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw HarnessError("the emulator did not start: \(line)")
    }
    return try await body(CloudFormationEmulator(port: port))
  }

  /// Runs a Python script with boto3 against it and gives what it printed.
  func python(_ script: String) throws -> String {
    let opening = """
      import boto3, json
      cf = boto3.client("cloudformation")

      """
    let settings = environment.map { "\($0.key)=\($0.value)" }
    let output = try Tool.run(["env"] + settings + ["python3", "-c", opening + script])
    guard output.status == 0 else { throw HarnessError("python: \(output.errorText)") }
    return output.text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The operations called so far, with what they were called with.
  func calls(_ operation: String) throws -> [[String: String]] {
    let output = try Tool.run(["curl", "--silent", "\(url)/_calls/\(operation)"])
    return try JSONDecoder().decode([[String: String]].self, from: Data(output.text.utf8))
  }

  /// Makes the next call of an operation answer with an error, or hang up after its effect.
  ///
  /// With `about`, the next one in whose parameters that text stands.
  func fail(
    _ operation: String, _ code: String, _ message: String = "", about text: String? = nil
  ) throws {
    let text = "\(operation)|\(code)|\(message)" + (text.map { "|\($0)" } ?? "")
    _ = try Tool.run(["curl", "--silent", "--data-binary", text, "\(url)/_fail"])
  }
}
