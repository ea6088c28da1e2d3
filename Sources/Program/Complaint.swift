internal import Commands
internal import Foundation
internal import JSON
internal import Resources
internal import Rollouts

/// What standard error says about an error, and the exit code that belongs to it.
struct Complaint {
  let code: ExitCode
  let lines: [Line]

  init(_ error: any Error) {
    switch error {
    case let error as UsageError:
      self.init(.usage, error.problem, hint: "Try: \(error.help)")
    case let error as Refusal: self.init(error.code, error.summary, hint: error.hint)
    case let error as PlaybookProblems: self.init(error)
    case let error as JournalError: self.init(error)
    case let error as Failure:
      self.init(
        error.kind == .cancelled ? .interrupted : .badInput, error.summary, hint: error.hintToRepeat
      )
    case let error as RolloutMachine.InvalidFact:
      self.init(
        .bug, "the fact '\(error.fact.kind)' does not fit: \(error.because)",
        hint: "Nothing was written. Report this bug.")
    case is CancellationError:
      self.init(.interrupted, "interrupted", hint: "Carry on with 'cutover resume'.")
    default: self.init(.bug, "\(error)", hint: "Report this bug.")
    }
  }

  private init(_ code: ExitCode, _ summary: String, hint: String) {
    self.code = code
    let first = Visible.lines(summary)
    lines =
      first.enumerated().map { index, text in
        index == 0 ? "\("cutover:", .bad) \(text)" : "  \(text)"
      } + (hint.isEmpty ? [] : Visible.lines(hint).map { Line("  \($0)") })
  }

  private init(_ error: JournalError) {
    let failure = error.failure
    switch error {
    case .fenced, .held: self.init(.held, failure.summary, hint: failure.hint)
    case .rolloutOpen: self.init(.usage, failure.summary, hint: failure.hint)
    case .storage:
      self.init(
        failure.kind == .cancelled ? .interrupted : .journal, failure.summary, hint: failure.hint)
    }
  }

  private init(_ error: PlaybookProblems) {
    code = .badInput
    let count = Words.count(error.problems.count + error.unlisted, "mistake")
    lines =
      error.problems.map { "\($0)" }
      + (error.unlisted > 0 ? ["… and \(Words.count(error.unlisted)) more"] : [])
      + ["\("cutover:", .bad) \(count); nothing was touched", "  Mend them and check again."]
  }
}

extension Failure {
  /// The hint for whoever ran a command that has begun nothing: there is no step to retry, and
  /// nothing to resume.
  var hintToRepeat: String {
    var text = hint
    for (word, begin) in [("then ", "then "), ("carry on with ", ""), ("Carry on with ", "")] {
      let again = begin + (word == "Carry on with " ? "Run" : "run") + " the same command again"
      for verb in ["retry", "resume"] {
        while let start = text.range(of: "\(word)'cutover \(verb)"),
          let end = text[start.upperBound...].firstIndex(of: "'")
        {
          text.replaceSubrange(start.lowerBound...end, with: again)
        }
      }
    }
    return text
  }
}
