import Foundation
import Harness
import JSON

/// One recorded run of an old VAMS script under names of its own, and the command that stands for
/// the script.
struct VAMSMigrationStage {
  let stage: AWSStage
  let folder: String
  let prefix: String
  let config: String

  private static let script = "\(AWSStage.fixtures)/migration.py"

  /// Loads the tables as they were before, and writes the old configuration with their names.
  init(_ name: String) throws {
    stage = try AWSStage(try MotoServer.shared())
    folder = "\(AWSStage.fixtures)/vams/\(name)"
    prefix = "t\(UUID().uuidString.prefix(8))-"
    config = "config.json"
    let text = try String(contentsOfFile: "\(folder)/config.json", encoding: .utf8)
    try stage.cutover.write(config, text.replacing("\"vams-", with: "\"\(prefix)vams-"))
    try stage.script(Self.script, "load", folder, prefix)
  }

  func digest() throws -> String { try stage.script(Self.script, "digest", folder, prefix) }

  /// Says "alike" with the number of items, or throws with the differences.
  func compare() throws -> String { try stage.script(Self.script, "compare", folder, prefix) }

  func show(_ table: String) throws -> [String] {
    try stage.script(Self.script, "show", prefix + table).split(separator: "\n").map(String.init)
  }

  func put(_ table: String, _ items: String) throws {
    try stage.script(Self.script, "put", prefix + table, items)
  }

  func run(
    _ migration: String, _ more: [String] = [], program: Binary.Program = .cutover,
    kill: String? = nil, lambda: String? = nil, endpoint: String? = nil
  ) throws -> Binary.Output {
    try stage.run(
      ["migrate", "vams", migration, "--config", config, "--yes", "--playbooks", Self.playbooks]
        + more, program: program, endpoint: endpoint,
      more: ["CUTOVER_KILL": kill, "AWS_ENDPOINT_URL_LAMBDA": lambda].compactMapValues { $0 })
  }

  /// The environment of a migration's rollouts.
  static func environment(of migration: String) -> String {
    "vams-" + migration.replacing(".", with: "_")
  }

  /// Takes back the newest completed rollout.
  func takeBack(_ migration: String, environment: String? = nil) throws -> Binary.Output {
    try stage.run([
      "rollback", "--completed", "--reason", "practice", "--environment",
      environment ?? Self.environment(of: migration),
    ])
  }

  /// States of the steps of a migration, by id.
  func states(of migration: String) throws -> [String: String] {
    let words = ["status", "--json", "--environment", Self.environment(of: migration)]
    let status = try JSONValue(reading: Array(try stage.run(words).text.utf8))
    var states: [String: String] = [:]
    for step in status["steps"]?.elements ?? [] {
      states[step["id"]?.string ?? ""] = step["state"]?.string
    }
    return states
  }

  /// A file of the command's, line by line.
  func lines(_ name: String) -> [String] {
    (stage.cutover.read(name) ?? "").components(separatedBy: .newlines).filter { !$0.isEmpty }
  }

  func json(_ name: String) throws -> JSONValue {
    try JSONValue(reading: Array((stage.cutover.read(name) ?? "").utf8))
  }

  static let playbooks = "\(AWSStage.playbooks)/migrations"
}
