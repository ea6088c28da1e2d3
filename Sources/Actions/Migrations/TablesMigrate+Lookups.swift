import Resources
import Rollouts

// When lookups are read, and what whoever mends one is told.
extension TablesMigrate {
  /// A statement that looks up what it writes would judge items by what became of others.
  func checkLookups() throws(Failure) {
    guard input.freshLookups == true else { return }
    let targets = Set(input.targets.map(\.table))
    for lookup in input.lookups ?? [] {
      guard let from = lookup.from, targets.contains(from) else { continue }
      throw .permanent(
        "\(Self.name): the lookup '\(lookup.name)' is of \(from), to which the step writes, so it "
          + "cannot be read anew",
        hint: "Leave out 'freshLookups', or look something else up.")
    }
  }

  /// What becomes of lookups that were read before, by what the archive holds of each segment.
  func renewal(_ stored: [Int: MigrationCheckpoint.Segment]) -> MigrationLookups.Renewal {
    if input.freshLookups == true { return .all }
    return stored.isEmpty ? .whole : .none
  }

  /// The failure, with what a retry does about lookups where items were rejected.
  func told(_ failure: Failure, _ archive: MigrationArchive) async throws(Failure) -> Failure {
    guard failure.kind == .permanent, input.lookups?.isEmpty == false,
      try await archive.hasRejects()
    else { return failure }
    let isFrozen = try await renewal(archive.segments()) == .none
    let more =
      isFrozen
      ? "Lookups stay as they were read, since something was written by them: if one of those "
        + "tables was mended, 'cutover rollback' and run it again, or say 'freshLookups'."
      : "Lookups are read anew then."
    return Failure(failure.kind, failure.summary, hint: "\(failure.hint) \(more)")
  }
}
