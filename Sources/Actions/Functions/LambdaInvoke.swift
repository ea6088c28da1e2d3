import JSON
package import Resources
package import Rollouts

/// Invokes a Lambda function once, and tells apart all the ways in which that can go wrong.
///
/// The answer is waited for longer than any function may run, and no retry of a request invokes it
/// again: an invocation whose end is unknown is left to a person, unless the playbook says that
/// invoking it again does no harm. Throttled invocations did not run and are tried again.
package struct LambdaInvoke: Action {
  enum Interrupted: String, Codable, Sendable, CaseIterable {
    case fail
    case again
  }

  package struct Undo: Decodable, Sendable {
    var function: String?
    var qualifier: String?
    var payload: JSONValue?
  }

  package struct Own: Decodable, Sendable {
    var function: String
    var qualifier: String?
    var regions: [String]?
    var payload: JSONValue?
    var async: Bool?
    var expect: [String: JSONValue]?
    var statuses: [Int]?
    var outputs: [String: String]?
    var whenInterrupted: Interrupted?
    var changes: Bool?
    var dryRun: Bool?
    var logTail: Bool?
    var timeLimit: PlaybookDuration?
    var undo: Undo?
  }

  package typealias Input = Beside<CloudAccount, Own>

  package struct Plan: Codable, Sendable {}

  package struct Checkpoint: Codable, Sendable {
    var outputs: [String: String]
    var notes: [String]
    /// In how many regions it has answered well; nil for all.
    var done: Int?
  }

  package static let name = "lambda.invoke"
  package static let summary = "Invokes a Lambda function once and judges its answer."
  package static let reversal = Reversal.compensating("its undo invocation says how far")
  package static let inputs: [InputField] =
    [
      .required(
        "function", .string, "The function's name or ARN; none is invoked if it is empty."),
      .optional("qualifier", .string, "A version or an alias."),
      .optional(
        "regions", .list(.string),
        "Regions in which it is invoked, one after the other; each must answer well."),
      .optional("payload", .secretAny, "What the function is given.", default: "{}"),
      .optional(
        "async", .boolean, "Only queues the invocation; its outcome is not known then.",
        default: "false"),
      .optional("expect", .map(.any), "Conditions by path into the answer."),
      .optional(
        "statuses", .list(.integer(100...599)),
        "Values of statusCode that are right; the answer must have one. By default any below 400."),
      .optional("outputs", .map(.string), "Outputs by their path in the answer."),
      .optional(
        "whenInterrupted", .choice(Interrupted.allCases.map(\.rawValue)),
        "What happens when an invocation began and its end is not known: a person decides, or it "
          + "is invoked again.", default: Interrupted.fail.rawValue),
      .optional("changes", .boolean, "False for a function that only looks.", default: "true"),
      .optional(
        "dryRun", .boolean, "Whether it is only told what would be invoked.", default: "false"),
      .optional(
        "logTail", .boolean, "Whether the end of its log is kept in the history.",
        default: "false"),
      .optional("timeLimit", .duration, "How long the answer may take to come.", default: "15m30s"),
      .optional(
        "undo",
        .object([
          .optional("function", .string, "Another function's name or ARN."),
          .optional("qualifier", .string, "A version or an alias."),
          .optional("payload", .secretAny, "What it is given; {name} stands for an output."),
        ]), "The invocation that takes it back; it must be safe to repeat."),
    ] + CloudAccount.fields

  /// Longer than any function may run (15 minutes), so that the service always answers first.
  private static let timeLimitDefault: Duration = .seconds(15 * 60 + 30)
  private static let logBytesMax = 4 << 10

  private let input: Input
  private let site: Site
  private let expected: [CloudCondition]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    expected = try CloudCondition.all(input.expect, of: site.step)
    for path in (input.outputs ?? [:]).values { _ = try JSONPath.read(path, of: site.step) }
    if input.async == true,
      input.outputs?.isEmpty == false || !expected.isEmpty || input.statuses != nil
    {
      throw .permanent(
        "step \(site.step) invokes without waiting, so there is no answer to judge",
        hint: "Leave out 'expect', 'statuses' and 'outputs', or 'async'.")
    }
    guard input.regions.map({ !$0.isEmpty && Set($0).count == $0.count }) ?? true else {
      throw .permanent(
        "step \(site.step) names no region, or one of them twice",
        hint: "Leave out 'regions', or name each once.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    if input.function.isEmpty || input.dryRun == true { return [] }
    func full(_ name: String, _ qualifier: String?, _ place: CloudPlace) -> String {
      // An alias or version is a resource of its own.
      let full = FunctionConfiguration.arn(of: name, at: place)
      return qualifier.map { "\(full):\($0)" } ?? full
    }
    return places(input).flatMap { place -> [StepRight] in
      let undone = input.undo.map {
        full(
          $0.function ?? input.function, $0.function == nil ? input.qualifier : $0.qualifier,
          place)
      }
      let names = [full(input.function, input.qualifier, place)] + [undone].compactMap(\.self)
      return Set(names).sorted().map { .call(CloudUse("lambda", "Invoke", at: place, on: $0)) }
    }
  }

  /// Where it is invoked, in order.
  private static func places(_ input: Input) -> [CloudPlace] {
    guard let regions = input.regions else { return [input.account.place] }
    return regions.map { input.account.place.moved(to: $0) }
  }

  /// One invocation of the step.
  private struct Target {
    let place: CloudPlace
    let title: String
    let mark: SentMark
    /// What outputs of this region end in; nil where there is one place.
    let region: String?
  }

  private var targets: [Target] {
    Self.places(input).map { place in
      let region = input.regions == nil ? nil : place.region
      return Target(
        place: place, title: title + (region.map { " in \($0)" } ?? ""),
        mark: SentMark(in: site, of: region), region: region)
    }
  }

  private var title: String { "the function \(input.function)" }
  /// Why nothing is invoked at all; nil where something is.
  private var idle: String? {
    if input.function.isEmpty { return "no function is named, so none is invoked" }
    return input.dryRun == true ? "\(title) is not invoked: this is a dry run" : nil
  }
  private var isChanging: Bool { input.changes ?? true }
  private var isReversible: Bool { !isChanging || input.undo != nil }

  package func plan() async throws(Failure) -> Planned<Plan> {
    if idle != nil { return Planned(Plan(), changes: [], reversal: .exact) }
    let reversal: Reversal? =
      if !isChanging {
        .exact
      } else if input.undo == nil {
        .none(because: "\(title) has no undo invocation")
      } else {
        nil
      }
    return Planned(
      Plan(), changes: isChanging ? targets.map { "invoke \($0.title)" } : [], reversal: reversal)
  }

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    var reached = checkpoint ?? Checkpoint(outputs: [:], notes: [], done: 0)
    let targets = targets
    try progress.pace.checkStop()
    if checkpoint == nil, let idle { return StepReport(notes: [idle]) }
    for (index, target) in targets.enumerated() where index >= reached.done ?? targets.count {
      try progress.pace.checkStop()
      if !isReversible { try await progress.crossPointOfNoReturn() }
      try await invoke(target, progress.pace, &reached)
      reached.done = index + 1
      try await progress.saveNow(reached)
    }
    return StepReport(outputs: reached.outputs, notes: reached.notes)
  }

  private func invoke(
    _ target: Target, _ pace: Pace, _ reached: inout Checkpoint
  ) async throws(Failure) {
    let call = try await call(
      input.function, input.qualifier, input.payload ?? .object([]), at: target.place, values: [:])
    let isFirst = try await target.mark.begin(
      "an invocation of \(target.title)", again: input.whenInterrupted == .again || !isChanging)
    pace.report(Pace.Reading(waitingFor: "\(target.title) to answer"))
    let reply = try await judged(call, target, isFirst: isFirst)
    if let tail = reply.logTail(bytesMax: Self.logBytesMax, without: site.secrets) {
      reached.notes.append(tail)
    }
    let outputs = try CloudOutputs.read(input.outputs, of: reply.answer, target.title, site.secrets)
    for (name, value) in outputs {
      reached.outputs[name] = value
      if let region = target.region { reached.outputs["\(name)-\(region)"] = value }
    }
  }

  private func call(
    _ function: String, _ qualifier: String?, _ payload: JSONValue, at place: CloudPlace,
    values: [String: JSONValue]
  ) async throws(Failure) -> CloudCall {
    let filled = try CloudTemplate(values: values).filled(payload)
    let revealed = try await CloudRequest.revealed(filled, site.secrets)
    let query = qualifier.map { "?Qualifier=\(URLTemplate.encoded($0))" } ?? ""
    var headers = [
      (name: "X-Amz-Invocation-Type", value: input.async == true ? "Event" : "RequestResponse")
    ]
    if input.logTail == true, input.async != true { headers.append(("X-Amz-Log-Type", "Tail")) }
    return CloudCall(
      service: "lambda", operation: "Invoke", place: place,
      input: revealed.compact(),
      route: (
        "POST", "/2015-03-31/functions/\(URLTemplate.encoded(function))/invocations\(query)"
      ), headers: headers, isRepeatable: false,
      timeLimit: input.timeLimit?.duration ?? Self.timeLimitDefault)
  }

  /// Sends the invocation and throws unless its answer is a good one.
  private func judged(
    _ call: CloudCall, _ target: Target, isFirst: Bool
  ) async throws(Failure) -> LambdaReply {
    let reply: CloudReply
    do throws(CloudFailure) {
      reply = try await site.outside.cloud.call(call, in: site.context)
    } catch {
      throw redacted(try await meaning(of: error, target, isFirst: isFirst))
    }
    let answer = LambdaReply(reply)
    if let failure = answer.failure(
      target.title, site.step, statuses: input.statuses, without: site.secrets)
    {
      throw redacted(failure)
    }
    let wrong = expected.filter { !$0.holds(in: answer.answer) }
    guard wrong.isEmpty else {
      let found = wrong.map { $0.finding(in: answer.answer, without: site.secrets) }.joined(
        separator: ", ")
      throw redacted(
        .permanent(
          "\(target.title) answered otherwise than expected: \(found)",
          hint: "Mend the cause, then 'cutover retry \(site.step)'; or 'cutover rollback'."))
    }
    return answer
  }

  /// What no answer means: surely not invoked, or nobody knows.
  private func meaning(
    of error: CloudFailure, _ target: Target, isFirst: Bool
  ) async throws(Failure) -> Failure {
    switch error {
    case .wire(let failure, wasSent: false):
      if isFirst { try await target.mark.forget() }
      return failure
    case .service(let code, let failure) where !Self.unsureCodes.contains(code):
      if isFirst { try await target.mark.forget() }
      return failure
    case .wire(let failure, _), .service(_, let failure):
      if failure.kind == .cancelled { return failure }
      if input.whenInterrupted == .again || !isChanging { return failure }
      return .refused(
        "\(target.title) may have run, and how it ended is not known: \(failure.summary)",
        hint: "Look at its log. 'cutover retry \(site.step)' invokes it once more, 'cutover skip "
          + "\(site.step) --reason TEXT' takes it for done.")
    }
  }

  /// Errors of the service behind which the function may have run.
  private static let unsureCodes: Set<String> = [
    "ServiceException", "InternalFailure", "InternalServerError", "ServiceUnavailable", "500",
    "502", "503", "504", "RequestTimeout", "RequestTimeoutException",
  ]

  private func redacted(_ failure: Failure) -> Failure {
    Failure(
      failure.kind, site.secrets.redact(failure.summary), hint: site.secrets.redact(failure.hint))
  }

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    if let idle { return Verification(.passed(idle)) }
    if input.async == true { return Verification(.passed("queued; its outcome is not known")) }
    return Verification(.passed("answered as expected"))
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let undo = input.undo, idle == nil else { return }
    for (index, target) in targets.enumerated().reversed() {
      let isDone = checkpoint.map { index < $0.done ?? Int.max } ?? false
      if !isDone, try await !target.mark.hasBegun() { continue }
      try await self.undo(undo, target, isDone ? checkpoint : nil)
    }
  }

  private func undo(
    _ undo: Undo, _ target: Target, _ checkpoint: Checkpoint?
  ) async throws(Failure) {
    let outputs = checkpoint?.outputs ?? [:]
    var values = outputs.mapValues { JSONValue.string($0) }
    for name in (input.outputs ?? [:]).keys {
      guard let region = target.region, let own = outputs["\(name)-\(region)"] else { continue }
      values[name] = .string(own)
    }
    let payload = undo.payload ?? .object([])
    if checkpoint == nil,
      !CloudTemplate.names(in: payload).isDisjoint(with: (input.outputs ?? [:]).keys)
    {
      throw .refused(
        "step \(site.step) cannot fill its undo: \(target.title) was invoked, but what it "
          + "answered is not known",
        hint: "Look there and tidy up by hand, then 'cutover skip \(site.step) --reason TEXT'.")
    }
    let call = try await call(
      undo.function ?? input.function, undo.function == nil ? input.qualifier : undo.qualifier,
      payload, at: target.place, values: values)
    let reply: CloudReply
    do throws(CloudFailure) {
      reply = try await site.outside.cloud.call(call, in: site.context)
    } catch {
      throw redacted(error.failure)
    }
    if let failure = LambdaReply(reply).failure(
      "undo of \(target.title)", site.step, statuses: nil, without: site.secrets)
    {
      throw redacted(failure)
    }
  }
}
