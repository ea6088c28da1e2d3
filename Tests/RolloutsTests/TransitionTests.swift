import Foundation
import Harness
import Testing

@Suite("Transition table", .waiting)
struct TransitionTests {
  static let file = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "docs/transitions.txt")

  /// Set `CUTOVER_WRITE_TRANSITIONS=1` to write the file after a change that is meant.
  @Test("docs/transitions.txt says what the machine does")
  func golden() throws {
    let text = TransitionTable.text
    if ProcessInfo.processInfo.environment["CUTOVER_WRITE_TRANSITIONS"] == "1" {
      try Data(text.utf8).write(to: Self.file)
    }
    let kept = try String(contentsOf: Self.file, encoding: .utf8)
    #expect(kept == text)
  }
}
