import Foundation
import Harness
import JSON

/// A folder with a SQLite table of books and migrations of it, and the program to run them.
struct BookStage {
  let cutover: Binary

  init() throws {
    cutover = try Binary()
    try sql("CREATE TABLE books (id TEXT PRIMARY KEY, title TEXT, shelf TEXT, size TEXT)")
    try sql("INSERT INTO books (id, title) VALUES ('1','Emma'), ('2','Ulysses'), ('3','Dracula')")
  }

  var folder: String { cutover.folder.path }

  @discardableResult
  func sql(_ sql: String) throws -> String {
    let output = try Tool.sqlite3("\(folder)/app.db", sql)
    guard output.status == 0 else { throw HarnessError(output.errorText) }
    return output.text
  }

  /// All that the table holds.
  func books() throws -> String { try sql("SELECT * FROM books ORDER BY id") }

  var log: [String] { (cutover.read("log") ?? "").split(separator: "\n").map(String.init) }

  /// A migration that gives an attribute to every book that has none, and then runs a shell script.
  func write(_ title: String, sets attribute: String, to value: String, then script: String = "")
    throws
  {
    let table = "sqlite://\(folder)/app.db#books"
    let run = (script.isEmpty ? "" : script + "; ") + "echo \(title) >> \(folder)/log"
    try add(
      title,
      """
      { id: "change", uses: "tables.migrate", with: {
          from: "\(table)", targets: [{ name: "books", table: "\(table)" }],
          sql: [
            "SELECT seq, amend(item, '\(attribute)', '\(value)') AS put, NULL AS skip",
            "FROM input WHERE attr(item, '\(attribute)') IS NULL",
            "UNION ALL SELECT seq, NULL, 'has one' FROM input",
            "WHERE attr(item, '\(attribute)') IS NOT NULL",
          ] } },
      { id: "log", uses: "command.run", with: {
          apply: { argv: ["/bin/sh", "-c", \(Self.quoted(run))] },
          undo: { argv: ["/bin/sh", "-c",
            \(Self.quoted("echo undo \(title) >> \(folder)/log"))] } } },
      """)
  }

  func add(_ title: String, _ steps: String) throws {
    try FileManager.default.createDirectory(
      atPath: "\(folder)/migrations", withIntermediateDirectories: true)
    try cutover.write(
      "migrations/\(title).json5",
      """
      { playbook: 1, environment: "shop",
        colors: { blue: { name: "sky" }, green: { name: "grass" } },
        steps: [ \(steps) ] }
      """)
  }

  @discardableResult
  func migrations(
    _ words: String..., environment: [String: String] = [:]
  ) throws -> Binary.Output {
    try cutover.run(["migrations"] + words, environment: environment)
  }

  @discardableResult
  func run(_ words: String..., environment: [String: String] = [:]) throws -> Binary.Output {
    try cutover.run(
      ["migrations", "run", "--live", "blue", "--yes"] + words, environment: environment)
  }

  /// Each migration with its state and what is odd about it.
  func list(_ words: String..., environment: [String: String] = [:]) throws -> [String] {
    let output = try cutover.run(
      ["migrations", "list", "--json"] + words, environment: environment)
    return try output.text.split(separator: "\n").map { line in
      let value = try JSONValue(reading: Array(line.utf8))
      let odd = (value["odd"]?.elements ?? []).compactMap(\.string)
      let title = "\(value["order"]?.string ?? "")_\(value["name"]?.string ?? "")"
      return ([title, value["state"]?.string ?? ""] + odd).joined(separator: " ")
    }
  }

  private static func quoted(_ text: String) -> String { JSONValue.string(text).text }
}
