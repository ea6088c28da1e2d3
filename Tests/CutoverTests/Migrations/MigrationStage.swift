import Foundation
import Harness
import JSON

/// Tables as a recorded run of an old script met them, and the shipped playbook in its place.
///
/// Tables have a beginning of their own to their names, so that the stages share a server.
struct MigrationStage {
  /// The end of a run that waits for the approval of its last step.
  static let waiting: Int32 = 2
  /// The end of one that a step has failed.
  static let stopped: Int32 = 3

  let stage: AWSStage
  private let playbook: String
  private let fixture: String
  private let prefix: String
  private let settings: [String]

  /// `tables` says for each parameter of the playbook which key of the old configuration has it.
  init(
    _ name: String, fixture: String, prefix: String, tables: [String: String], load: Bool = true
  ) throws {
    stage = try AWSStage(try MotoServer.shared())
    playbook = "\(AWSStage.playbooks)/migrations/\(name).json5"
    self.fixture = "\(AWSStage.fixtures)/vams/\(fixture)"
    self.prefix = prefix
    let text = try String(contentsOfFile: "\(self.fixture)/config.json", encoding: .utf8)
    let config = try JSONValue(reading: Array(text.utf8))
    settings = tables.sorted { $0.key < $1.key }.flatMap { parameter, key in
      ["--set", "\(parameter)=\(prefix)\(config[key]?.string ?? "?")"]
    }
    try script(load ? "load" : "make")
  }

  @discardableResult
  private func script(_ word: String) throws -> String {
    try stage.script("\(AWSStage.fixtures)/migration.py", word, fixture, prefix)
  }

  /// Runs the playbook until it waits at its last step, or fails.
  @discardableResult
  func run(
    _ more: [String: String] = [:], program: Binary.Program = .cutover, kill: String? = nil,
    lambda: String? = nil
  ) throws -> Binary.Output {
    try stage.run(
      ["run", playbook, "--live", "blue", "--yes", "--no-wait"] + settings
        + more.sorted { $0.key < $1.key }.flatMap { ["--set", "\($0.key)=\($0.value)"] },
      program: program,
      more: ["CUTOVER_KILL": kill, "AWS_ENDPOINT_URL_LAMBDA": lambda].compactMapValues { $0 })
  }

  func accept() throws -> Binary.Output {
    let answer = try stage.run(["approve", "accept", "--role", "release"])
    return answer.code == 0 ? try stage.run(["resume", "--no-wait"]) : answer
  }

  func rollback() throws -> Binary.Output { try stage.run(["rollback", "--reason", "practice"]) }

  /// `alike: N items` when all tables hold what the old script left there; throws what differs.
  func compare() throws -> String {
    try script("compare").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Changes with any byte of any item.
  func digest() throws -> String { try script("digest") }

  /// Adds items, DynamoDB JSON each, to a table by its recorded name.
  func put(_ table: String, _ items: String...) throws {
    try stage.script(
      "\(AWSStage.fixtures)/migration.py", "put", prefix + table, items.joined(separator: "\n"))
  }

  /// The items of a table by its recorded name, one a line, as boto3 reads them.
  func show(_ table: String) throws -> [String] {
    try stage.script("\(AWSStage.fixtures)/migration.py", "show", prefix + table)
      .split(separator: "\n").map(String.init)
  }
}
