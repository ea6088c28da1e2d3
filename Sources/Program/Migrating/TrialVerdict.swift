internal import JSON
internal import Resources
internal import Rollouts

/// Whether what a dry run has found would stop the real one.
///
/// A dry run names all that would be rejected and stops at none, so somebody has to count.
struct TrialVerdict: Sendable {
  /// A step that would reject more than it may.
  struct Excess: Sendable, Equatable {
    let step: String
    let rejected: Int
    let allowed: Int
  }

  let excesses: [Excess]

  /// Counts in the newest rollout of an environment; `allowed` says what each step may reject.
  static func of(
    _ environment: String, allowed: [String: Int], in journal: any Journal, wiring: Wiring
  ) async throws -> TrialVerdict {
    guard let record = try await journal.rollouts(in: environment, limit: 1).first else {
      return TrialVerdict(excesses: [])
    }
    let loaded = try await LoadedRollout.load(record, from: journal, wiring: wiring)
    return TrialVerdict(
      excesses: loaded.machine.steps.compactMap { step in
        guard let allowed = allowed[step.id],
          let rejected = step.report?.outputs["rejected"].flatMap({ Int($0) }), rejected > allowed
        else { return nil }
        return Excess(step: step.id, rejected: rejected, allowed: allowed)
      })
  }

  /// Says what would stop, and how the command ends for it.
  func tell(in context: Context, isJSON: Bool) -> ExitCode {
    for excess in excesses {
      if isJSON {
        let value: JSONValue = [
          "type": "trial", "step": .string(excess.step),
          "rejected": .number("\(excess.rejected)"), "allowed": .number("\(excess.allowed)"),
        ]
        context.console.write(value.text + "\n")
      } else {
        context.console.show(
          "\("✗", .bad) \(excess.step, .strong): \(Words.count(excess.rejected, "item")) would be "
            + "rejected, \(Words.count(excess.allowed)) are allowed: the run would stop")
      }
    }
    return excesses.isEmpty ? .done : .stuck
  }
}
