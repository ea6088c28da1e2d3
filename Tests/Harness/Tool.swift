internal import Foundation

/// An independent program (sqlite3, python3, dig) that a test reads back with.
package enum Tool {
  package struct Output: Sendable {
    package let status: Int32
    package let bytes: [UInt8]
    package let errorText: String
    package var text: String { String(decoding: bytes, as: UTF8.self) }
  }

  /// Runs a program found in PATH to its end, and gives what it wrote.
  package static func run(_ arguments: [String], input: [UInt8] = []) throws -> Output {
    // Files instead of pipes: a full pipe would stop the program, and reading two needs threads.
    let folder = try TemporaryFolder()
    let names = ["in", "out", "err"].map { folder.file($0) }
    try Data(input).write(to: URL(fileURLWithPath: names[0]))
    for name in names.dropFirst() { try Data().write(to: URL(fileURLWithPath: name)) }
    let status = try play(arguments, names)
    return Output(
      status: status, bytes: Array(try Data(contentsOf: URL(fileURLWithPath: names[1]))),
      errorText: String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: names[2])), as: UTF8.self))
  }

  /// Runs it with the three files as its standard streams.
  private static func play(_ arguments: [String], _ names: [String]) throws -> Int32 {
    if let script = PythonCommand(arguments), let nursery = PythonNursery.shared() {
      return try nursery.play(
        script.arguments, environment: script.environment, input: names[0], output: names[1],
        errors: names[2])
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    let input = try FileHandle(forReadingFrom: URL(fileURLWithPath: names[0]))
    let outputs = try names.dropFirst().map {
      try FileHandle(forWritingTo: URL(fileURLWithPath: $0))
    }
    // A process object may live on for a while; hundreds at once would exhaust the descriptors.
    defer { for handle in [input] + outputs { try? handle.close() } }
    process.standardInput = input
    process.standardOutput = outputs[0]
    process.standardError = outputs[1]
    try process.start()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// Runs SQL with the `sqlite3` shell on a file, which others may be writing.
  package static func sqlite3(_ path: String, _ sql: String) throws -> Output {
    try run(["sqlite3", "-bail", "-cmd", ".timeout 30000", path], input: Array(sql.utf8))
  }
}
