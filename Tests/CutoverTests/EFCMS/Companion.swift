import Foundation
import Harness

/// A Python program that serves a test until its input ends, which also happens when the test dies.
final class Companion {
  private let process = Process()
  private let input = Pipe.make()
  /// The first line that it printed, which says that it is ready.
  let first: String

  init(_ words: [String], _ environment: [String: String]) throws {
    let output = Pipe.make()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + words
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      .merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.start()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    first = line.trimmingCharacters(in: .whitespacesAndNewlines)
    if first.isEmpty { throw HarnessError("\(words) did not start") }
  }

  func end() {
    try? input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  deinit { if process.isRunning { end() } }
}
