import Digests
import JSON
package import Resources
package import Rollouts

/// Sends one HTTP request, waits for what it began, and takes it back with another.
///
/// A crash between sending and writing that down sends the same again, with the same key in its
/// idempotency header: the server must honour that, or the request be safe to repeat.
package struct HTTPStep: Action {
  package struct Input: Decodable, Sendable {
    let call: HTTPCallInput
    package init(from decoder: any Decoder) throws { call = try HTTPCallInput(from: decoder) }
  }

  package struct Plan: Codable, Sendable {}

  package struct Checkpoint: Codable, Sendable {
    /// What the reply gave; from here on only the poll is left.
    var outputs: [String: String]
    var sent: Timestamp
  }

  package static let name = "http.call"
  package static let summary = "Sends an HTTP request, and another one to undo it."
  package static let reversal = Reversal.compensating("its undo request says how far")
  package static let inputs = HTTPCallInput.fields

  private static let replyBytesMax = 4 << 20
  private static let outputMax = 8 << 10
  private static let everyDefault: Duration = .seconds(5)
  private static let withinDefault: Duration = .seconds(600)
  /// Statuses that may go away by themselves.
  private static let transientStatuses: Set<Int> = [408, 425, 429, 500, 502, 503, 504]
  private static let retryAfterMax: Duration = .seconds(3600)

  private let input: HTTPCallInput
  private let site: Site

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input.call
    self.site = site
    try self.input.expect?.check(of: site.step)
    let paths =
      Array((self.input.outputs ?? [:]).values)
      + (self.input.poll.map { Array($0.until.keys) + Array(($0.failed ?? [:]).keys) } ?? [])
    for path in paths { _ = try JSONPath.read(path, of: site.step) }
    for url in [self.input.poll?.url, self.input.undo?.url].compactMap(\.self) {
      for name in URLTemplate(text: url).names where self.input.outputs?[name] == nil {
        throw .permanent(
          "step \(site.step): {\(name)} in \(url) is not one of its outputs",
          hint: "Add it to 'outputs' with the path at which it stands.")
      }
    }
  }

  private var title: String { "\(input.method) \(site.secrets.redact(input.request.url))" }
  private var mark: StepMark { StepMark("sent", in: site) }

  package func plan() async throws(Failure) -> Planned<Plan> {
    let reversal: Reversal? =
      if !input.isChanging {
        .exact
      } else if input.undo == nil {
        .none(because: "\(title) has no undo request")
      } else {
        nil
      }
    return Planned(Plan(), changes: input.isChanging ? [title] : [], reversal: reversal)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    var checkpoint = checkpoint
    if checkpoint == nil {
      if input.isChanging { try mark.set() }
      if !input.isReversible { try await progress.crossPointOfNoReturn() }
      let outputs = try await send(progress.pace)
      let new = Checkpoint(outputs: outputs, sent: progress.pace.clock.now())
      try await progress.saveNow(new)
      checkpoint = new
    }
    let done = checkpoint ?? Checkpoint(outputs: [:], sent: progress.pace.clock.now())
    if let poll = input.poll { try await wait(poll, done, progress.pace) }
    return StepReport(outputs: done.outputs)
  }

  // MARK: The request

  private func send(_ pace: Pace) async throws(Failure) -> [String: String] {
    var call = try await HTTPProbe.call(input.request, site)
    if input.isChanging {
      call.headers.append((input.idempotencyHeader ?? "Idempotency-Key", key("apply")))
    }
    let reply = try await exchange(call)
    let expect = input.expect ?? HTTPExpectation()
    let complaints = expect.complaints(reply, at: pace.clock.now(), without: site.secrets)
    guard complaints.isEmpty else { throw failure(title, reply, complaints) }
    return try outputs(reply)
  }

  /// The same for each attempt of this step in this rollout, and no other's.
  private func key(_ verb: String) -> String {
    Digest.hex(
      Digest.sha256(Array("\(site.rollout)/\(site.step)/\(verb)".utf8)).prefix(16).map(\.self))
  }

  private func exchange(_ call: HTTPCall) async throws(Failure) -> HTTPReply {
    let reply: HTTPReply
    do throws(Failure) {
      reply = try await site.outside.http.send(call)
    } catch {
      throw Failure(
        error.kind, site.secrets.redact(error.summary), hint: site.secrets.redact(error.hint))
    }
    guard reply.body.count <= Self.replyBytesMax else {
      throw .permanent(
        "\(title) was answered with \(reply.body.count) bytes; at most \(Self.replyBytesMax) "
          + "are read", hint: "Ask for less.")
    }
    return reply
  }

  private func failure(_ title: String, _ reply: HTTPReply, _ complaints: [String]) -> Failure {
    let text = site.secrets.redact("\(title): \(complaints.joined(separator: ", "))")
    guard Self.transientStatuses.contains(reply.status) else {
      return .permanent(
        text, hint: "Mend the cause, then 'cutover retry \(site.step)'; or 'cutover rollback'.")
    }
    let wait = reply.retryAfter(at: site.clock.now(), most: Self.retryAfterMax)
    return Failure(
      .transient(retryAfterMilliseconds: wait?.wholeMilliseconds), text,
      hint: "It is tried again.")
  }

  private func outputs(_ reply: HTTPReply) throws(Failure) -> [String: String] {
    guard let paths = input.outputs, !paths.isEmpty else { return [:] }
    guard let tree = try? JSONValue(reading: reply.body) else {
      throw .permanent("\(title) was not answered with JSON", hint: "Its 'outputs' need that.")
    }
    var outputs: [String: String] = [:]
    for (name, path) in paths {
      guard let value = JSONPath(path)?.value(in: tree) else {
        throw .permanent(
          "\(title): there is nothing at \(path) in the reply", hint: "Mend the output \(name).")
      }
      outputs[name] = CommandOutputs.text(value)
      guard outputs[name, default: ""].utf8.count <= Self.outputMax else {
        throw .permanent("\(title): the output \(name) is too long", hint: "Take less of it.")
      }
    }
    return outputs
  }

  // MARK: Poll

  private func wait(
    _ poll: HTTPCallInput.Poll, _ done: Checkpoint, _ pace: Pace
  ) async throws(Failure) {
    let end = pace.limitBegin(done.sent) + (poll.within?.duration ?? Self.withinDefault)
    while true {
      let (verdict, detail) = try await ask(poll, done)
      switch verdict {
      case true?: return
      case false?:
        throw .permanent(
          "\(title) failed afterwards: \(detail)",
          hint: "Look there, then 'cutover retry \(site.step)' or 'cutover rollback'.")
      case nil: break
      }
      let next = pace.clock.now() + (poll.every?.duration ?? Self.everyDefault)
      guard next <= end else {
        throw .permanent(
          "\(title) is not done in time: \(detail)",
          hint: "Look there, then 'cutover retry \(site.step)' or 'cutover rollback'.")
      }
      try await pace.wait(until: next, for: "\(title) to be done (\(detail))")
    }
  }

  /// True when done, false when failed, nil when neither can be told yet.
  private func ask(
    _ poll: HTTPCallInput.Poll, _ done: Checkpoint
  ) async throws(Failure) -> (Bool?, String) {
    var request = input.request
    request.url = try filled(poll.url, done.outputs)
    request.method = "GET"
    request.body = nil
    request.headers = poll.headers ?? input.request.headers
    let reply: HTTPReply
    do throws(Failure) {
      reply = try await exchange(try await HTTPProbe.call(request, site))
    } catch {
      guard error.isTransient else { throw error }
      return (nil, error.summary)
    }
    guard (200...299).contains(reply.status), let tree = try? JSONValue(reading: reply.body) else {
      return (nil, "status \(reply.status)")
    }
    var seen: [String] = []
    for (path, value) in (poll.failed ?? [:]).sorted(by: { $0.key < $1.key }) {
      let found = JSONPath(path)?.value(in: tree)
      if Self.isSame(found, value) { return (false, text(path, found)) }
    }
    var isDone = true
    for (path, value) in poll.until.sorted(by: { $0.key < $1.key }) {
      let found = JSONPath(path)?.value(in: tree)
      if !Self.isSame(found, value) { isDone = false }
      seen.append(text(path, found))
    }
    return (isDone ? true : nil, seen.joined(separator: ", "))
  }

  private static let shownMax = 120

  private func text(_ path: String, _ found: JSONValue?) -> String {
    "\(path) is \(site.secrets.excerpt(found?.text ?? "nothing", atMost: Self.shownMax))"
  }

  private static func isSame(_ found: JSONValue?, _ wanted: JSONValue) -> Bool {
    found?.compact(sortedKeys: true) == wanted.compact(sortedKeys: true)
  }

  private func filled(_ url: String, _ outputs: [String: String]) throws(Failure) -> String {
    guard let filled = URLTemplate(text: url).filled(outputs) else {
      throw .refused(
        "step \(site.step) cannot fill in \(url): its request was sent, but what came of it is "
          + "not known",
        hint: "Look there and tidy up by hand, then 'cutover skip \(site.step) --reason …'.")
    }
    return filled
  }

  // MARK: Verify and undo

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    guard let poll = input.poll else { return Verification(.passed("answered as expected")) }
    let (verdict, detail) = try await ask(
      poll, Checkpoint(outputs: report.outputs, sent: pace.clock.now()))
    switch verdict {
    case true?: return Verification(.passed(detail))
    case false?: return Verification(.failed(detail))
    case nil: return Verification(.inconclusive(detail))
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let undo = input.undo else { return }
    if checkpoint == nil, try !mark.isSet() { return }
    var request = input.request
    request.url = try filled(undo.url, checkpoint?.outputs ?? [:])
    request.method = undo.method ?? "DELETE"
    request.body = undo.body
    request.headers = undo.headers ?? input.request.headers
    var call = try await HTTPProbe.call(request, site)
    call.headers.append((input.idempotencyHeader ?? "Idempotency-Key", key("undo")))
    let reply = try await exchange(call)
    let isRight =
      undo.status?.contains(reply.status)
      ?? ((200...299).contains(reply.status) || reply.status == 404 || reply.status == 410)
    guard isRight else {
      throw failure("undo of \(title)", reply, ["status \(reply.status)"])
    }
  }
}
