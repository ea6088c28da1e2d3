import Resources
import Rollouts

/// Takes an alternate name from one distribution and gives it to another.
///
/// CloudFront lets no two distributions have one name, so for a moment none has it. What was killed
/// in that moment is carried on by the next try, which sees how far it came; what cannot be carried
/// on there is put back. An update shows the version that it is made from, so that nobody's change is
/// lost.
struct AliasMove: Sendable {
  let distributions: Distributions
  let name: String
  /// Nil where no distribution has it.
  let source: String?
  let target: String
  let every: Duration
  let within: Duration
  let step: String

  private enum Step {
    case there
    case again
    /// Not possible for now; says why.
    case wait(String)
  }

  /// How often a distribution that others change all the time is read anew without a pause.
  private static let readsMax = 10
  private static let returnsMax = 5

  /// Moves it, or leaves it where it was and throws.
  func run(since begin: Timestamp, _ pace: Pace) async throws(Failure) {
    let end = begin + within
    var reads = 0
    while true {
      let detail: String
      switch try await carryOn(until: end, pace) {
      case .there: return
      case .again:
        reads += 1
        if reads < Self.readsMax { continue }
        detail = "somebody changes the distributions all the time"
      case .wait(let reason): detail = reason
      }
      reads = 0
      let next = pace.clock.now() + every
      guard next <= end else {
        let failure = Failure.permanent(
          "\(name) could not be given to the distribution \(target) in time: \(detail)",
          hint: "Look there, then 'cutover retry \(step)' or 'cutover rollback'.")
        throw try await returned(failure, pace)
      }
      do throws(Failure) {
        try await pace.wait(until: next, for: "\(target) to take \(name) (\(detail))")
      } catch {
        throw try await returned(error, pace)
      }
    }
  }

  private func carryOn(until end: Timestamp, _ pace: Pace) async throws(Failure) -> Step {
    let to = try await distributions.configuration(of: target)
    if to.has(name) { return .there }
    if let source {
      let from = try await distributions.configuration(of: source)
      if from.has(name) {
        // Who has no time left to give it on does not take it: for nothing it would be nowhere.
        guard pace.clock.now() <= end else {
          return .wait("it was left where it is, on the distribution \(source)")
        }
        return try await take(from, for: to, pace)
      }
    }
    let outcome: Distributions.Outcome
    do throws(Failure) {
      outcome = try await distributions.update(to, names: to.names + [name])
    } catch {
      if error.isTransient { return .wait(error.summary) }
      if error.kind == .cancelled { throw error }
      throw try await returned(error, pace)
    }
    switch outcome {
    case .done, .changedMeanwhile: return .again
    // The removal may not have reached all of CloudFront yet.
    case .taken(let failure): return .wait(failure.summary)
    case .refused(let failure): throw try await returned(failure, pace)
    }
  }

  private func take(
    _ from: Distributions.Configuration, for to: Distributions.Configuration, _ pace: Pace
  ) async throws(Failure) -> Step {
    try pace.checkStop()
    guard to.takesNames else {
      throw .refused(
        "the distribution \(target) has no certificate of its own and takes no names; \(name) was "
          + "left where it is",
        hint: "Give it a certificate for \(name), then 'cutover retry \(step)'.")
    }
    let rest = from.names.filter { !Distributions.isSame($0, name) }
    switch try await distributions.update(from, names: rest) {
    case .done, .changedMeanwhile: return .again
    case .taken(let failure), .refused(let failure): throw failure
    }
  }

  /// Puts the name back where it was, if it is nowhere now; the failure to throw then.
  private func returned(_ failure: Failure, _ pace: Pace) async throws(Failure) -> Failure {
    guard let source else { return failure }
    for _ in 0..<Self.returnsMax {
      do throws(Failure) {
        let from = try await distributions.configuration(of: source)
        if from.has(name) { return failure }
        if try await distributions.configuration(of: target).has(name) { return failure }
        switch try await distributions.update(from, names: from.names + [name]) {
        case .done:
          try await pace.note("\(name) was put back to the distribution \(source)")
          return failure
        case .changedMeanwhile: continue
        case .taken, .refused: break
        }
      } catch {
        if error.kind == .cancelled { return failure }
      }
    }
    if failure.kind == .cancelled { return failure }
    return Failure(
      failure.kind,
      "\(failure.summary); \(name) IS ON NO DISTRIBUTION NOW: it could not be put back to "
        + source,
      hint: "Run 'cutover retry \(step)' as soon as the cause is mended: it goes on from there.")
  }
}
