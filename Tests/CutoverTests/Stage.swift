import Foundation
import Harness
import JSON

/// A folder with a small playbook of shell commands, and the program to run it.
///
/// Each command writes a line to `log`, so that a test sees what ran, and in which order. A step
/// named in `waits` goes on only when the file `go-ID` exists.
struct Stage {
  let cutover: Binary

  init() throws { cutover = try Binary() }

  var folder: String { cutover.folder.path }

  /// The lines that the commands have written.
  var log: [String] {
    (cutover.read("log") ?? "").split(separator: "\n").map(String.init)
  }

  /// A step that logs its id, and `undo ID` when it is taken back.
  func step(
    _ id: String, script: String = "", after: [String]? = nil, more: String = ""
  ) -> String {
    let waits = after.map { "after: [\($0.map { "\"\($0)\"" }.joined(separator: ", "))], " } ?? ""
    let run = "\(script.isEmpty ? "" : script + "; ")echo \(id) >> \(folder)/log"
    return """
      { id: "\(id)", uses: "command.run", \(waits)\(more)with: {
          apply: { argv: ["/bin/sh", "-c", \(Self.quoted(run))] },
          undo: { argv: ["/bin/sh", "-c", \(Self.quoted("echo undo \(id) >> \(folder)/log"))] },
        } },
      """
  }

  /// A step that waits for the file `go-ID`.
  func waiting(_ id: String, more: String = "") -> String {
    step(id, script: "while [ ! -e \(folder)/go-\(id) ]; do sleep 0.02; done", more: more)
  }

  func gate(_ id: String, _ input: String = "comment: false") -> String {
    "{ id: \"\(id)\", uses: \"gate.approval\", with: { \(input) } },"
  }

  /// Writes `p.json5` with these steps.
  func write(
    _ steps: String..., parameters: String = "", notify: String = "", sections: String = ""
  ) throws {
    try cutover.write(
      "p.json5",
      """
      {
        playbook: 1,
        environment: "stage",
        parameters: { \(parameters) },
        colors: { blue: { name: "sky" }, green: { name: "grass" } },
        notify: [ \(notify) ],
        \(sections)
        steps: [
          \(steps.joined(separator: "\n    "))
        ],
      }
      """)
  }

  func go(_ id: String) throws { try cutover.write("go-\(id)", "") }

  /// Begins the rollout in the background and reads until a step is under way.
  func begin(until text: String, environment: [String: String] = [:]) throws -> Child {
    let child = try cutover.start(
      "run", "p.json5", "--live", "blue", "--yes", environment: environment)
    if !child.reads(text) {
      throw HarnessError("the rollout did not come to '\(text)': \(child.seen)\(child.errors())")
    }
    return child
  }

  @discardableResult
  func run(_ words: String..., environment: [String: String] = [:]) throws -> Binary.Output {
    try cutover.run(
      ["run", "p.json5", "--live", "blue", "--yes"] + words, environment: environment)
  }

  func status() throws -> JSONValue {
    try JSONValue(reading: Array(try cutover("status", "--json").text.utf8))
  }

  /// The word for each step's state.
  func states() throws -> [String: String] {
    var states: [String: String] = [:]
    for step in try status()["steps"]?.elements ?? [] {
      states[step["id"]?.string ?? ""] = step["state"]?.string
    }
    return states
  }

  func live() throws -> String? { try status()["live"]?.string }

  private static func quoted(_ text: String) -> String { JSONValue.string(text).text }
}
