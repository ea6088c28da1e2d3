import Foundation
import Harness
import Testing

@Suite("The live display", .waiting)
struct TerminalTests {
  /// Runs the program on a pseudo-terminal, and gives its exit code and every byte it wrote.
  private func onTerminal(
    _ stage: Stage, _ words: [String], columns: Int, environment: [String: String] = [:],
    typing: String = ""
  ) throws -> (code: Int32, text: String) {
    let script = """
      import fcntl, os, pty, struct, sys, termios
      columns, typing = int(sys.argv[1]), sys.argv[2]
      pid, terminal = pty.fork()
      if pid == 0:
          # The window has its size before the program looks.
          fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
          os.execv(sys.argv[3], sys.argv[3:])
      if typing:
          os.write(terminal, typing.encode())
      while True:
          try:
              data = os.read(terminal, 65536)
          except OSError:
              break
          if not data:
              break
          sys.stdout.buffer.write(data)
      sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
      """
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      ["python3", "-c", script, "\(columns)", typing, Binary.Program.cutover.url.path] + words
    process.currentDirectoryURL = URL(fileURLWithPath: stage.folder)
    process.environment = ProcessInfo.processInfo.environment
      .merging(["TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "NO_COLOR": ""]) { $1 }
      .merging(environment) { $1 }
    let pipe = Pipe.make()
    process.standardOutput = pipe
    try process.start()
    try pipe.fileHandleForWriting.close()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  private func stage() throws -> Stage {
    let stage = try Stage()
    // Long enough for several frames.
    try stage.write(
      stage.step("one"), stage.step("two-with-a-long-name", script: "sleep 0.7"),
      stage.step("three", after: ["one"]))
    return stage
  }

  private let run = ["run", "p.json5", "--live", "blue", "--yes"]

  @Test("running steps are drawn in place, and the history stays above", arguments: [40, 100])
  func draws(columns: Int) throws {
    let (code, text) = try onTerminal(try stage(), run, columns: columns)
    #expect(code == 0, "\(text)")
    #expect(text.contains("\u{1B}[J"))
    #expect(text.contains("\u{1B}[1mtwo-with-a-long-name"))
    var screen = TinyTerminal(columns: columns)
    screen.write(text)
    let lines = screen.lines.filter { !$0.isEmpty }
    // Nothing drawn in place is left behind.
    #expect(lines.allSatisfy { !$0.contains("running") }, "\(lines)")
    #expect(lines.filter { $0.contains("done: ") }.count == 3, "\(lines)")
    #expect(lines.last?.contains("cutover history") == true, "\(lines)")
  }

  @Test("NO_COLOR takes the colours and keeps the drawing; a dumb terminal gets plain lines")
  func respects() throws {
    let uncoloured = try onTerminal(
      try stage(), run, columns: 80, environment: ["NO_COLOR": "1"])
    #expect(!uncoloured.text.contains("m\u{1B}") && !uncoloured.text.contains("\u{1B}[1m"))
    #expect(uncoloured.text.contains("\u{1B}[J"))
    let dumb = try onTerminal(try stage(), run, columns: 80, environment: ["TERM": "dumb"])
    #expect(!dumb.text.contains("\u{1B}"))
    #expect(dumb.text.contains("completed"))
  }

  @Test("before it begins a person is asked, and no means no")
  func asks() throws {
    let stage = try stage()
    let words = ["run", "p.json5", "--live", "blue"]
    let (code, text) = try onTerminal(stage, words, columns: 80, typing: "n\n")
    #expect(code == 64)
    #expect(text.contains("[y/N]"))
    #expect(text.contains("not begun"))
    #expect(stage.log == [])
    let agreed = try onTerminal(stage, words, columns: 80, typing: "y\n")
    #expect(agreed.code == 0)
    #expect(stage.log.count == 3)
  }
}

/// Just enough of a terminal to see what stays on the screen: up, clear below, colours, wrapping.
struct TinyTerminal {
  private(set) var lines: [String] = [""]
  private var row = 0
  private var column = 0
  private let columns: Int

  init(columns: Int) { self.columns = columns }

  mutating func write(_ text: String) {
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      switch scalar {
      case "\u{1B}": obey(&rest)
      case "\r": column = 0
      case "\n": feed()
      default: put(Character(scalar))
      }
    }
  }

  private mutating func obey(_ rest: inout Substring.UnicodeScalarView) {
    guard rest.popFirst() == "[" else { return }
    var digits = ""
    while let scalar = rest.popFirst() {
      switch scalar {
      case "A":
        row = max(0, row - (Int(digits) ?? 1))
        return
      case "J":
        lines = Array(lines[...row])
        lines[row] = String(lines[row].prefix(column))
        return
      case "m": return
      default: digits.unicodeScalars.append(scalar)
      }
    }
  }

  private mutating func feed() {
    row += 1
    if row == lines.count { lines.append("") }
  }

  private mutating func put(_ character: Character) {
    if column == columns {
      column = 0
      feed()
    }
    var line = Array(lines[row])
    while line.count <= column { line.append(" ") }
    line[column] = character
    lines[row] = String(line)
    column += 1
  }
}
