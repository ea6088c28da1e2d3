import Foundation
import Harness
import JSON

/// A moto server, the program, and the scripts beside the tests and the sample playbook.
struct AWSStage {
  let server: MotoServer
  let cutover: Binary

  init(_ server: MotoServer) throws {
    self.server = server
    cutover = try Binary()
  }

  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent()
  static let fixtures = tests.appending(path: "Fixtures").path
  static let playbooks = tests.deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "playbooks/vams").path
  static let sample = "\(playbooks)/sample"

  /// Runs one of the scripts against the server itself, never through a proxy.
  @discardableResult
  func script(_ path: String, _ words: String...) throws -> String { try script(path, words) }

  @discardableResult
  func script(_ path: String, _ words: [String]) throws -> String {
    let output = try Tool.run(
      ["env", "PYTHONDONTWRITEBYTECODE=1"] + server.environment.map { "\($0.key)=\($0.value)" }
        + ["python3", path] + words)
    guard output.status == 0 else {
      let words = words.joined(separator: " ")
      throw HarnessError("\(path) \(words): \(output.text)\(output.errorText)")
    }
    return output.text
  }

  /// Runs the program to its end; `endpoint` puts a proxy in the server's place.
  @discardableResult
  func run(
    _ words: [String], program: Binary.Program = .cutover, endpoint: String? = nil,
    more: [String: String] = [:]
  ) throws -> Binary.Output {
    try cutover.run(
      words, program: program, environment: environment(endpoint).merging(more) { $1 },
      seconds: Self.secondsMax)
  }

  /// The test server does all of its work on one core, which others want too.
  private static let secondsMax = 400.0

  func environment(_ endpoint: String? = nil) -> [String: String] {
    var environment = server.environment
    if let endpoint { environment["AWS_ENDPOINT_URL"] = endpoint }
    return environment
  }
}
