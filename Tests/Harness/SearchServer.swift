import Foundation

/// The stand-in for search domains that the EF-CMS sample comes with, on a free loopback port.
///
/// It ends with the closure, and also when the test's process dies. Its own file says what it speaks
/// and what a test may set under `/_stub/`.
package struct SearchServer: Sendable {
  package let base: String

  package static func run<Answer>(
    _ body: (SearchServer) async throws -> Answer
  ) async throws -> Answer {
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "playbooks/efcms/sample/search_server.py").path
    let child = Process()
    let input = Pipe.make()
    let output = Pipe.make()
    child.executableURL = URL(filePath: "/usr/bin/env")
    child.arguments = ["python3", script]
    child.standardInput = input
    child.standardOutput = output
    try child.start()
    defer {
      try? input.fileHandleForWriting.close()
      child.waitUntilExit()
    }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw HarnessError("the search server did not start: \(line)")
    }
    return try await body(SearchServer(base: "http://127.0.0.1:\(port)"))
  }

  /// The endpoint of a domain, as a playbook writes it.
  package func endpoint(_ domain: String) -> String { "\(base)/@\(domain)" }

  /// What the server answers, asked by curl.
  @discardableResult
  package func send(_ method: String, _ path: String, _ body: String = "") throws -> String {
    var arguments = [
      "curl", "--silent", "--noproxy", "*", "-X", method, "-H", "Content-Type: application/json",
      "\(base)\(path)",
    ]
    if !body.isEmpty { arguments += ["--data-binary", body] }
    let output = try Tool.run(arguments)
    guard output.status == 0 else { throw HarnessError("curl: \(output.errorText)") }
    return output.text
  }

  /// Puts so many documents into an index, numbered from 1.
  package func fill(_ domain: String, _ index: String, _ count: Int) throws {
    let lines = (1...max(count, 1)).prefix(count).map {
      "{\"index\": {\"_index\": \"\(index)\", \"_id\": \"\($0)\"}}\n{\"number\": \($0)}\n"
    }
    try send("POST", "/@\(domain)/_bulk", lines.joined())
  }

  /// `METHOD /path` of all requests so far that hold a text.
  package func requests(_ part: String) throws -> [String] {
    let text = try send("GET", "/_stub/requests")
    let all = try JSONDecoder().decode([String].self, from: Data(text.utf8))
    return all.filter { $0.contains(part) }
  }
}
