/// What a check found.
///
/// Inconclusive is not a weak failure: the check could not tell, and a person decides.
package enum Verdict: Hashable, Sendable, Codable {
  case passed(String)
  case failed(String)
  case inconclusive(String)

  /// What was seen, for the person who reads it.
  package var detail: String {
    switch self {
    case .passed(let detail): detail
    case .failed(let detail): detail
    case .inconclusive(let detail): detail
    }
  }

  package var isPassed: Bool {
    if case .passed = self { true } else { false }
  }

  /// The verdict over several checks: a failure wins over doubt, doubt wins over success.
  package static func all(_ verdicts: [Verdict]) -> Verdict {
    let failed = verdicts.filter { if case .failed = $0 { true } else { false } }
    if !failed.isEmpty { return .failed(failed.map(\.detail).joined(separator: "; ")) }
    let unsure = verdicts.filter { if case .inconclusive = $0 { true } else { false } }
    if !unsure.isEmpty { return .inconclusive(unsure.map(\.detail).joined(separator: "; ")) }
    return .passed(verdicts.map(\.detail).joined(separator: "; "))
  }
}
