import Foundation
import Harness

/// The built program, run as a child process in a folder of the test's own.
final class Binary: Sendable {
  struct Output {
    let code: Int32
    let text: String
    let errors: String
    var all: String { text + errors }
  }

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Which program runs: itself, or the one that kills itself where `CUTOVER_KILL` says.
  enum Program: String {
    case cutover
    case crashRunner = "CrashRunner"

    /// Beside the test runner, where the build puts all of them.
    var url: URL {
      URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        .appendingPathComponent(rawValue)
    }
  }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: folder.file(name), atomically: true, encoding: .utf8)
  }

  func read(_ name: String) -> String? {
    try? String(contentsOfFile: folder.file(name), encoding: .utf8)
  }

  /// Runs a command line to its end.
  @discardableResult
  func callAsFunction(
    _ words: String..., environment: [String: String] = [:], input: String = ""
  ) throws -> Output {
    try run(words, environment: environment, input: input)
  }

  func run(
    _ words: [String], program: Program = .cutover, environment: [String: String] = [:],
    input: String = "", seconds: Double = Child.secondsMax
  ) throws -> Output {
    let child = try Child(
      words, program, in: folder.path, environment: environment, input: input, seconds: seconds)
    let text = child.rest()
    return Output(code: child.wait(), text: text, errors: child.errors())
  }

  /// Starts a command line and leaves it running.
  func start(_ words: String..., environment: [String: String] = [:]) throws -> Child {
    try Child(words, in: folder.path, environment: environment, input: "")
  }
}

/// One running child; its output is read line by line, which waits without sleeping.
final class Child {
  private let process = Process()
  private let pipe = Pipe.make()
  private let errorFile: String
  private var buffer: [UInt8] = []
  private var isAtEnd = false
  private(set) var seen = ""

  init(
    _ words: [String], _ program: Binary.Program = .cutover, in folder: String,
    environment: [String: String], input: String, seconds: Double = Child.secondsMax
  ) throws {
    process.executableURL = program.url
    process.arguments = words
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    var full = ProcessInfo.processInfo.environment
    full["TERM"] = "dumb"
    full["TZ"] = "UTC"
    process.environment = full.merging(environment) { $1 }
    errorFile = "\(folder)/.errors-\(UUID().uuidString)"
    try Data().write(to: URL(fileURLWithPath: errorFile))
    let inputFile = "\(folder)/.input-\(UUID().uuidString)"
    try Data(input.utf8).write(to: URL(fileURLWithPath: inputFile))
    let input = try FileHandle(forReadingFrom: URL(fileURLWithPath: inputFile))
    let errors = try FileHandle(forWritingTo: URL(fileURLWithPath: errorFile))
    // A process object may live on for a while; hundreds at once would exhaust the descriptors.
    defer { for handle in [input, errors, pipe.fileHandleForWriting] { try? handle.close() } }
    process.standardInput = input
    process.standardOutput = pipe
    process.standardError = errors
    try process.start()
    // A child that hangs must fail its test, not hold it up.
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds) { @Sendable [weak process] in
      if let process, process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
  }

  static let secondsMax = 240.0

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  var pid: Int32 { process.processIdentifier }

  /// The next line; nil at the end.
  func line() -> String? {
    while true {
      if let end = buffer.firstIndex(of: 10) {
        let line = String(decoding: buffer[..<end], as: UTF8.self)
        buffer.removeSubrange(...end)
        seen += line + "\n"
        return line
      }
      guard !isAtEnd else { return nil }
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty {
        stopReading()
        return nil
      }
      buffer += data
    }
  }

  /// Reads until a line contains the text; false when the output ended before.
  @discardableResult
  func reads(_ text: String) -> Bool {
    while let line = line() { if line.contains(text) { return true } }
    return false
  }

  /// Everything up to the end.
  func rest() -> String {
    while line() != nil {}
    return seen + String(decoding: buffer, as: UTF8.self)
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Closes our end of the output pipe, as a reader that goes away does.
  func stopReading() {
    isAtEnd = true
    try? pipe.fileHandleForReading.close()
  }

  func wait() -> Int32 {
    process.waitUntilExit()
    return process.terminationReason == .exit
      ? process.terminationStatus : 128 + process.terminationStatus
  }

  func errors() -> String { (try? String(contentsOfFile: errorFile, encoding: .utf8)) ?? "" }
}
