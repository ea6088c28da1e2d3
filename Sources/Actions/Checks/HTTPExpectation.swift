import JSON
import Resources
import Rollouts

/// What a reply must be like; decides, and asks nobody.
struct HTTPExpectation: Decodable, Sendable {
  struct Body: Decodable, Sendable {
    var contains: [String]?
    var matches: String?
    /// By path into the body's JSON.
    var json: [String: JSONValue]?
  }

  var status: [Int]?
  var statusRange: String?
  var body: Body?
  var headers: [String: String]?
  var latencyMax: PlaybookDuration?
  var certificateValidFor: PlaybookDuration?

  static let fields: [InputField] = [
    .optional("status", .list(.integer(100...599)), "Statuses that are right."),
    .optional(
      "statusRange", .string, "A range of statuses that are right; alone or besides 'status'.",
      default: "200-299"),
    .optional(
      "body",
      .object([
        .optional("contains", .list(.string), "Texts that must all occur."),
        .optional("matches", .string, "A regular expression that must match somewhere."),
        .optional(
          "json", .map(.any),
          "Values that must stand at paths such as data.items[0].id; numbers digit by digit."),
      ]), "What the body must hold."),
    .optional("headers", .map(.string), "Header values that must be exactly so."),
    .optional("latencyMax", .duration, "The longest that the whole reply may take."),
    .optional(
      "certificateValidFor", .duration, "How long the server's certificate must still be valid."),
  ]

  /// What is searched of a body; a longer one is judged by its beginning.
  private static let searchedBytesMax = 1 << 20
  /// How much of a body is shown.
  private static let shownMax = 120

  /// Throws when the expectation itself cannot be understood.
  func check(of step: String) throws(Failure) {
    if let statusRange, Self.range(statusRange) == nil {
      throw .permanent(
        "step \(step): '\(statusRange)' is not a range of statuses", hint: "Write it as 200-299.")
    }
    if let pattern = body?.matches, (try? Regex(pattern)) == nil {
      throw .permanent(
        "step \(step): '\(pattern)' is not a regular expression", hint: "Mend the playbook.")
    }
    for text in (body?.json ?? [:]).keys { _ = try JSONPath.read(text, of: step) }
  }

  private static func range(_ text: String) -> ClosedRange<Int>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, let low = ends[0], let high = ends[1], low <= high else { return nil }
    return low...high
  }

  /// Everything that is not as it should be, a line each.
  func complaints(
    _ reply: HTTPReply, at now: Timestamp, without secrets: Secrets
  ) -> [String] {
    var complaints: [String] = []
    if !isRight(reply.status) { complaints.append("status \(reply.status)") }
    for (name, value) in (headers ?? [:]).sorted(by: { $0.key < $1.key }) {
      let found = reply.header(name)
      if found.map({ Array($0.utf8) }) != Array(value.utf8) {
        complaints.append("header \(name) is \(found.map { "'\($0)'" } ?? "missing")")
      }
    }
    if let body { complaints += self.complaints(reply.body, body, secrets) }
    if let limit = latencyMax, reply.elapsed > limit.duration {
      complaints.append("it took \(reply.elapsed.wholeMilliseconds) ms")
    }
    if let least = certificateValidFor {
      if let end = reply.certificateExpires {
        if end < now + least.duration { complaints.append("its certificate ends at \(end)") }
      } else {
        complaints.append("it has no certificate")
      }
    }
    return complaints
  }

  private func isRight(_ status: Int) -> Bool {
    if let list = self.status, list.contains(status) { return true }
    if let text = statusRange { return Self.range(text)?.contains(status) ?? false }
    return self.status == nil && (200...299).contains(status)
  }

  private func complaints(
    _ bytes: [UInt8], _ body: Body, _ secrets: Secrets
  ) -> [String] {
    var complaints: [String] = []
    let searched = Array(bytes.prefix(Self.searchedBytesMax))
    for text in body.contains ?? [] where !searched.contains(Array(text.utf8)) {
      complaints.append("the body lacks '\(text)'")
    }
    if let pattern = body.matches {
      let text = String(decoding: searched, as: UTF8.self)
      let isFound = (try? Regex(pattern).firstMatch(in: text)) != nil
      if !isFound { complaints.append("the body does not match /\(pattern)/") }
    }
    guard let wanted = body.json, !wanted.isEmpty else { return complaints }
    guard let tree = try? JSONValue(reading: bytes) else {
      let start = secrets.excerpt(bytes, atMost: Self.shownMax)
      return complaints + ["the body is not JSON: \(start)"]
    }
    for (path, value) in wanted.sorted(by: { $0.key < $1.key }) {
      let found = JSONPath(path)?.value(in: tree)
      if found?.compact(sortedKeys: true) != value.compact(sortedKeys: true) {
        let text = secrets.excerpt(found?.text ?? "nothing", atMost: Self.shownMax)
        let other = secrets.excerpt(value.text, atMost: Self.shownMax)
        complaints.append("\(path) is \(text), not \(other)")
      }
    }
    return complaints
  }
}
