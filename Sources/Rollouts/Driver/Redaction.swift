import Resources

// Actions are asked to keep secrets out of what they report; this strikes them out all the same.

extension Fact {
  /// The fact without any secret that was given out.
  func redacted(by secrets: Secrets) -> Fact {
    switch self {
    case .planned(let step, let plan, let changes):
      .planned(step: step, plan: secrets.redact(plan), changes: changes.map(secrets.redact))
    case .applied(let step, let report): .applied(step: step, report: report.redacted(by: secrets))
    case .verified(let step, let verification):
      .verified(step: step, verification: verification.redacted(by: secrets))
    case .failed(let step, let phase, let attempt, let failure, let retryAt):
      .failed(
        step: step, phase: phase, attempt: attempt, failure: failure.redacted(by: secrets),
        retryAt: retryAt)
    case .noted(let step, let text): .noted(step: step, text: secrets.redact(text))
    case .started, .attached, .crossed, .retryDue, .approved, .rejected, .retried, .skipped,
      .paused, .resumed, .rollbackRequested, .writesLimited, .undone, .completed, .rolledBack:
      self
    }
  }
}

extension Failure {
  func redacted(by secrets: Secrets) -> Failure {
    Failure(kind, secrets.redact(summary), hint: secrets.redact(hint))
  }
}

extension StepReport {
  func redacted(by secrets: Secrets) -> StepReport {
    StepReport(
      outputs: outputs.mapValues(secrets.redact), ledgers: ledgers,
      notes: notes.map(secrets.redact))
  }
}

extension Pace.Reading {
  func redacted(by secrets: Secrets) -> Pace.Reading {
    var reading = self
    reading.unit = secrets.redact(unit)
    reading.waitingFor = waitingFor.map(secrets.redact)
    return reading
  }
}

extension Verification {
  func redacted(by secrets: Secrets) -> Verification {
    let verdict: Verdict =
      switch verdict {
      case .passed(let detail): .passed(secrets.redact(detail))
      case .failed(let detail): .failed(secrets.redact(detail))
      case .inconclusive(let detail): .inconclusive(secrets.redact(detail))
      }
    return Verification(verdict, ledgers: ledgers)
  }
}
