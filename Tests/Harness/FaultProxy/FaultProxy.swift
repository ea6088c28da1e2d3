import Foundation
import JSON

/// A proxy between the program and a test server that breaks, delays and refuses requests.
///
/// Its dice are seeded. The script beside this file says what each fault does.
package final class FaultProxy: Sendable {
  /// One kind of fault, how often, and to which requests.
  package struct Rule: Sendable {
    var members: [JSONValue.Member]

    package init(
      _ fault: String, share: Double = 1, match: String = "", skip: Int = 0, limit: Int? = nil
    ) {
      members = [
        .init("fault", .string(fault)), .init("share", .number("\(share)")),
        .init("match", .string(match)), .init("skip", JSONValue(skip)),
      ]
      if let limit { members.append(.init("limit", JSONValue(limit))) }
    }
  }

  package let url: String

  private init(port: String) { url = "http://127.0.0.1:\(port)" }

  private static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "proxy.py").path

  /// Runs a closure with a proxy before the server at a loopback URL; the proxy ends with it.
  package static func run<Answer>(
    before server: String, seed: Int = 1, _ rules: [Rule],
    _ body: (FaultProxy) async throws -> Answer
  ) async throws -> Answer {
    guard let port = URL(string: server)?.port else { throw HarnessError("no port in \(server)") }
    let child = Process()
    let words = Pipe()
    child.executableURL = URL(filePath: "/usr/bin/env")
    child.arguments = [
      "python3", script, "\(port)", "\(seed)",
      JSONValue.array(rules.map { .object($0.members) }).text,
    ]
    child.standardInput = FileHandle.nullDevice
    child.standardOutput = words
    try child.run()
    defer {
      child.terminate()
      child.waitUntilExit()
    }
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      let data = words.fileHandleForReading.availableData
      guard !data.isEmpty else { throw HarnessError("the fault proxy did not start") }
      line += data
    }
    return try await body(FaultProxy(port: String(decoding: line.dropLast(), as: UTF8.self)))
  }

  /// How often each fault was applied: a test of a fault that never came shows nothing.
  package func counts() throws -> [String: Int] {
    let output = try Tool.run(["curl", "--silent", "--fail", "\(url)/_faults"])
    guard output.status == 0, let members = try JSONValue(reading: output.bytes).members else {
      throw HarnessError("the fault proxy does not answer: \(output.errorText)")
    }
    return Dictionary(members.map { ($0.name, $0.value.integer ?? 0) }) { first, _ in first }
  }
}
