import Foundation
package import JSON

/// A proxy between the program and a test server that breaks, delays and refuses requests.
///
/// Its dice are seeded. The script beside this file says what each fault does. It also holds access
/// keys to policies of IAM, and notes the rights that requests take.
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
  ///
  /// `policies` are those of access keys; null allows everything.
  package static func run<Answer>(
    before server: String, seed: Int = 1, _ rules: [Rule],
    policies: [String: JSONValue] = [:],
    _ body: (FaultProxy) async throws -> Answer
  ) async throws -> Answer {
    guard let port = URL(string: server)?.port else { throw HarnessError("no port in \(server)") }
    let child = Process()
    let words = Pipe.make()
    child.executableURL = URL(filePath: "/usr/bin/env")
    child.arguments = [
      "python3", script, "\(port)", "\(seed)",
      JSONValue.array(rules.map { .object($0.members) }).text, text(of: policies),
    ]
    child.standardInput = FileHandle.nullDevice
    child.standardOutput = words
    try child.start()
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

  private static func text(of policies: [String: JSONValue]) -> String {
    JSONValue.object(policies.sorted { $0.key < $1.key }.map { .init($0.key, $0.value) }).text
  }

  /// The rights that were taken since the last time, each once: action and resource.
  package func calls() throws -> JSONValue {
    let output = try Tool.run(["curl", "--silent", "--fail", "\(url)/_rights"])
    guard output.status == 0 else { throw HarnessError("no rights: \(output.errorText)") }
    return try JSONValue(reading: output.bytes)
  }

  /// Holds access keys to other policies from now on.
  package func hold(_ policies: [String: JSONValue]) throws {
    let output = try Tool.run(
      ["curl", "--silent", "--fail", "--data-binary", "@-", "\(url)/_rights"],
      input: Array(Self.text(of: policies).utf8))
    guard output.status == 0 else { throw HarnessError("no policies: \(output.errorText)") }
  }

  /// Compares rights that were taken with those that a policy grants, in Python.
  ///
  /// `excused` are actions that may be granted and yet not be taken, with the reason.
  package static func judge(
    _ calls: JSONValue, by policy: JSONValue, excused: [String: String]
  ) throws -> JSONValue {
    let rights = URL(filePath: script).deletingLastPathComponent().appending(path: "rights.py").path
    let question: JSONValue = [
      "calls": calls, "policy": policy,
      "excused": .object(
        excused.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) }),
    ]
    let output = try Tool.run(["python3", rights], input: question.compact())
    guard output.status == 0 else { throw HarnessError("rights.py: \(output.errorText)") }
    return try JSONValue(reading: output.bytes)
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
