import JSON
package import Resources
package import Rollouts

/// Calls any API of AWS, waits for what it began, and takes it back with another call.
///
/// With a `check`, the call is made only if that says that its work is not done, also after a crash.
/// Without one, a call that may not be repeated and whose end is unknown is left to a person.
package struct CloudStep: Action {
  package typealias Input = CloudStepInput

  package struct Plan: Codable, Sendable {
    /// Whether the check found the work done before; undo leaves that alone.
    var wasDone: Bool
    /// What the check's answer held under the names to remember, as JSON texts.
    var remembered: [String: String]
  }

  package struct Checkpoint: Codable, Sendable {
    /// What the answer gave; from here on only the poll is left.
    var outputs: [String: String]
    var sent: Timestamp
  }

  package static let name = "aws.call"
  package static let summary = "Calls any API of AWS, and another one to undo it."
  package static let reversal = Reversal.compensating("its undo call says how far")
  package static let inputs = CloudStepOwn.fields

  private let input: Input
  private let site: Site
  private let caller: CloudCaller
  private let expected: [CloudCondition]
  private let done: [CloudCondition]

  package init(_ input: Input, in site: Site) throws(Failure) {
    self.input = input
    self.site = site
    caller = CloudCaller(
      service: self.input.service, account: self.input.account,
      timeLimit: self.input.timeLimit?.duration, site: site)
    expected = try CloudCondition.all(self.input.expect?.json, of: site.step)
    done = try CloudCondition.all(self.input.check?.done, of: site.step)
    for poll in [self.input.poll, self.input.undo?.poll].compactMap(\.self) {
      _ = try CloudPoll(poll, site.step)
    }
    let names = [self.input.outputs ?? [:], self.input.check?.remember ?? [:]]
    for path in names.flatMap(\.values) { _ = try JSONPath.read(path, of: site.step) }
    if self.input.check != nil, done.isEmpty {
      throw .permanent(
        "step \(site.step) checks, but does not say what means that its work is done",
        hint: "Give the check conditions under 'done'.")
    }
  }

  package static func rights(_ input: Input) throws(Failure) -> [StepRight] {
    let call = input
    let requests: [CloudRequest?] = [
      call.request, call.poll?.request, call.undo?.request, call.undo?.poll?.request,
    ]
    let check = call.check?.request.use(call.service, call.account.place)
    let texts = call.check.map { [$0.request.input?.text ?? ""] } ?? []
    return (check.map { [.look($0), .reveal(texts)] } ?? [])
      + requests.compactMap { $0?.use(call.service, call.account.place) }.map { .call($0) }
  }

  private var title: String { "\(input.service) \(input.request.operation)" }
  private var mark: SentMark { SentMark(in: site) }

  // MARK: Plan

  package func plan() async throws(Failure) -> Planned<Plan> {
    var plan = Plan(wasDone: false, remembered: [:])
    do throws(Failure) {
      if let answer = try await look() {
        plan.wasDone = done.allSatisfy { $0.holds(in: answer) }
        plan.remembered = try remembered(answer)
      }
    } catch {
      // What the check looks at may not exist before earlier steps have run.
      if !site.isPreview || error.kind == .cancelled { throw error }
    }
    if plan.wasDone { return Planned(plan, changes: [], reversal: .exact) }
    let reversal: Reversal? =
      if !input.isChanging {
        .exact
      } else if input.undo == nil {
        .none(because: "\(title) has no undo call")
      } else {
        nil
      }
    return Planned(plan, changes: input.isChanging ? ["call \(title)"] : [], reversal: reversal)
  }

  /// The check's answer; nil without a check, or when it says that there is nothing yet.
  private func look() async throws(Failure) -> JSONValue? {
    guard let check = input.check else { return nil }
    let reason: Failure
    do throws(Failure) {
      switch try await caller.ask(check.request) {
      case .answer(let answer): return answer
      case .error(let code, let failure):
        if check.missing?.contains(code) == true { return nil }
        reason = failure
      }
    } catch {
      if error.kind == .cancelled { throw error }
      reason = error
    }
    throw Failure(
      reason.kind, "step \(site.step) cannot tell whether its work is done: \(reason.summary)",
      hint: reason.hint)
  }

  private func remembered(_ answer: JSONValue) throws(Failure) -> [String: String] {
    var values: [String: String] = [:]
    for (name, path) in input.check?.remember ?? [:] {
      guard let value = JSONPath(path)?.value(in: answer) else { continue }
      try CloudOutputs.check(
        value.string ?? value.text, "what stands at \(path)", title, site.secrets)
      values[name] = value.text
    }
    return values
  }

  // MARK: Apply

  package func apply(
    _ plan: Plan, from checkpoint: Checkpoint?, progress: Progress<Checkpoint>
  ) async throws(Failure) -> StepReport {
    let pace = progress.pace
    var report = StepReport()
    var reached = checkpoint
    if reached == nil, let answer = try await look(), done.allSatisfy({ $0.holds(in: answer) }) {
      report.notes = ["its work was done already"]
      // Undo may need what the call gave.
      let found = Checkpoint(outputs: try outputs(answer), sent: pace.clock.now())
      try await progress.saveNow(found)
      reached = found
    }
    if reached == nil {
      try pace.checkStop()
      if !input.isReversible { try await progress.crossPointOfNoReturn() }
      let outputs = try outputs(try await send())
      let new = Checkpoint(outputs: outputs, sent: pace.clock.now())
      try await progress.saveNow(new)
      reached = new
    }
    let state = reached ?? Checkpoint(outputs: [:], sent: pace.clock.now())
    if let poll = input.poll {
      try await CloudPoll(poll, site.step).wait(
        caller, values: values(plan, state), since: pace.limitBegin(state.sent), title, pace)
    }
    report.outputs = state.outputs
    return report
  }

  private func send() async throws(Failure) -> JSONValue {
    var isFirst = false
    if input.isChanging {
      isFirst = try await mark.begin(title, again: input.isRepeatable || input.check != nil)
    }
    let answer: JSONValue
    do throws(CloudFailure) {
      answer = try await caller.send(input.request, isRepeatable: input.isRepeatable)
    } catch {
      if case .service(let code, _) = error, input.expect?.errors?.contains(code) == true {
        return ["errorCode": .string(code)]
      }
      throw try await meaning(of: error, isFirst: isFirst)
    }
    let wrong = expected.filter { !$0.holds(in: answer) }.map {
      $0.finding(in: answer, without: site.secrets)
    }
    guard wrong.isEmpty else {
      throw caller.redacted(
        .permanent(
          "\(title) was answered otherwise than expected: \(wrong.joined(separator: ", "))",
          hint: "Mend the cause, then 'cutover retry \(site.step)'; or 'cutover rollback'."))
    }
    return answer
  }

  /// What an error means: surely nothing was done, or nobody knows.
  private func meaning(
    of error: CloudFailure, isFirst: Bool
  ) async throws(Failure) -> Failure {
    let failure = caller.redacted(error.failure)
    guard error.mayHaveActed else {
      if isFirst { try await mark.forget() }
      return failure
    }
    if input.isRepeatable || input.check != nil || failure.kind == .cancelled { return failure }
    return .refused(
      "\(title) may have been carried out: \(failure.summary)",
      hint: "Look there. 'cutover retry \(site.step)' calls it once more, 'cutover skip "
        + "\(site.step) --reason TEXT' takes it for done.")
  }

  private func outputs(_ answer: JSONValue) throws(Failure) -> [String: String] {
    try CloudOutputs.read(input.outputs, of: answer, title, site.secrets)
  }

  private func values(_ plan: Plan, _ state: Checkpoint?) -> [String: JSONValue] {
    var values = plan.remembered.compactMapValues { try? JSONValue(parsing: $0) }
    for (name, text) in state?.outputs ?? [:] { values[name] = .string(text) }
    return values
  }

  // MARK: Verify and undo

  package func verify(
    _ plan: Plan, report: StepReport, pace: Pace
  ) async throws(Failure) -> Verification {
    if let poll = input.poll {
      let state = Checkpoint(outputs: report.outputs, sent: pace.clock.now())
      return Verification(
        try await CloudPoll(poll, site.step).verdict(
          caller, values: values(plan, state)))
    }
    guard input.check != nil else { return Verification(.passed("answered as expected")) }
    do throws(Failure) {
      guard let answer = try await look() else {
        return Verification(.failed("its check does not find its work done"))
      }
      let wrong = done.filter { !$0.holds(in: answer) }.map {
        $0.finding(in: answer, without: site.secrets)
      }
      return Verification(
        wrong.isEmpty
          ? .passed("its check finds it done") : .failed(wrong.joined(separator: ", ")))
    } catch {
      if error.kind == .cancelled { throw error }
      return Verification(.inconclusive(error.summary))
    }
  }

  package func undo(_ plan: Plan, from checkpoint: Checkpoint?, pace: Pace) async throws(Failure) {
    guard let undo = input.undo, !plan.wasDone else { return }
    if checkpoint == nil, try await !mark.hasBegun() { return }
    let values = values(plan, checkpoint)
    let missing = undo.request.names.intersection(knownNames).subtracting(values.keys).sorted()
    guard missing.isEmpty else {
      throw .refused(
        "step \(site.step) cannot fill {\(missing[0])} into its undo call: its call was made, but "
          + "what came of it is not known",
        hint: "Look there and tidy up by hand, then 'cutover skip \(site.step) --reason TEXT'.")
    }
    let began = pace.clock.now()
    do throws(CloudFailure) {
      _ = try await caller.send(undo.request, values: values, isRepeatable: true)
    } catch {
      guard case .service(let code, _) = error, isUndone(code, undo) else {
        throw caller.redacted(error.failure)
      }
    }
    guard let poll = undo.poll else { return }
    try await CloudPoll(poll, site.step).wait(
      caller, values: values, since: began, "undo of \(title)", pace)
  }

  private var knownNames: Set<String> {
    Set((input.outputs ?? [:]).keys).union((input.check?.remember ?? [:]).keys)
  }

  private static let removing = ["Delete", "Remove", "Terminate", "Deregister", "Detach", "Untag"]

  /// Whether an error means that there is nothing to take back any more.
  private func isUndone(_ code: String, _ undo: Beside<CloudRequest, CloudStepOwn.Undo>) -> Bool {
    if undo.errors?.contains(code) == true { return true }
    let isGone = ["NotFound", "NoSuch", "DoesNotExist", "NonExistent"].contains {
      code.contains($0)
    }
    return isGone && Self.removing.contains { undo.request.operation.hasPrefix($0) }
  }
}
