import Harness
import Testing

@testable import Subprocesses

@Suite(.waiting) struct DialogueTests {
  private static func begin(_ script: String, grace: Duration = .seconds(5)) throws -> Dialogue {
    try Dialogue.begin(
      Invocation(
        "/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], timeLimit: nil,
        grace: grace))
  }

  /// Takes words until so many lines came, or to the end for nil.
  private static func hear(
    _ dialogue: Dialogue, _ count: Int? = nil
  ) async throws -> (lines: [String], outcome: Outcome?) {
    var lines: [String] = []
    for await word in dialogue.words {
      switch word {
      case .line(_, let line):
        dialogue.took(line.count)
        lines.append(String(decoding: line, as: UTF8.self))
        if lines.count == count { return (lines, nil) }
      case .ended(let result): return (lines, try result.get())
      }
    }
    return (lines, nil)
  }

  @Test("it answers one batch after the other, and ends when its input ends")
  func batches() async throws {
    let dialogue = try Self.begin("cat; echo bye >&2")
    for batch in 0..<3 {
      dialogue.ask(2, within: .seconds(600)) { Array("\(batch)-\($0)".utf8) }
      #expect(try await Self.hear(dialogue, 2).lines == ["\(batch)-0", "\(batch)-1"])
      dialogue.expect(within: nil)
    }
    dialogue.close(within: .seconds(600))
    let end = try await Self.hear(dialogue)
    #expect(end.lines == ["bye"])
    #expect(end.outcome?.succeeded == true)
    await dialogue.waitForEnd()
  }

  @Test("much more than pipes hold goes both ways, and a long line comes whole")
  func large() async throws {
    let dialogue = try Dialogue.begin(
      Invocation(
        "cat", environment: ["PATH": "/usr/bin:/bin"], lineBytesMax: 1 << 20, timeLimit: nil))
    dialogue.ask(300, within: .seconds(600)) {
      [UInt8](repeating: 65 + UInt8($0 % 26), count: 100_000)
    }
    let lines = try await Self.hear(dialogue, 300).lines
    #expect(lines.allSatisfy { $0.utf8.count == 100_000 })
    dialogue.close(within: .seconds(600))
    #expect(try await Self.hear(dialogue).outcome?.succeeded == true)
  }

  @Test("a process that floods waits until what it wrote is taken")
  func flood() async throws {
    let dialogue = try Self.begin(
      "i=0; while [ $i -lt 9 ]; do head -c 1000000 /dev/zero | tr '\\0' x; "
        + "echo; i=$((i+1)); done; echo end >&2")
    // Nothing is taken yet: it stands with its pipes full and never reaches its end.
    while dialogue.hasRoom {}
    #expect(dialogue.unreadBytes < Dialogue.unreadBytesMax + (1 << 20))
    let end = try await Self.hear(dialogue)
    #expect(end.lines.last == "end")
    #expect(end.lines.dropLast().reduce(0) { $0 + $1.utf8.count } == 9_000_000)
  }

  @Test("one that does not answer in time is ended, and killed if it will not")
  func silence() async throws {
    let dialogue = try Self.begin(
      "trap '' TERM; while :; do sleep 1; done", grace: .milliseconds(50))
    dialogue.ask(1, within: .seconds(3)) { _ in Array("x".utf8) }
    let outcome = try await Self.hear(dialogue).outcome
    #expect(outcome?.interruption == .timeLimit)
    #expect(outcome?.ending == .signalled(9))
    await dialogue.waitForEnd()
  }

  @Test("stopping ends it, and what cannot be started says so as its last word")
  func stopping() async throws {
    let dialogue = try Self.begin("exec sleep 100")
    dialogue.stop()
    #expect(try await Self.hear(dialogue).outcome?.interruption == .cancellation)
    let missing = try Dialogue.begin(
      Invocation("/nowhere/at/all", environment: [:], timeLimit: nil))
    await #expect(throws: SubprocessFailure.self) { try await Self.hear(missing) }
    await missing.waitForEnd()
  }
}
