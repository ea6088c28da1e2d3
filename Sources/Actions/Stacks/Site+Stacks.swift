import Resources
import Rollouts

extension Site {
  /// Whether two URLs name one stack, whatever credentials they are written with.
  ///
  /// Throws when it cannot be told.
  func isSameStack(_ one: ResourceURL, _ other: ResourceURL) async throws(Failure) -> Bool {
    if one.isSame(as: other) { return true }
    // One stack has one name; only who looks at it may be written in two ways.
    guard one.scheme == other.scheme,
      StackDestroy.lastPart(of: one).utf8.elementsEqual(StackDestroy.lastPart(of: other).utf8),
      let first = try await stack(one).description()?.id,
      let second = try await stack(other).description()?.id
    else { return false }
    return first.utf8.elementsEqual(second.utf8)
  }
}

extension StackWatch {
  /// A watch that speaks to the driver of a step; what AWS says back may hold a secret given to it.
  init(_ pace: Pace, in site: Site) {
    let secrets = site.secrets
    self.init(
      note: { (line) async throws(Failure) in try await pace.note(secrets.redact(line)) },
      show: { line in pace.report(Pace.Reading(waitingFor: secrets.redact(line))) },
      checkStop: { () throws(Failure) in try pace.checkStop() })
  }
}
