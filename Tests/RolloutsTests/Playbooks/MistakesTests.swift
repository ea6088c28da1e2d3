import Foundation
import Harness
import JSON
import Testing

@testable import Rollouts

/// Plays `mistakes.txt`: every block makes one change and lists what must be said about it.
///
/// With CUTOVER_WRITE_GOLDENS set the file is written anew, to be reviewed as a diff.
@Suite("Every mistake in a playbook", .waiting)
struct MistakesTests {
  private static let file = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appendingPathComponent("mistakes.txt")

  @Test("each mistake is told with its place, what was expected and the nearest known name")
  func mistakes() throws {
    let golden = try String(contentsOf: Self.file, encoding: .utf8).trimmingCharacters(
      in: .newlines)
    let isWriting = ProcessInfo.processInfo.environment["CUTOVER_WRITE_GOLDENS"] != nil
    var written: [String] = []
    var count = 0
    for block in golden.split(separator: "\n\n") {
      let lines = block.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      guard lines.count >= 2, lines[0].hasPrefix("- "), lines[1].hasPrefix("+") else {
        written.append(String(block))
        continue
      }
      count += 1
      let actual = lines.prefix(2) + Self.said(replacing: lines[0], with: lines[1])
      written.append(actual.joined(separator: "\n"))
      if !isWriting { #expect(lines == Array(actual)) }
    }
    #expect(count > 50)
    guard isWriting else { return }
    try written.joined(separator: "\n\n").appending("\n")
      .write(to: Self.file, atomically: true, encoding: .utf8)
  }

  private static func said(replacing old: String, with new: String) -> [String] {
    guard soundPlaybook.contains(old.dropFirst(2)) else { return ["  (nothing to replace)"] }
    let text = soundPlaybook.replacing(
      old.dropFirst(2), with: new.dropFirst(2), maxReplacements: 1)
    do {
      _ = try ToyCatalog.reader.read(Array(text.utf8), file: "p.json5")
      return ["  (nothing is wrong)"]
    } catch {
      return error.problems.flatMap { problem in
        guard let place = problem.position else { return ["  \(problem.message)"] }
        return ["  \(place): \(problem.message)", "    at: \(excerpt(of: text, at: place))"]
      }
    }
  }

  /// Found by line and column alone, as a person would in an editor.
  private static func excerpt(of text: String, at place: JSONPosition) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard place.line <= lines.count else { return "(no such line)" }
    let scalars = lines[place.line - 1].unicodeScalars.dropFirst(place.column - 1).prefix(24)
    return String(String.UnicodeScalarView(scalars))
  }
}
