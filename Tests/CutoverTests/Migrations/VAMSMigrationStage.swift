import Foundation
import Harness

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
    kill: String? = nil
  ) throws -> Binary.Output {
    try stage.run(
      ["migrate", "vams", migration, "--config", config, "--yes", "--playbooks", Self.playbooks]
        + more, program: program, more: kill.map { ["CUTOVER_KILL": $0] } ?? [:])
  }

  static let playbooks = "\(AWSStage.playbooks)/migrations"
}
