import Foundation
import Harness

/// All that a rollout leaves behind, as text: what is compared with a run that nobody killed.
struct EndState: Equatable {
  private(set) var parts: [String: String] = [:]

  init(of world: CrashWorld) throws {
    try walk(world.root)
    parts["zone"] = try String(contentsOfFile: "\(world.root)/example.test.zone", encoding: .utf8)
    parts["stacks"] = try FileManager.default
      .contentsOfDirectory(atPath: "\(world.root)/stacks").sorted().joined(separator: " ")
    parts["processes"] = processes(world)
    // One process for all databases: they are read after each of many rounds.
    let hasJournal = try world.standing() != .none
    let script = Self.tables(world) + (hasJournal ? Self.journal(world) : "")
    let answer = try Tool.run(["sqlite3"], input: Array(script.utf8))
    guard answer.errorText.isEmpty else { throw CrashComplaint(answer.errorText) }
    let text = answer.text.replacing(world.root, with: "ROOT")
    for section in text.split(separator: Self.mark) {
      guard let end = section.firstIndex(of: "\n") else { continue }
      parts[String(section[..<end])] = String(section[section.index(after: end)...])
    }
  }

  /// What a world on a server holds, as the server tells it, and what its journal says.
  init(of world: CrashWorld, on server: String) throws {
    parts["server"] = server
    guard try world.standing() != .none else { return }
    let answer = try Tool.run(["sqlite3"], input: Array(Self.outcome(world).utf8))
    guard answer.errorText.isEmpty else { throw CrashComplaint(answer.errorText) }
    parts["journal"] = answer.text
  }

  /// Names differ from world to world, so of ledgers only the counts are compared.
  private static func outcome(_ world: CrashWorld) -> String {
    """
    .open \(world.journal)
    SELECT name, live FROM environment;
    SELECT outcome, from_colour, to_colour FROM rollout;
    SELECT DISTINCT 'undone', step FROM fact WHERE kind = 'undone' ORDER BY 2;
    SELECT fact.step, ledger.key, ledger.value ->> 'read' FROM fact,
      json_each(detail, '$.verification.ledgers') AS ledger
    WHERE fact.kind = 'verified' ORDER BY 1, 2;

    """
  }

  private static let metadataFolder = "/.cutover/metadata/"

  /// An object's newest metadata, without the moment at which its file was written.
  private func newest(_ text: String) -> String {
    let parts = text.split(separator: #","modifiedMilliseconds""#, maxSplits: 1)
    return parts.count == 2 ? String(parts[0]) : "damaged: \(text)"
  }

  private static let mark = "==== "

  private static func tables(_ world: CrashWorld) -> String {
    """
    .open \(world.root)/data/blue/app.db
    .print '\(mark)tables of blue'
    .dump
    .open \(world.root)/data/green/app.db
    .print '\(mark)tables of green'
    .dump

    """
  }

  private static func journal(_ world: CrashWorld) -> String {
    """
    .open \(world.journal)
    .print '\(mark)live'
    SELECT name, live FROM environment;
    .print '\(mark)outcome'
    SELECT outcome, from_colour, to_colour FROM rollout;
    .print '\(mark)undone'
    SELECT DISTINCT step FROM fact WHERE kind = 'undone' ORDER BY 1;
    .print '\(mark)ledgers'
    SELECT fact.step, ledger.key, field.key, field.value FROM fact,
      json_each(detail, '$.verification.ledgers') AS ledger, json_each(ledger.value) AS field
    WHERE fact.kind = 'verified' AND field.key NOT IN ('written', 'alreadyThere')
    UNION ALL
    SELECT fact.step, ledger.key, 'there',
      coalesce(ledger.value ->> 'written', 0) + coalesce(ledger.value ->> 'alreadyThere', 0)
    FROM fact, json_each(detail, '$.verification.ledgers') AS ledger WHERE fact.kind = 'verified'
    ORDER BY 1, 2, 3;

    """
  }

  subscript(part: String) -> String { parts[part] ?? "" }

  /// Every part that differs, with both of its forms.
  func differences(from reference: EndState) -> String {
    Set(parts.keys).union(reference.parts.keys).sorted()
      .filter { parts[$0] != reference.parts[$0] }
      .map { "\($0) should be\n\(reference[$0])\nbut is\n\(self[$0])" }
      .joined(separator: "\n")
  }

  /// Each file and folder of both sides with its content; what programs keep for themselves
  /// (locks, SQLite's own files) has no meaning to anybody else.
  private mutating func walk(_ root: String) throws {
    var lines: [String] = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: "\(root)/data").sorted() {
      let isOwn = name.contains("app.db") || name.hasSuffix(".lock")
      guard !isOwn else { continue }
      let path = "\(root)/data/\(name)"
      if let bytes = FileManager.default.contents(atPath: path) {
        let text = String(decoding: bytes, as: UTF8.self)
        lines.append("\(name): \(name.contains(Self.metadataFolder) ? newest(text) : text)")
      } else {
        lines.append("\(name)/")
      }
    }
    parts["files"] = lines.joined(separator: "\n")
    parts["last step"] =
      FileManager.default.fileExists(atPath: "\(root)/done") ? "done" : "not done"
  }

  private func processes(_ world: CrashWorld) -> String {
    world.processes().map { pid in
      let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
      return String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
    }.joined(separator: "\n")
  }
}
