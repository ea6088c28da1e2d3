import JSON
import Resources
import Rollouts

/// One workflow of CircleCI, over its API.
struct CIWorkflow: Sendable {
  enum JobState: Sendable {
    /// Jobs before it are not done yet.
    case blocked
    /// Somebody may approve it.
    case waiting
    case approved
    /// Cancelled, failed or never to be run.
    case over
  }

  struct Job: Sendable {
    let status: String
    let request: String?

    var state: JobState {
      switch status {
      case "on_hold": .waiting
      case "success": .approved
      case "blocked", "not_running", "queued", "running": .blocked
      case _: .over
      }
    }
  }

  let base: String
  /// May hold secret references.
  let token: String
  let id: String
  let site: Site

  private static let pagesMax = 100
  private static let timeLimit: Duration = .seconds(30)
  private static let retryAfterMax: Duration = .seconds(300)
  private static let shownMax = 200

  private var title: String { "the workflow \(id)" }
  private var path: String { "/workflow/\(URLTemplate.encoded(id))" }

  func status() async throws(Failure) -> String {
    let answer = try await get(path)
    guard let status = answer["status"]?.string else {
      throw .transient("CircleCI did not say how \(title) is", hint: "It is tried again.")
    }
    return status
  }

  /// The one job of that name; none and several are failures.
  func job(_ name: String) async throws(Failure) -> Job {
    var found: [JSONValue] = []
    var token: String?
    for _ in 0..<Self.pagesMax {
      let more = token.map { "?page-token=\(URLTemplate.encoded($0))" } ?? ""
      let page = try await get("\(path)/job\(more)")
      found += (page["items"]?.elements ?? []).filter {
        $0["name"]?.string?.hasSameBytes(as: name) == true
      }
      token = page["next_page_token"]?.string
      if token?.isEmpty != false { break }
    }
    guard found.count == 1, let status = found[0]["status"]?.string else {
      throw .permanent(
        "\(title) has \(found.count) jobs called \(name)", hint: "Correct the name of the hold.")
    }
    return Job(status: status, request: found[0]["approval_request_id"]?.string)
  }

  /// Nil when CircleCI has taken it; otherwise why not for now.
  func approve(_ request: String) async throws(Failure) -> String? {
    try await post("\(path)/approve/\(URLTemplate.encoded(request))")
  }

  func cancel() async throws(Failure) -> String? { try await post("\(path)/cancel") }

  private func get(_ path: String) async throws(Failure) -> JSONValue {
    let reply = try await send("GET", path)
    guard (200...299).contains(reply.status), let value = try? JSONValue(reading: reply.body) else {
      throw failure(reply)
    }
    return value
  }

  /// What is refused with 4xx may be taken a little later: a hold that was blocked a moment ago.
  private func post(_ path: String) async throws(Failure) -> String? {
    let reply = try await send("POST", path)
    if (200...299).contains(reply.status) { return nil }
    let failure = failure(reply)
    if failure.kind == .refused { throw failure }
    return failure.summary
  }

  private func send(_ method: String, _ path: String) async throws(Failure) -> HTTPReply {
    let secret = try await site.secrets.reveal(token)
    do throws(Failure) {
      return try await site.outside.http.send(
        HTTPCall(
          method: method, url: base + path,
          headers: [("Circle-Token", secret), ("Accept", "application/json")],
          timeLimit: Self.timeLimit))
    } catch {
      throw Failure(
        error.kind, site.secrets.redact(error.summary), hint: site.secrets.redact(error.hint))
    }
  }

  private func failure(_ reply: HTTPReply) -> Failure {
    let text = (try? JSONValue(reading: reply.body))?["message"]?.string ?? ""
    let message = site.secrets.excerpt(text, atMost: Self.shownMax)
    let summary = "\(title): CircleCI answered with status \(reply.status): \(message)"
    switch reply.status {
    case 401, 403:
      return .refused(summary, hint: "Give 'token' a token that may see and approve the workflow.")
    case 429, 500...599:
      let wait = reply.retryAfter(at: site.clock.now(), most: Self.retryAfterMax)
      return Failure(
        .transient(retryAfterMilliseconds: wait?.wholeMilliseconds), summary,
        hint: "It is tried again.")
    case _: return .permanent(summary, hint: "Correct the workflow's id.")
    }
  }
}
