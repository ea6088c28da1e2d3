import Foundation
import Glibc
import Harness

/// Another process that holds a file's lock until it is killed.
final class HoldingProcess {
  private let process = Process()

  init(lock path: String) throws {
    let output = Pipe.make()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", "-c",
      """
      import fcntl, sys, time
      file = open(sys.argv[1], "w")
      fcntl.flock(file, fcntl.LOCK_EX)
      print("held", flush=True)
      sys.stdin.read()
      """, path,
    ]
    process.standardInput = Pipe.make()
    process.standardOutput = output
    try process.start()
    guard !output.fileHandleForReading.availableData.isEmpty else {
      throw HarnessError("nobody holds \(path)")
    }
  }

  deinit { kill() }

  func kill() {
    guard process.isRunning else { return }
    Glibc.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
