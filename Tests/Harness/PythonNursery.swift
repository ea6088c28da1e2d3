import Foundation
import Glibc
import JSON
import Synchronization

/// Plays Python scripts in children of one Python process that has read boto3 already.
///
/// Reading it anew costs a third of a second of a processor, and tests read back with hundreds of
/// scripts. Each script has a process of its own, with its own environment and files, as before.
final class PythonNursery: Sendable {
  private static let common = Mutex<PythonNursery?>(nil)

  private let socket: String
  private let folder: TemporaryFolder
  /// Its end is the end of the nursery; held as long as this process lives.
  private let leash: Pipe

  /// The one of this test process; nil where it could not be started.
  static func shared() -> PythonNursery? {
    common.withLock { common in
      if common == nil { common = try? PythonNursery() }
      return common
    }
  }

  private init() throws {
    folder = try TemporaryFolder()
    socket = folder.file("nursery")
    leash = Pipe.make()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let script = URL(filePath: #filePath).deletingLastPathComponent().path + "/nursery.py"
    process.arguments = ["python3", script, socket]
    process.standardInput = leash
    let told = Pipe.make()
    process.standardOutput = told
    try process.start()
    // It says so once it listens; if it dies instead, there is nothing to read.
    guard told.fileHandleForReading.availableData.isEmpty else { return }
    throw HarnessError("the nursery of Python did not start; run Scripts/setup")
  }

  /// Plays a script to its end and gives its status; the files are its standard streams.
  func play(
    _ arguments: [String], environment: [String: String], input: String, output: String,
    errors: String
  ) throws -> Int32 {
    let request: JSONValue = .object([
      .init("argv", .array(arguments.map { .string($0) })),
      .init(
        "environment", .object(environment.map { .init($0.key, .string($0.value)) })),
      .init("input", .string(input)), .init("output", .string(output)),
      .init("errors", .string(errors)),
    ])
    let connection = try connect()
    defer { close(connection) }
    var rest = ArraySlice(request.compact() + [UInt8(ascii: "\n")])
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, 0) }
      guard count > 0 else { throw HarnessError("the nursery of Python is gone: errno \(errno)") }
      rest = rest.dropFirst(count)
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64)
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { break }
      answer += buffer.prefix(count)
    }
    let text = String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .newlines)
    guard let status = Int32(text) else {
      throw HarnessError("the nursery of Python said '\(text)'")
    }
    return status
  }

  private func connect() throws -> Int32 {
    let connection = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array(socket.utf8) + [0]
    guard path.count <= MemoryLayout.size(ofValue: address.sun_path) else {
      throw HarnessError("the path of the nursery is too long: \(socket)")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let code = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(connection, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard code == 0 else {
      close(connection)
      throw HarnessError("the nursery of Python does not answer: errno \(errno)")
    }
    return connection
  }
}

/// A command that is nothing but a Python script with settings of its environment.
struct PythonCommand {
  let arguments: [String]
  private let settings: [(String, String)]

  /// Nil for any other command.
  init?(_ command: [String]) {
    var rest = command[...]
    var settings: [(String, String)] = []
    if rest.first == "env" {
      rest = rest.dropFirst()
      while let word = rest.first, let sign = word.firstIndex(of: "=") {
        settings.append((String(word[..<sign]), String(word[word.index(after: sign)...])))
        rest = rest.dropFirst()
      }
    }
    guard rest.first == "python3", let script = rest.dropFirst().first,
      script == "-c" && rest.count > 2 || script.hasSuffix(".py")
    else { return nil }
    arguments = Array(rest.dropFirst())
    self.settings = settings
  }

  var environment: [String: String] {
    ProcessInfo.processInfo.environment.merging(settings) { $1 }
  }
}
