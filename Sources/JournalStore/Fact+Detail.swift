package import JSON
internal import Resources
package import Rollouts

/// What a fact tells beside its kind and its step, as JSON.
///
/// Written by hand so that no renaming in the program changes what journals say.
extension Fact {
  package func detail() throws(JSONMismatch) -> JSONValue {
    switch self {
    case .started(let by), .paused(let by), .resumed(let by), .rollbackRequested(let by),
      .approved(_, let by), .rejected(_, let by), .retried(_, let by), .skipped(_, let by):
      .object([.init("by", by.json)])
    case .writesLimited(let rate, let by):
      .object(
        [.init("by", by.json)] + (rate.map { [.init("unitsPerSecond", JSONValue($0))] } ?? []))
    case .attached(let driver, let former):
      .object([.init("driver", .string(driver))] + Self.optional("takenFrom", former))
    case .planned(_, let plan, let changes):
      .object([
        .init("plan", .string(plan)), .init("changes", .array(changes.map { .string($0) })),
      ])
    case .applied(_, let report): .object([.init("report", try JSONValue(encoding: report))])
    case .verified(_, let verification):
      .object([
        .init(
          "verification",
          .object([
            .init("verdict", .string(verification.verdict.word)),
            .init("detail", .string(verification.verdict.detail)),
            .init("ledgers", try JSONValue(encoding: verification.ledgers)),
          ]))
      ])
    case .failed(_, let phase, let attempt, let failure, let retryAt):
      .object(
        [
          .init("phase", .string(phase.rawValue)), .init("attempt", JSONValue(attempt)),
          .init("failure", failure.json),
        ] + Self.optional("retryAt", retryAt?.description))
    case .noted(_, let text): .object([.init("text", .string(text))])
    case .crossed, .retryDue, .undone, .completed, .rolledBack: .object([])
    }
  }

  private static func optional(_ name: String, _ text: String?) -> [JSONValue.Member] {
    text.map { [.init(name, .string($0))] } ?? []
  }

  /// The fact of a row; nil when a part is missing or the kind is unknown.
  init?(kind: String, step: String?, _ detail: FactDetail) {
    switch (kind, step, detail.by) {
    case ("noted", let step, _):
      guard let text = detail.text else { return nil }
      self = .noted(step: step, text: text)
    case ("started", nil, let by?): self = .started(by: by)
    case ("paused", nil, let by?): self = .paused(by: by)
    case ("resumed", nil, let by?): self = .resumed(by: by)
    case ("rollback-requested", nil, let by?): self = .rollbackRequested(by: by)
    case ("writes-limited", nil, let by?):
      self = .writesLimited(unitsPerSecond: detail.unitsPerSecond, by: by)
    case ("approved", let step?, let by?): self = .approved(step: step, by: by)
    case ("rejected", let step?, let by?): self = .rejected(step: step, by: by)
    case ("retried", let step?, let by?): self = .retried(step: step, by: by)
    case ("skipped", let step?, let by?): self = .skipped(step: step, by: by)
    case ("crossed", let step?, nil): self = .crossed(step: step)
    case ("retry-due", let step?, nil): self = .retryDue(step: step)
    case ("undone", let step?, nil): self = .undone(step: step)
    case ("completed", nil, nil): self = .completed
    case ("rolled-back", nil, nil): self = .rolledBack
    case (_, let step?, nil): self.init(kind: kind, of: step, detail)
    case ("attached", nil, nil):
      guard let driver = detail.driver else { return nil }
      self = .attached(driver: driver, takenFrom: detail.takenFrom)
    default: return nil
    }
  }

  private init?(kind: String, of step: String, _ detail: FactDetail) {
    switch kind {
    case "failed":
      guard let phase = detail.phase, let attempt = detail.attempt, let failure = detail.failure
      else { return nil }
      self = .failed(
        step: step, phase: phase, attempt: attempt, failure: failure, retryAt: detail.retryAt)
    case "planned":
      guard let plan = detail.plan, let changes = detail.changes else { return nil }
      self = .planned(step: step, plan: plan, changes: changes)
    case "applied":
      guard let report = detail.report else { return nil }
      self = .applied(step: step, report: report)
    case "verified":
      guard let verification = detail.verification else { return nil }
      self = .verified(step: step, verification: verification)
    default: return nil
    }
  }
}

extension Person {
  var json: JSONValue {
    .object(
      [.init("name", .string(name)), .init("reason", .string(reason))]
        + (role.map { [.init("role", .string($0))] } ?? []))
  }
}

extension Failure {
  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init("summary", .string(summary)), .init("hint", .string(hint)),
    ]
    switch kind {
    case .transient(let milliseconds):
      members.append(.init("kind", .string("transient")))
      if let milliseconds {
        members.append(.init("retryAfterMilliseconds", JSONValue(milliseconds)))
      }
    case .permanent: members.append(.init("kind", .string("permanent")))
    case .refused: members.append(.init("kind", .string("refused")))
    case .cancelled: members.append(.init("kind", .string("cancelled")))
    }
    return .object(members)
  }
}

extension Verdict {
  var word: String {
    switch self {
    case .passed: "passed"
    case .failed: "failed"
    case .inconclusive: "inconclusive"
    }
  }

  init?(word: String, detail: String) {
    switch word {
    case "passed": self = .passed(detail)
    case "failed": self = .failed(detail)
    case "inconclusive": self = .inconclusive(detail)
    default: return nil
    }
  }
}
