import JSON
import Resources
import Rollouts

/// Asks again and again until the answer is as wanted.
struct CloudPoll: Sendable {
  private let poll: Beside<CloudRequest, CloudStepOwn.Poll>
  private let until: [CloudCondition]
  private let failed: [CloudCondition]
  private let step: String

  private static let everyDefault: Duration = .seconds(5)
  private static let withinDefault: Duration = .seconds(600)

  init(_ poll: Beside<CloudRequest, CloudStepOwn.Poll>, _ step: String) throws(Failure) {
    self.poll = poll
    self.step = step
    until = try CloudCondition.all(poll.until, of: step)
    failed = try CloudCondition.all(poll.failed, of: step)
    guard !until.isEmpty || poll.errors?.isEmpty == false else {
      throw .permanent(
        "step \(step) polls, but does not say for what",
        hint: "Give 'poll' conditions under 'until', or 'errors'.")
    }
  }

  func wait(
    _ caller: CloudCaller, values: [String: JSONValue],
    since begin: Timestamp, _ title: String, _ pace: Pace
  ) async throws(Failure) {
    let end = begin + (poll.within?.duration ?? Self.withinDefault)
    let hint = "Look there, then 'cutover retry \(step)' or 'cutover rollback'."
    while true {
      let detail: String
      switch try await verdict(caller, values: values) {
      case .passed: return
      case .failed(let text): throw .permanent("\(title) failed afterwards: \(text)", hint: hint)
      case .inconclusive(let text): detail = text
      }
      let next = pace.clock.now() + (poll.every?.duration ?? Self.everyDefault)
      guard next <= end else {
        throw .permanent("\(title) is not done in time: \(detail)", hint: hint)
      }
      try await pace.wait(until: next, for: "\(title) to be done (\(detail))")
    }
  }

  /// One look: inconclusive is neither done nor failed yet.
  func verdict(
    _ caller: CloudCaller, values: [String: JSONValue]
  ) async throws(Failure) -> Verdict {
    let tree: JSONValue
    do throws(Failure) {
      switch try await caller.ask(poll.request, values: values) {
      case .answer(let answer): tree = answer
      case .error(let code, let failure):
        if poll.errors?.contains(code) == true { return .passed("answered \(code)") }
        throw failure
      }
    } catch {
      guard error.isTransient else { throw error }
      return .inconclusive(error.summary)
    }
    func text(_ conditions: [CloudCondition]) -> String {
      caller.site.secrets.redact(
        conditions.map { $0.finding(in: tree, without: caller.site.secrets) }.joined(
          separator: ", "))
    }
    if let wrong = failed.first(where: { $0.holds(in: tree) }) { return .failed(text([wrong])) }
    let isDone = !until.isEmpty && until.allSatisfy { $0.holds(in: tree) }
    return isDone ? .passed(text(until)) : .inconclusive(text(until))
  }
}
